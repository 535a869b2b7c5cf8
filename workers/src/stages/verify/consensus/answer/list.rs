//! Answers of several parts: sets, in no order, and sequences.

use std::{collections::BTreeSet, fmt, sync::LazyLock};

use regex::Regex;

use super::{Answer, settled};

/// The most parts of a list; what has more is a text.
const MOST_PARTS: usize = 64;
/// The most words of a part: longer ones are clauses of a sentence.
const MOST_WORDS: usize = 6;

static SEPARATOR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\s*[,;\n]\s*(?:(?:and|&|or)\s+)?|\s+(?:and|&)\s+").expect("a constant pattern"));
static THEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\s*(?:→|->|=>|⇒)\s*").expect("a constant pattern"));

pub(super) fn write<'a>(
    f: &mut fmt::Formatter<'_>,
    open: char,
    parts: impl Iterator<Item = &'a Answer>,
    close: char,
) -> fmt::Result {
    write!(f, "{open}")?;
    for (at, part) in parts.enumerate() {
        if at > 0 {
            f.write_str("; ")?;
        }
        write!(f, "{part}")?;
    }
    write!(f, "{close}")
}

/// A list whose brackets or arrows say what it is: "{1, 2}", "(3, 4)", "[a; b]", "a → b".
pub(super) fn explicit(text: &str) -> Option<Answer> {
    let text = text.trim_end_matches('.');
    let inner =
        |open, close| text.strip_prefix(open)?.strip_suffix(close).filter(|of: &&str| !of.contains([open, close]));
    if let Some(parts) = inner('{', '}').and_then(parts_of) {
        return Some(set(parts));
    }
    if let Some(parts) = inner('(', ')').or_else(|| inner('[', ']')).and_then(parts_of) {
        return Some(Answer::Sequence(parts));
    }
    let steps: Vec<&str> = THEN.split(text).take(MOST_PARTS + 1).collect();
    let parts = (2..=MOST_PARTS).contains(&steps.len()).then(|| read_all(&steps))??;
    Some(Answer::Sequence(parts))
}

/// Several short things one after the other: "a, b and c".
pub(super) fn enumerated(text: &str) -> Option<Answer> {
    let text = text.trim_end_matches(['.', '!']);
    let parts = parts_of(text)?;
    let plain = |part: &Answer| match part {
        Answer::Text(text) => text.split(' ').count() <= MOST_WORDS,
        Answer::Number(_) | Answer::Measure(..) | Answer::Date { .. } | Answer::Choice(_) => true,
        _ => false,
    };
    parts.iter().all(plain).then(|| set(parts))
}

fn set(parts: Vec<Answer>) -> Answer {
    let parts: BTreeSet<Answer> = parts.into_iter().collect();
    if parts.len() == 1 { parts.into_iter().next().unwrap_or(Answer::Nothing) } else { Answer::Set(parts) }
}

fn parts_of(text: &str) -> Option<Vec<Answer>> {
    let separated = without_thousands(text);
    // A semicolon parts what may have commas in it.
    let parts: Vec<&str> =
        if text.contains(';') { separated.split(';').collect() } else { SEPARATOR.split(&separated).collect() };
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.trim().is_empty()).take(MOST_PARTS + 1).collect();
    (2..=MOST_PARTS).contains(&parts.len()).then(|| read_all(&parts))?
}

/// Nothing where a part says nothing, or would not be read again as it is written in a list.
fn read_all(parts: &[&str]) -> Option<Vec<Answer>> {
    let read: Vec<Answer> = parts.iter().map(|part| settled(part, false)).collect();
    let whole = |part: &Answer| match part {
        Answer::Nothing => false,
        Answer::Text(text) => !text.contains(['{', '}', '[', ']', ';']),
        _ => true,
    };
    read.iter().all(whole).then_some(read)
}

static THOUSANDS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[0-9]{1,3}(?:,[0-9]{3})+\b").expect("a constant pattern"));

fn without_thousands(text: &str) -> String {
    THOUSANDS.replace_all(text, |found: &regex::Captures<'_>| found[0].replace(',', "")).into_owned()
}
