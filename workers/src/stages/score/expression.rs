//! Expressions of arithmetic as people write them in a sentence: their tokens, where they begin and end, and their value.

use std::sync::LazyLock;

use regex::Regex;

use crate::stages::verify::words::Span;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Value and half a unit of its last place.
    Number(f64, f64),
    Plus,
    Minus,
    Times,
    Over,
    Power,
    Percent,
    Open,
    Close,
    Equals,
    Nearly,
    /// "is", "equals": an equals sign only after an operation ("2 shirts is $30 x 2" says something else).
    Is,
    /// A word after a number: a unit, as far as is known.
    Word,
    /// Ends any expression: a variable, a sign with another meaning.
    Barrier,
    /// Ends an expression without spoiling it: punctuation.
    Stop,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Span,
}

static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?P<number> [0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)? | [0-9]+(?:\.[0-9]+)? | \.[0-9]+ )
        | (?P<word> \p{L}[\p{L}\p{N}_'’]* )
        | (?P<line> \n )
        | (?P<other> <= | >= | == | != | \+= | -= | // | \*\* | [^\s] )",
    )
    .expect("a constant pattern")
});

pub(super) struct Side {
    pub value: f64,
    /// The value with "20%" read as 20.
    pub percent_value: f64,
    pub half_unit: f64,
    pub operator: bool,
    pub division: bool,
    pub decimals: bool,
    pub first_operand: f64,
    pub units: bool,
    pub span: Span,
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    for caught in TOKEN.captures_iter(text) {
        let whole = caught.get(0).expect("group 0");
        let span = Span::new(whole.start(), whole.end());
        let glued = |s: &[Token]| s.last().is_some_and(|t| t.span.end == span.start);
        let kind = if let Some(number) = caught.name("number") {
            let digits = number.as_str().replace(',', "");
            let half = digits.split_once('.').map_or(0.5, |(_, d)| 0.5 * 10f64.powi(-(d.len().min(300) as i32)));
            digits.parse().map_or(Kind::Barrier, |value| Kind::Number(value, half))
        } else if let Some(word) = caught.name("word") {
            let lower = word.as_str().to_lowercase();
            let number_before = matches!(out.last().map(|t| t.kind), Some(Kind::Number(..) | Kind::Close));
            let number_after =
                text[span.end..].trim_start().starts_with(|c: char| c.is_ascii_digit() || "($.".contains(c));
            match lower.as_str() {
                "x" if number_before
                    && number_after
                    && (!glued(&out) || text[span.end..].starts_with(|c: char| c.is_ascii_digit())) =>
                {
                    Kind::Times
                }
                "plus" => Kind::Plus,
                "minus" => Kind::Minus,
                "times" => Kind::Times,
                "multiplied" | "divided" => continue,
                "by" => match text[..span.start].trim_end().rsplit(char::is_whitespace).next().unwrap_or("") {
                    "multiplied" => Kind::Times,
                    "divided" => Kind::Over,
                    _ => Kind::Barrier,
                },
                "of" if matches!(out.last().map(|t| t.kind), Some(Kind::Percent)) => Kind::Times,
                "equals" | "is" if number_after => Kind::Is,
                "percent" => Kind::Percent,
                // "2x", "3n": a variable; "5kg" is read as one too, which costs nothing but an equation.
                _ if glued(&out) && number_before => Kind::Barrier,
                _ if word.as_str().chars().count() == 1 && lower != "a" => Kind::Barrier,
                "more" | "less" | "than" | "per" | "and" | "hundred" | "thousand" | "million" | "billion" | "dozen"
                | "half" | "third" | "quarter" | "twice" | "double" | "each" | "every" | "remainder" | "r" | "mod"
                | "or" | "to" => Kind::Barrier,
                _ => Kind::Word,
            }
        } else {
            match whole.as_str() {
                "+" => Kind::Plus,
                "-" | "−" | "–" => Kind::Minus,
                "*" | "×" | "·" | "⋅" | "∗" => Kind::Times,
                "/" | "÷" => Kind::Over,
                "^" | "**" => Kind::Power,
                "%" => Kind::Percent,
                "(" => Kind::Open,
                ")" => Kind::Close,
                "=" => Kind::Equals,
                "≈" | "≅" => Kind::Nearly,
                "$" | "£" | "€" => continue,
                "\n" | "." | "," | ";" | ":" | "\"" | "'" | "’" | "“" | "”" | "!" | "?" => Kind::Stop,
                _ => Kind::Barrier,
            }
        };
        out.push(Token { kind, span });
    }
    out
}

/// The expression that ends right before the equals sign at `at`.
pub(super) fn side_before(tokens: &[Token], at: usize) -> Option<Side> {
    let mut from = at;
    let mut depth = 0i32;
    while from > 0 {
        match tokens[from - 1].kind {
            Kind::Barrier => return None,
            Kind::Stop | Kind::Equals | Kind::Nearly | Kind::Is => break,
            Kind::Close => depth += 1,
            Kind::Open if depth == 0 => break,
            Kind::Open => depth -= 1,
            _ => {}
        }
        from -= 1;
    }
    // Words before the first number are the sentence; after it they are units.
    while from < at && !matches!(tokens[from].kind, Kind::Number(..) | Kind::Open | Kind::Minus) {
        from += 1;
    }
    expression(&tokens[from..at], true)
}

