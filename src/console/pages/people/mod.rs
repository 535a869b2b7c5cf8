//! `/people`: who reviews, how much of it, how far they agree, and who signs in.

mod accounts;
mod agreement;
mod expert;
mod list;
mod weeks;

use atr_core::domain::{
    agreement::{Interval, Undefined},
    expert::Absence,
};

use crate::{
    app::AppError,
    console::{door::Door, text::Text},
};

pub(super) fn doors() -> Vec<Door> {
    [list::doors(), agreement::doors(), accounts::doors(), weeks::doors(), expert::doors()]
        .into_iter()
        .flatten()
        .collect()
}

/// A coefficient of agreement in words, or why there is none.
fn coefficient(t: &Text, of: &Result<Interval, Undefined>) -> String {
    match of {
        Ok(of) => format!("{:.2} ({:.2}–{:.2})", of.value, of.low, of.high),
        Err(Undefined::TooFewRatings) => t.agreement_too_few.to_owned(),
        Err(Undefined::NoVariation) => t.agreement_no_variation.to_owned(),
    }
}

/// The words of a list as they are typed: with commas between them.
fn listed(text: &str) -> Vec<String> {
    text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

/// Absences as they are typed: the first day and the last one, a pair a line.
fn absences(text: &str) -> Result<Vec<Absence>, AppError> {
    let wrong =
        || AppError::invalid("away", "give the first day and the last, as 2026-12-24 2027-01-02, a pair a line");
    let read = |line: &str| {
        let days = line.split_whitespace().map(|day| day.parse().map_err(|_| wrong()));
        match days.collect::<Result<Vec<_>, _>>()?[..] {
            [first] => Ok(Absence { first, last: first }),
            [first, last] => Ok(Absence { first, last }),
            _ => Err(wrong()),
        }
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_absences_are_read_as_they_are_typed() {
        assert_eq!(listed(" chemistry, law ,,"), ["chemistry", "law"]);
        assert_eq!(listed(" "), Vec::<String>::new());
        let day = |text: &str| text.parse().expect("a date");
        let read = absences("2026-12-24 2027-01-02\n\n2027-02-01").expect("absences");
        assert_eq!(read[0], Absence { first: day("2026-12-24"), last: day("2027-01-02") });
        assert_eq!(read[1], Absence { first: day("2027-02-01"), last: day("2027-02-01") });
        for wrong in ["tomorrow", "2026-12-24 2026-12-25 2026-12-26", "2026-13-01"] {
            assert!(absences(wrong).is_err(), "{wrong}");
        }
    }
}
