//! Dates and years as people write them in English and in ISO 8601.

use std::sync::LazyLock;

use regex::Regex;

use super::lexicon::MONTHS;
use super::numbers::Number;
use super::words::{Span, covered, last_word, leading_word};

/// A date, as far as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// The year; negative before the common era.
    pub year: Option<i32>,
    /// 1 to 12.
    pub month: Option<u8>,
    /// 1 to 31.
    pub day: Option<u8>,
    /// Where it stands.
    pub span: Span,
}

impl Date {
    /// Whether nothing that both give differs, and both give something in common.
    pub fn agrees(&self, other: &Date) -> bool {
        !self.differs(other)
            && (self.year.is_some() && other.year.is_some() || self.month.is_some() && other.month.is_some())
    }

    /// Whether something that both give differs.
    pub fn differs(&self, other: &Date) -> bool {
        fn clash<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
            matches!((a, b), (Some(a), Some(b)) if a != b)
        }
        clash(self.year, other.year) || clash(self.month, other.month) || clash(self.day, other.day)
    }
}

static ISO: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b([0-9]{4})-([0-9]{2})-([0-9]{2})\b").expect("a constant pattern"));
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)\b(?:(?P<d1>[0-9]{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?)?
        (?P<month>(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)
        (?:\s+(?P<d2>[0-9]{1,2})(?:st|nd|rd|th)?\b(?:,)?)?
        (?:,?\s+(?:of\s+)?(?P<year>[0-9]{3,4})\b)?",
    )
    .expect("a constant pattern")
});
static ERA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s?(?:(?P<before>BCE?\b|B\.C\.(?:E\.)?)|AD\b|A\.D\.|CE\b|C\.E\.)").expect("a constant pattern")
});

/// The dates of `text`; `numbers` are those found in it.
pub(super) fn dates(text: &str, numbers: &[Number]) -> Vec<Date> {
    let mut found: Vec<Date> = Vec::new();
    // Most statements have no digit, and what names a month without one is no date.
    let written = if text.bytes().any(|byte| byte.is_ascii_digit()) { text } else { "" };
    for caught in ISO.captures_iter(written) {
        let whole = caught.get(0).expect("group 0");
        let (month, day) = (caught[2].parse().ok(), caught[3].parse().ok());
        if month.is_some_and(|m: u8| (1..=12).contains(&m)) && day.is_some_and(|d: u8| (1..=31).contains(&d)) {
            found.push(Date { year: caught[1].parse().ok(), month, day, span: Span::new(whole.start(), whole.end()) });
        }
    }
    for caught in NAMED.captures_iter(written) {
        let whole = caught.get(0).expect("group 0");
        let name = caught["month"].trim_end_matches('.').to_lowercase();
        let month = MONTHS.iter().position(|m| m.starts_with(&name[..3])).map(|at| at as u8 + 1);
        let day = caught
            .name("d1")
            .or(caught.name("d2"))
            .and_then(|d| d.as_str().parse::<u8>().ok())
            .filter(|d| (1..=31).contains(d));
        let year = caught.name("year").and_then(|y| y.as_str().parse().ok());
        // "May" and "March" alone are a verb as often as a month.
        if day.is_none() && year.is_none() {
            continue;
        }
        found.push(Date { year, month, day, span: Span::new(whole.start(), whole.end()) });
    }
    found.sort_by_key(|d| d.span);
    let written = found.len();
    for number in numbers {
        if covered(&found[..written], |d| d.span, number.span) || !number.plain || number.ordinal {
            continue;
        }
        if let Some(date) = year(text, number) {
            found.push(date);
        }
    }
    found.sort_by_key(|d| d.span);
    found
}

fn year(text: &str, number: &Number) -> Option<Date> {
    let era = ERA.captures(&text[number.span.end..]).filter(|_| number.value >= 1.0 && number.value < 10_000.0);
    if let Some(era) = era {
        let span = Span::new(number.span.start, number.span.end + era.get(0).map_or(0, |m| m.end()));
        let year = number.value as i32;
        return Some(Date {
            year: Some(if era.name("before").is_some() { -year } else { year }),
            month: None,
            day: None,
            span,
        });
    }
    if !(1000.0..=2100.0).contains(&number.value) || number.span.end - number.span.start != 4 {
        return None;
    }
    let before = text[..number.span.start].trim_end();
    let after = text[number.span.end..].trim_start();
    if before.ends_with(['$', '£', '€', '+', '*', '/', '=', '×']) || after.starts_with(['%', '+', '*', '/', '=', '×'])
    {
        return None;
    }
    let previous = last_word(before);
    let dated = matches!(
        previous.as_str(),
        "in" | "between"
            | "since"
            | "until"
            | "till"
            | "by"
            | "before"
            | "after"
            | "during"
            | "circa"
            | "year"
            | "from"
            | "of"
            | "early"
            | "late"
            | "mid"
            | "around"
    ) || before.ends_with(['(', '–', '-', '—', ','])
        || matches!(previous.as_str(), "and" | "to" | "is" | "was");
    // "the 1932 Grand Prix"
    let dated = dated || (previous == "the" && leading_word(after).is_some_and(|w| w.capital));
    // "in 1500 metres", "of 1800 species" count something.
    let counts = leading_word(after)
        .is_some_and(|w| !w.is_stop() && !w.capital && !matches!(w.lower.as_str(), "season" | "edition" | "census"));
    let for_sure = matches!(previous.as_str(), "in" | "since" | "year" | "until" | "the");
    let is_year = dated && (for_sure || !counts) && !follows_unit(after);
    is_year.then_some(Date { year: Some(number.value as i32), month: None, day: None, span: number.span })
}

fn follows_unit(after: &str) -> bool {
    const UNITS: [&str; 15] = [
        "m",
        "km",
        "kg",
        "g",
        "metres",
        "meters",
        "miles",
        "feet",
        "people",
        "years",
        "dollars",
        "kilometers",
        "kilometres",
        "days",
        "hours",
    ];
    leading_word(after).is_some_and(|w| UNITS.contains(&w.lower.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::verify::numbers::numbers;

    fn all(text: &str) -> Vec<(Option<i32>, Option<u8>, Option<u8>)> {
        dates(text, &numbers(text)).iter().map(|d| (d.year, d.month, d.day)).collect()
    }

    #[test]
    fn dates_are_read_in_the_ways_they_are_written() {
        assert_eq!(all("born on October 16, 1898"), [(Some(1898), Some(10), Some(16))]);
        assert_eq!(all("20th of July 1969"), [(Some(1969), Some(7), Some(20))]);
        assert_eq!(all("on 1969-07-20"), [(Some(1969), Some(7), Some(20))]);
        assert_eq!(all("in July 1969"), [(Some(1969), Some(7), None)]);
        assert_eq!(all("The war ended in 1945."), [(Some(1945), None, None)]);
        assert_eq!(all("Rome was sacked in 410 AD."), [(Some(410), None, None)]);
        assert_eq!(all("Caesar died in 44 BC"), [(Some(-44), None, None)]);
        assert_eq!(all("They may march 1500 metres and pay $1999"), []);
    }

    #[test]
    fn a_coarser_date_agrees_with_a_finer_one() {
        let text = "in 1969 and on July 20, 1969 and in 1970";
        let found = dates(text, &numbers(text));
        assert!(found[0].agrees(&found[1]));
        assert!(found[1].differs(&found[2]));
    }
}
