//! Expressions of arithmetic in a sentence: where they begin and end, and their value.

use super::names::Names;
use super::rational::Value;
use super::tokens::{Kind, Token, tokens};
use crate::stages::verify::words::Span;

/// One side of an equation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side {
    pub value: Value,
    /// The value with "20%" read as 20.
    pub percent_value: Value,
    /// How many decimal places the coarsest of its numbers has; none where it is computed.
    pub places: Option<u32>,
    pub operator: bool,
    pub division: bool,
    pub decimals: bool,
    /// The number it begins with, where it begins with one.
    pub first_operand: Option<Value>,
    pub units: bool,
    /// Whether a name's value is in it.
    pub named: bool,
    pub span: Span,
}

/// A text's tokens.
pub(super) struct Sheet<'a> {
    pub text: &'a str,
    pub tokens: Vec<Token>,
}

impl<'a> Sheet<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, tokens: tokens(text) }
    }

    /// The name that the token at `at` is, if it is one.
    pub fn name(&self, at: usize) -> Option<&'a str> {
        let token = self.tokens.get(at)?;
        (token.kind == Kind::Name).then(|| &self.text[token.span.start..token.span.end])
    }

    /// What the token at `at` is where names stand for values.
    fn read(&self, at: usize, names: &Names) -> Kind {
        match (self.name(at), self.tokens[at].kind) {
            (None, kind) => kind,
            (Some(name), _) => match names.value(name) {
                Some(value) => Kind::Number(value, u32::MAX),
                None if matches!(name, "a" | "A") => Kind::Word,
                None => Kind::Barrier,
            },
        }
    }

    /// The expression that ends right before the equals sign at `at`.
    pub fn side_before(&self, at: usize, names: &Names) -> Option<Side> {
        let mut from = at;
        let mut depth = 0i32;
        while from > 0 {
            match self.read(from - 1, names) {
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
        while from < at && !matches!(self.read(from, names), Kind::Number(..) | Kind::Open | Kind::Minus) {
            from += 1;
        }
        self.expression(from, at, names, true)
    }

    /// The expression that begins right after the equals sign at `at`.
    pub fn side_after(&self, at: usize, names: &Names) -> Option<Side> {
        let mut to = at + 1;
        let mut depth = 0i32;
        let mut numbers = 0;
        while to < self.tokens.len() {
            match self.read(to, names) {
                Kind::Stop | Kind::Equals | Kind::Nearly | Kind::Is => break,
                Kind::Barrier => {
                    // "9 more eggs", "9 and then": words end the result; a variable or an operator before it would be part of it.
                    let before = self.read(to - 1, names);
                    if !matches!(before, Kind::Number(..) | Kind::Percent | Kind::Close | Kind::Word)
                        || self.tokens[to - 1].span.end == self.tokens[to].span.start
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
        self.expression(at + 1, to, names, false).or_else(|| {
            // "= 9 eggs are left after 3 days": the number and what it counts, if no operator makes more of it.
            let plain = (at + 1..to).find(|i| self.read(*i, names) == Kind::Word).unwrap_or(to);
            let operator_later = (plain..to).any(|i| {
                let kind = self.read(i, names);
                !matches!(kind, Kind::Word | Kind::Number(..) | Kind::Open | Kind::Close | Kind::Percent)
            });
            if numbers == 0 || operator_later { None } else { self.expression(at + 1, plain, names, false) }
        })
    }

    /// Whether the equals sign at `at` says what the name before it stands for: nothing before the name makes more of it.
    pub fn defines(&self, at: usize) -> bool {
        let Some(name) = at.checked_sub(1).filter(|before| self.name(*before).is_some()) else { return false };
        match name.checked_sub(1).map(|before| self.tokens[before].kind) {
            None | Some(Kind::Stop | Kind::Word | Kind::Open) => true,
            // "and B = 3": a word, where a variable or a sign would be a part of the expression.
            Some(Kind::Barrier) => {
                let word = self.tokens[name - 1].span.of(self.text);
                word.chars().count() > 1 && word.chars().all(char::is_alphabetic)
            }
            Some(_) => false,
        }
    }

    /// Where the next equals sign of the chain stands that the one at `at` is of, and whether one expression fills what is between.
    fn next_of_chain(&self, at: usize, names: &Names) -> Option<(usize, bool)> {
        let ends = |at: &usize| matches!(self.tokens[*at].kind, Kind::Stop | Kind::Is | Kind::Barrier | Kind::Word);
        let next = (at + 1..self.tokens.len()).take_while(|at| !ends(at)).find(|at| self.tokens[*at].kind.equates())?;
        let filled = self.side_after(at, names).is_some_and(|side| side.span.end == self.tokens[next - 1].span.end);
        Some((next, filled))
    }

    /// What the chain of equations that begins at `at` comes to in the end; nothing where its end cannot be read.
    pub fn last_of_chain(&self, at: usize, names: &Names) -> Option<Side> {
        let mut last = at;
        while let Some((next, _)) = self.next_of_chain(last, names) {
            last = next;
        }
        self.side_after(last, names)
    }

    /// Whether every part of that chain can be read.
    pub fn chain_is_whole(&self, at: usize, names: &Names) -> bool {
        let mut last = at;
        while let Some((next, filled)) = self.next_of_chain(last, names) {
            if !filled {
                return false;
            }
            last = next;
        }
        true
    }

    /// The expressions of two names and more that stand by themselves, on no side of an equation.
    pub fn forms(&self, names: &Names) -> Vec<Side> {
        let ends = |at: usize| matches!(self.read(at, names), Kind::Stop | Kind::Is | Kind::Barrier | Kind::Word);
        let (mut out, mut from) = (Vec::new(), 0);
        while from < self.tokens.len() {
            let to = (from..self.tokens.len()).find(|at| ends(*at)).unwrap_or(self.tokens.len());
            let run = &self.tokens[from..to];
            let named = run.iter().filter(|t| t.kind == Kind::Name).count();
            if named >= 2 && !run.iter().any(|t| t.kind.equates()) {
                out.extend(self.expression(from, to, names, false).filter(|form| form.operator));
            }
            from = to + 1;
        }
        out
    }

    /// Parses the tokens from `from` to `to` as one expression; words after numbers count as units, at most three in a row.
    pub fn expression(&self, from: usize, to: usize, names: &Names, before: bool) -> Option<Side> {
        let mut kept: Vec<Token> = Vec::with_capacity(to - from);
        let (mut row, mut units, mut named) = (0, false, false);
        for at in from..to {
            let kind = self.read(at, names);
            if kind == Kind::Word {
                row += 1;
                units = true;
                let after_value =
                    kept.last().is_some_and(|t| matches!(t.kind, Kind::Number(..) | Kind::Close | Kind::Percent));
                // Words right before the equals sign may be the rest of a sentence about something else.
                if !after_value || row > 3 || (before && at + 1 == to && row > 2) {
                    return None;
                }
            } else {
                row = 0;
                named |= self.tokens[at].kind == Kind::Name;
                kept.push(Token { kind, ..self.tokens[at] });
            }
        }
        let span = Span::new(kept.first()?.span.start, kept.last()?.span.end);
        let value = Parser { tokens: &kept, at: 0, percent: Value::whole(1).over(Value::whole(100)) }.whole()?;
        let percent_value = Parser { tokens: &kept, at: 0, percent: Value::whole(1) }.whole()?;
        let operator = kept.iter().skip(1).any(|t| t.kind.joins());
        let places = kept.iter().filter_map(|t| if let Kind::Number(_, places) = t.kind { Some(places) } else { None });
        Some(Side {
            value,
            percent_value,
            places: if operator { None } else { places.clone().min() },
            operator,
            division: kept.iter().any(|t| t.kind == Kind::Over),
            decimals: places.clone().any(|places| places > 0 && places < u32::MAX)
                || kept.iter().any(|t| t.kind == Kind::Percent),
            first_operand: if let Kind::Number(value, _) = kept[0].kind { Some(value) } else { None },
            units,
            named,
            span,
        })
    }
}

/// Recursive descent: sums of products of signed powers.
struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    percent: Value,
}

/// The deepest nesting of brackets and signs that is followed.
const DEEPEST: usize = 64;

impl Parser<'_> {
    fn whole(mut self) -> Option<Value> {
        let value = self.sum(0)?;
        (self.at == self.tokens.len() && value.near().is_finite()).then_some(value)
    }

    fn peek(&self) -> Option<Kind> {
        self.tokens.get(self.at).map(|t| t.kind)
    }

    fn take(&mut self, kind: Kind) -> bool {
        let there = self.peek() == Some(kind);
        self.at += usize::from(there);
        there
    }

    fn sum(&mut self, depth: usize) -> Option<Value> {
        let mut value = self.product(depth)?;
        loop {
            if self.take(Kind::Plus) {
                value = value.plus(self.product(depth)?);
            } else if self.take(Kind::Minus) {
                value = value.minus(self.product(depth)?);
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self, depth: usize) -> Option<Value> {
        let mut value = self.signed(depth)?;
        loop {
            if self.take(Kind::Times) {
                value = value.times(self.signed(depth)?);
            } else if self.take(Kind::Over) {
                value = value.over(self.signed(depth)?);
            } else if self.peek() == Some(Kind::Open) {
                value = value.times(self.signed(depth)?);
            } else {
                return Some(value);
            }
        }
    }

    /// A sign binds less than a power: `-2^2` is -4.
    fn signed(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        if self.take(Kind::Minus) {
            return Some(self.signed(depth + 1)?.negated());
        }
        let value = self.atom(depth)?;
        if self.take(Kind::Power) { Some(value.power(self.signed(depth + 1)?)) } else { Some(value) }
    }

    fn atom(&mut self, depth: usize) -> Option<Value> {
        let value = match self.peek()? {
            Kind::Open => {
                self.at += 1;
                let inner = self.sum(depth + 1)?;
                self.take(Kind::Close).then_some(inner)?
            }
            Kind::Number(value, _) => {
                self.at += 1;
                value
            }
            _ => return None,
        };
        Some(if self.take(Kind::Percent) { value.times(self.percent) } else { value })
    }
}
