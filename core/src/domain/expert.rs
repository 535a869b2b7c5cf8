//! Experts: people (or declared scripts) who review, known by a pseudonym alone.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Rejection, check};
use crate::ids::ExpertId;

words! {
    /// Who reviews.
    ExpertKind {
        /// A person.
        Person = "person",
        /// A script that says so.
        Program = "program",
    }
}

/// The pseudonym of an expert: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, beginning with a letter or digit. It can be
/// no e-mail address, so that reviews and snapshots name nobody.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Handle(#[schemars(regex(pattern = "^[a-z0-9][a-z0-9._-]{0,63}$"))] String);

impl Handle {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Handle {
    type Err = Rejection;
    fn from_str(text: &str) -> Result<Self, Rejection> {
        let whole = (1..=64).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
        if whole {
            Ok(Self(text.to_owned()))
        } else {
            Err(Rejection::new(
                "handle",
                "is no pseudonym: use 1 to 64 of a-z, 0-9, `.`, `_` and `-`, beginning with a letter or digit (no \
                 e-mail address)",
            ))
        }
    }
}

impl TryFrom<String> for Handle {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|refused: Rejection| format!("`{}` {}", text.escape_default(), refused.message))
    }
}

impl From<Handle> for String {
    fn from(handle: Handle) -> Self {
        handle.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Days on which an expert is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// The first.
    pub first: NaiveDate,
    /// The last; not before the first.
    pub last: NaiveDate,
}

impl Absence {
    /// Whether a day is one of them.
    pub fn covers(self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last
    }
}

/// An expert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expert {
    /// Its id.
    pub id: ExpertId,
    /// The pseudonym.
    pub handle: Handle,
    /// Whether it is a person.
    pub kind: ExpertKind,
    /// The domains the expert judges; empty means every domain.
    pub domains: Vec<String>,
    /// BCP 47 tags of the languages the expert reads; empty means every language.
    pub languages: Vec<String>,
    /// How many items a week the expert takes.
    pub weekly_capacity: i32,
    /// Whether items are routed to the expert.
    pub active: bool,
    /// When they are away, in order; then nothing is routed to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub away: Vec<Absence>,
    /// When the expert was entered.
    pub created_at: DateTime<Utc>,
}

impl Expert {
    /// How many items they take of a cycle with these days: their capacity, less the share of the days on which they are
    /// away; rounded to the nearest, and none where they are not asked.
    pub fn capacity(&self, days: impl IntoIterator<Item = NaiveDate>) -> usize {
        let (mut all, mut present) = (0_u64, 0_u64);
        for day in days {
            all += 1;
            present += u64::from(!self.away.iter().any(|absence| absence.covers(day)));
        }
        let whole = u64::try_from(self.weekly_capacity).unwrap_or(0) * u64::from(self.active);
        if all == 0 {
            return 0;
        }
        usize::try_from((2 * whole * present + all) / (2 * all)).unwrap_or(usize::MAX)
    }
}

/// An expert as sent.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpertInput {
    /// The pseudonym; see [`Handle`].
    pub handle: String,
    /// The domains the expert judges; none means every domain.
    #[serde(default)]
    pub domains: Vec<String>,
    /// BCP 47 tags of the languages the expert reads; none means every language.
    #[serde(default)]
    pub languages: Vec<String>,
    /// How many items a week the expert takes, 0 to 10,000.
    pub weekly_capacity: i32,
}

/// A new expert, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExpert {
    /// The pseudonym.
    pub handle: Handle,
    /// Whether it is a person; one that was sent is, unless the caller knows better.
    pub kind: ExpertKind,
    /// The domains, sorted.
    pub domains: Vec<String>,
    /// The languages, sorted.
    pub languages: Vec<String>,
    /// Items a week.
    pub weekly_capacity: i32,
}

impl TryFrom<ExpertInput> for NewExpert {
    type Error = Rejection;
    fn try_from(sent: ExpertInput) -> Result<Self, Rejection> {
        Ok(Self {
            handle: sent.handle.parse()?,
            kind: ExpertKind::Person,
            domains: domains(sent.domains)?,
            languages: languages(sent.languages)?,
            weekly_capacity: capacity(sent.weekly_capacity)?,
        })
    }
}

