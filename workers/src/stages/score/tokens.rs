//! The tokens of arithmetic as people write it in a sentence.

use std::sync::LazyLock;

use regex::Regex;

use super::rational::Value;
use crate::stages::verify::words::Span;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Its value, and how many decimal places it is written with.
    Number(Value, u32),
    /// A letter that may stand for a value, "x" or "v_0".
    Name,
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
    /// Ends any expression: a sign or a word with another meaning.
    Barrier,
    /// Ends an expression without spoiling it: punctuation.
    Stop,
}

impl Kind {
    /// Whether it joins two values.
    pub fn joins(self) -> bool {
        matches!(self, Kind::Plus | Kind::Minus | Kind::Times | Kind::Over | Kind::Power)
    }

    /// Whether it says that two values are one.
    pub fn equates(self) -> bool {
        matches!(self, Kind::Equals | Kind::Nearly)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Span,
}

static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?P<clock> [0-9]+:[0-9]{2}(?::[0-9]{2})? )
        | (?P<number> [0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)? | [0-9]+(?:\.[0-9]+)? | \.[0-9]+ )
        | (?P<word> \p{L}[\p{L}\p{N}_'’]* )
        | (?P<line> \n )
        | (?P<other> <= | >= | == | != | \+= | -= | // | \*\* | [^\s] )",
    )
    .expect("a constant pattern")
});

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    for caught in TOKEN.captures_iter(text) {
        let whole = caught.get(0).expect("group 0");
        let span = Span::new(whole.start(), whole.end());
        let glued = |s: &[Token]| s.last().is_some_and(|t| t.span.end == span.start);
        let kind = if let Some(number) = caught.name("number") {
            let digits = number.as_str().replace(',', "");
            let places = digits.split_once('.').map_or(0, |(_, d)| u32::try_from(d.len()).unwrap_or(u32::MAX));
            Value::decimal(&digits).map_or(Kind::Barrier, |value| Kind::Number(value, places))
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
                // What an auxiliary is between is no expression: "6 days would be -25000".
                "is" | "are" | "was" | "were" | "be" | "been" | "would" | "will" | "has" | "have" | "had" | "do"
                | "does" | "did" => Kind::Stop,
                "percent" => Kind::Percent,
                // "2x", "3n": a variable; "5kg" is read as one too, which costs nothing but an equation.
                _ if glued(&out) && number_before => Kind::Barrier,
                _ if is_name(word.as_str()) => {
                    if number_before {
                        Kind::Barrier
                    } else {
                        Kind::Name
                    }
                }
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

/// Whether the word is a letter, with an index if it has one: "x", "v_0".
pub(super) fn is_name(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none_or(|c| c == '_')
}
