//! Cycles of the weekly review as they were held, and what came of each.

use std::{collections::BTreeMap, hash::Hash};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    agreement::{
        Bootstrap, RatingsError, Undefined,
        questions::{ReviewQuestion, agreed},
        reviews::Opinion,
    },
    calendar::Cycle,
};
use crate::ids::{ExpertId, ModelVersionId, ReviewCycleId};

words! {
    /// Whether a cycle is open.
    CycleState {
        /// Its items are being judged.
        Open = "open",
        /// It is over, and its report is written.
        Closed = "closed",
    }
}

/// A cycle that was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewCycle {
    /// Its id.
    pub id: ReviewCycleId,
    /// Its name and times. They follow the calendar as long as it is open.
    pub cycle: Cycle,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was closed, and what came of it.
    pub closed: Option<Closed>,
}

/// The end of a cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct Closed {
    /// When.
    pub at: DateTime<Utc>,
    /// What came of it.
    pub report: CycleReport,
}

impl ReviewCycle {
    /// Whether it is open.
    pub fn state(&self) -> CycleState {
        if self.closed.is_some() { CycleState::Closed } else { CycleState::Open }
    }
}

/// What became of items. Each that was given is done, passed on, given back or left over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ItemCounts {
    /// How many were given out.
    pub given: i64,
    /// How many were judged.
    pub done: i64,
    /// How many were passed on: their experts could not judge them.
    pub passed: i64,
    /// How many were given back, or taken back.
    pub returned: i64,
    /// How many their experts did not come to.
    pub left_over: i64,
    /// How many of those that were given out an earlier cycle had given out in vain.
    pub carried_over: i64,
}

impl std::ops::AddAssign for ItemCounts {
    fn add_assign(&mut self, more: Self) {
        self.given += more.given;
        self.done += more.done;
        self.passed += more.passed;
        self.returned += more.returned;
        self.left_over += more.left_over;
        self.carried_over += more.carried_over;
    }
}

/// What became of an expert's items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpertItems {
    /// The expert.
    pub expert: ExpertId,
    /// What became of them.
    pub items: ItemCounts,
}

/// How much of something was seen and reviewed while a cycle was open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage<K> {
    /// Of what.
    pub of: K,
    /// How many traces of it came in.
    pub traces: i64,
    /// Of how many of its traces, whenever they came in, someone judged the answer.
    pub reviewed: i64,
}

/// How far the experts of a cycle agreed on a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CycleAgreement {
    /// The question.
    pub question: ReviewQuestion,
    /// How many traces were rated.
    pub traces: usize,
    /// By how many experts.
    pub experts: usize,
    /// How many ratings there are.
    pub ratings: usize,
    /// Krippendorff's alpha; nothing where it is not defined.
    pub alpha: Option<f64>,
    /// The low end of its interval, 95 of 100.
    pub low: Option<f64>,
    /// The high end.
    pub high: Option<f64>,
    /// Why it is not defined.
    pub undefined: Option<Undefined>,
}

/// What came of a cycle.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CycleReport {
    /// What became of its items.
    pub items: ItemCounts,
    /// The same by expert. For those alone who administer.
    pub experts: Vec<ExpertItems>,
    /// By domain, what was most reviewed first; [`COVERED`] at most, as of the others.
    pub domains: Vec<Coverage<String>>,
    /// By flaw: that the sender suspected, or a review found.
    pub flaws: Vec<Coverage<String>>,
    /// By the model that answered.
    pub models: Vec<Coverage<ModelVersionId>>,
    /// How far experts agreed, by question.
    pub agreement: Vec<CycleAgreement>,
}

/// So much of a kind a report tells of.
pub const COVERED: usize = 200;

/// The parts of coverage that are of one thing together, what was most reviewed first, [`COVERED`] at most.
pub fn coverage<K: Ord + Hash + Clone>(parts: impl IntoIterator<Item = (K, i64, i64)>) -> Vec<Coverage<K>> {
    let mut of: BTreeMap<K, (i64, i64)> = BTreeMap::new();
    for (key, traces, reviewed) in parts {
        let sum = of.entry(key).or_default();
        *sum = (sum.0 + traces, sum.1 + reviewed);
    }
    let mut all: Vec<_> = of.into_iter().map(|(of, (traces, reviewed))| Coverage { of, traces, reviewed }).collect();
    all.sort_by_key(|one| std::cmp::Reverse((one.reviewed, one.traces)));
    all.truncate(COVERED);
    all
}

/// How far opinions agree on each question that has few answers.
///
/// # Errors
/// If an expert has two opinions on one trace.
pub fn agreement(opinions: &[Opinion], by: &Bootstrap) -> Result<Vec<CycleAgreement>, RatingsError> {
    ReviewQuestion::ALL
        .iter()
        .map(|question| {
            let found = agreed(&(*question).into(), opinions, by)?;
            let interval = found.alpha.ok();
            Ok(CycleAgreement {
                question: *question,
                traces: found.traces,
                experts: found.experts,
                ratings: found.ratings,
                alpha: interval.map(|of| of.value),
                low: interval.map(|of| of.low),
                high: interval.map(|of| of.high),
                undefined: found.alpha.err(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::review::Verdict,
        ids::{Id, TraceId},
    };

    #[test]
    fn what_was_most_reviewed_comes_first_and_parts_of_one_thing_are_one() {
        let found = coverage([("b", 1, 0), ("a", 5, 1), ("b", 2, 3), ("c", 9, 1)]);
        let told: Vec<_> = found.iter().map(|one| (one.of, one.traces, one.reviewed)).collect();
        assert_eq!(told, [("b", 3, 3), ("c", 9, 1), ("a", 5, 1)]);
        let many = coverage((0..COVERED + 10).map(|n| (n, 1, 0)));
        assert_eq!(many.len(), COVERED);
    }

    #[test]
    fn a_report_is_read_as_it_was_written_and_says_why_agreement_is_not_known() {
        let opinion = |expert: u128, trace: u128, verdict| Opinion {
            trace: TraceId::from_uuid(uuid::Uuid::from_u128(trace)),
            expert: ExpertId::from_uuid(uuid::Uuid::from_u128(expert)),
            verdict,
            severity: None,
            suspect_step: None,
            flaw_labels: vec![],
        };
        let opinions: Vec<_> = (1..9)
            .flat_map(|trace| {
                let verdict = if trace % 2 == 0 { Verdict::Correct } else { Verdict::Incorrect };
                [opinion(1, trace, verdict), opinion(2, trace, verdict)]
            })
            .collect();
        let agreement = agreement(&opinions, &Bootstrap::default()).expect("one opinion each");
        assert_eq!((agreement[0].alpha, agreement[0].traces, agreement[0].ratings), (Some(1.0), 8, 16));
        assert_eq!((agreement[1].alpha, agreement[1].undefined), (None, Some(Undefined::TooFewRatings)));
        let report = CycleReport {
            items: ItemCounts { given: 3, done: 2, left_over: 1, ..ItemCounts::default() },
            domains: coverage([("chemistry".to_owned(), 4, 2)]),
            agreement,
            ..CycleReport::default()
        };
        let written = serde_json::to_value(&report).expect("JSON");
        assert_eq!(serde_json::from_value::<CycleReport>(written).expect("a report"), report);
    }
}