/// A change of an expert as sent; what is absent stays as it is.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExpertChange {
    /// The domains from now on.
    pub domains: Option<Vec<String>>,
    /// The languages from now on.
    pub languages: Option<Vec<String>>,
    /// Items a week from now on.
    pub weekly_capacity: Option<i32>,
    /// Whether items are routed to the expert from now on.
    pub active: Option<bool>,
    /// When they are away, from now on; what was entered before goes.
    pub away: Option<Vec<Absence>>,
}

impl ExpertChange {
    /// Checks it as a new expert is checked.
    ///
    /// # Errors
    /// As for a new expert.
    pub fn checked(self) -> Result<Self, Rejection> {
        Ok(Self {
            domains: self.domains.map(domains).transpose()?,
            languages: self.languages.map(languages).transpose()?,
            weekly_capacity: self.weekly_capacity.map(capacity).transpose()?,
            active: self.active,
            away: self.away.map(away).transpose()?,
        })
    }
}

/// The most absences that are kept of an expert.
const ABSENCES: usize = 100;

fn away(mut sent: Vec<Absence>) -> Result<Vec<Absence>, Rejection> {
    if sent.len() > ABSENCES {
        return Err(Rejection::new("away", format!("has {} entries: {ABSENCES} is the most", sent.len())));
    }
    if let Some(at) = sent.iter().position(|absence| absence.last < absence.first) {
        return Err(Rejection::new(format!("away[{at}].last"), "is before the first day: give the first day first"));
    }
    sent.sort_unstable();
    sent.dedup();
    Ok(sent)
}

fn domains(sent: Vec<String>) -> Result<Vec<String>, Rejection> {
    check::words("domains", sent, 100, 128)
}

fn languages(sent: Vec<String>) -> Result<Vec<String>, Rejection> {
    check::words("languages", sent, 100, 35)
}

fn capacity(sent: i32) -> Result<i32, Rejection> {
    if (0..=10_000).contains(&sent) {
        Ok(sent)
    } else {
        Err(Rejection::new("weekly_capacity", format!("is {sent}: give 0 to 10000")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_handle_is_never_an_address_of_a_person(text in any::<String>()) {
            if let Ok(handle) = text.parse::<Handle>() {
                prop_assert!(!handle.as_str().contains(|c: char| c == '@' || c.is_whitespace() || c.is_uppercase()));
                prop_assert_eq!(handle.as_str(), text);
            }
        }

        #[test]
        fn handles_of_the_pattern_are_taken(text in "[a-z0-9][a-z0-9._-]{0,63}") {
            prop_assert!(text.parse::<Handle>().is_ok());
        }
    }

    #[test]
    fn who_is_away_for_a_part_of_the_days_takes_that_much_less() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).expect("a date");
        let expert = |away| Expert {
            id: crate::ids::Id::from_uuid(uuid::Uuid::nil()),
            handle: "one".parse().expect("a handle"),
            kind: ExpertKind::Person,
            domains: vec![],
            languages: vec![],
            weekly_capacity: 10,
            active: true,
            away,
            created_at: DateTime::UNIX_EPOCH,
        };
        let week = || (2..=6).map(day);
        assert_eq!(expert(vec![]).capacity(week()), 10);
        assert_eq!(expert(vec![Absence { first: day(5), last: day(20) }]).capacity(week()), 6);
        assert_eq!(expert(vec![Absence { first: day(1), last: day(30) }]).capacity(week()), 0);
        assert_eq!(Expert { active: false, ..expert(vec![]) }.capacity(week()), 0);
        let backwards =
            ExpertChange { away: Some(vec![Absence { first: day(5), last: day(4) }]), ..ExpertChange::default() };
        assert_eq!(backwards.checked().unwrap_err().field, "away[0].last");
    }

    #[test]
    fn a_change_says_which_field_is_at_fault() {
        let wrong = ExpertChange { weekly_capacity: Some(-1), ..ExpertChange::default() };
        assert_eq!(wrong.checked().unwrap_err().field, "weekly_capacity");
    }
}