/// The expression that begins right after the equals sign at `at`.
pub(super) fn side_after(tokens: &[Token], at: usize) -> Option<Side> {
    let mut to = at + 1;
    let mut depth = 0i32;
    let mut numbers = 0;
    while let Some(token) = tokens.get(to) {
        match token.kind {
            Kind::Stop | Kind::Equals | Kind::Nearly | Kind::Is => break,
            Kind::Barrier => {
                // "9 more eggs", "9 and then": words end the result; a variable or an operator before it would be part of it.
                let before = tokens[to - 1].kind;
                if !matches!(before, Kind::Number(..) | Kind::Percent | Kind::Close | Kind::Word)
                    || tokens[to - 1].span.end == token.span.start
                {
                    return None;
                }
                break;
            }
            Kind::Close if depth == 0 => break,
            Kind::Close => depth -= 1,
            Kind::Open => depth += 1,
            Kind::Number(..) => numbers += 1,
            _ => {}
        }
        to += 1;
    }
    let whole = &tokens[at + 1..to];
    match expression(whole, false) {
        Some(side) => Some(side),
        // "= 9 eggs are left after 3 days": the number and what it counts, if no operator makes more of it.
        None if numbers >= 1 => {
            let plain = whole.iter().take_while(|t| !matches!(t.kind, Kind::Word)).count();
            let operator_later = whole[plain..]
                .iter()
                .any(|t| !matches!(t.kind, Kind::Word | Kind::Number(..) | Kind::Open | Kind::Close | Kind::Percent));
            if operator_later { None } else { expression(&whole[..plain], false) }
        }
        None => None,
    }
}

/// Parses the tokens as one expression; words after numbers count as units, at most three in a row.
fn expression(tokens: &[Token], before: bool) -> Option<Side> {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    let (mut row, mut units) = (0, false);
    for (at, token) in tokens.iter().enumerate() {
        if token.kind == Kind::Word {
            row += 1;
            units = true;
            let after_value =
                kept.last().is_some_and(|t| matches!(t.kind, Kind::Number(..) | Kind::Close | Kind::Percent));
            // Words right before the equals sign may be the rest of a sentence about something else.
            if !after_value || row > 3 || (before && at + 1 == tokens.len() && row > 2) {
                return None;
            }
        } else {
            row = 0;
            kept.push(*token);
        }
    }
    let span = Span::new(kept.first()?.span.start, kept.last()?.span.end);
    let value = Parser { tokens: &kept, at: 0, percent: 0.01 }.whole()?;
    let percent_value = Parser { tokens: &kept, at: 0, percent: 1.0 }.whole()?;
    let operator = kept
        .iter()
        .skip(1)
        .any(|t| matches!(t.kind, Kind::Plus | Kind::Minus | Kind::Times | Kind::Over | Kind::Power));
    let halves = kept.iter().filter_map(|t| if let Kind::Number(v, h) = t.kind { Some((v, h)) } else { None });
    Some(Side {
        value,
        percent_value,
        half_unit: if operator { 0.0 } else { halves.clone().map(|(_, h)| h).fold(0.0, f64::max) },
        operator,
        division: kept.iter().any(|t| matches!(t.kind, Kind::Over)),
        decimals: halves.clone().any(|(_, h)| h < 0.5) || kept.iter().any(|t| t.kind == Kind::Percent),
        first_operand: halves.clone().next().map_or(f64::NAN, |(v, _)| v),
        units,
        span,
    })
}

/// Recursive descent: sums of products of powers of signed values.
struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    percent: f64,
}

/// The deepest nesting of brackets and signs that is followed.
const DEEPEST: usize = 64;

impl Parser<'_> {
    fn whole(mut self) -> Option<f64> {
        let value = self.sum(0)?;
        (self.at == self.tokens.len() && value.is_finite()).then_some(value)
    }

    fn peek(&self) -> Option<Kind> {
        self.tokens.get(self.at).map(|t| t.kind)
    }

    fn sum(&mut self, depth: usize) -> Option<f64> {
        let mut value = self.product(depth)?;
        loop {
            let sign = match self.peek() {
                Some(Kind::Plus) => 1.0,
                Some(Kind::Minus) => -1.0,
                _ => return Some(value),
            };
            self.at += 1;
            value += sign * self.product(depth)?;
        }
    }

    fn product(&mut self, depth: usize) -> Option<f64> {
        let mut value = self.power(depth)?;
        loop {
            match self.peek() {
                Some(Kind::Times) => {
                    self.at += 1;
                    value *= self.power(depth)?;
                }
                Some(Kind::Over) => {
                    self.at += 1;
                    value /= self.power(depth)?;
                }
                Some(Kind::Open) => value *= self.power(depth)?,
                _ => return Some(value),
            }
        }
    }

    fn power(&mut self, depth: usize) -> Option<f64> {
        let value = self.signed(depth)?;
        if self.peek() == Some(Kind::Power) {
            self.at += 1;
            return Some(value.powf(self.signed(depth)?));
        }
        Some(value)
    }

    fn signed(&mut self, depth: usize) -> Option<f64> {
        if depth > DEEPEST {
            return None;
        }
        let value = match self.peek()? {
            Kind::Minus => {
                self.at += 1;
                return Some(-self.signed(depth + 1)?);
            }
            Kind::Open => {
                self.at += 1;
                let inner = self.sum(depth + 1)?;
                (self.peek()? == Kind::Close).then_some(())?;
                self.at += 1;
                inner
            }
            Kind::Number(value, _) => {
                self.at += 1;
                value
            }
            _ => return None,
        };
        if self.peek() == Some(Kind::Percent) {
            self.at += 1;
            return Some(value * self.percent);
        }
        Some(value)
    }
}
