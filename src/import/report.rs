//! What went where, what was left out and why, and which records could not be mapped.

use std::collections::BTreeMap;

use atr_core::domain::Rejection;
use serde::Serialize;

/// The most fields that are told apart, and the most records that are shown.
const FIELDS: usize = 500;
/// The most records that are shown of those that could not be mapped.
pub const SHOWN: usize = 20;
/// The most characters of a field's name that are kept.
const NAME: usize = 120;

/// Counts fields by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    taken: BTreeMap<(String, &'static str), u64>,
    left: BTreeMap<(String, &'static str), u64>,
    more: u64,
}

impl Tally {
    /// A field went into a trace or a review.
    pub fn took(&mut self, field: &str, to: &'static str) {
        self.more += count(&mut self.taken, field, to);
    }

    /// A field was left out.
    pub fn left(&mut self, field: &str, why: &'static str) {
        self.more += count(&mut self.left, field, why);
    }

    /// Adds what another counted.
    pub fn add(&mut self, other: Self) {
        for (to, from) in [(&mut self.taken, other.taken), (&mut self.left, other.left)] {
            for (key, times) in from {
                if to.len() < FIELDS || to.contains_key(&key) {
                    *to.entry(key).or_default() += times;
                } else {
                    self.more += times;
                }
            }
        }
        self.more += other.more;
    }
}

/// Counts one more; 1 where there are too many fields to tell apart.
fn count(of: &mut BTreeMap<(String, &'static str), u64>, field: &str, what: &'static str) -> u64 {
    let key = (field.chars().take(NAME).collect(), what);
    if of.len() >= FIELDS && !of.contains_key(&key) {
        return 1;
    }
    *of.entry(key).or_default() += 1;
    0
}

/// What became of an export.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Records that were read, well formed or not.
    pub records: u64,
    /// Traces that they make.
    pub traces: u64,
    /// Reviews that they make.
    pub reviews: u64,
    /// Which field went where, and how often.
    pub taken: Vec<Taken>,
    /// Which field was left out, why, and how often.
    pub left_out: Vec<Left>,
    /// How often a field came up that is not listed, because there are too many.
    pub more_fields: u64,
    /// Records or traces that could not be mapped.
    pub unmapped: u64,
    /// The first of them.
    pub unmapped_shown: Vec<Unmapped>,
}

/// A field that was taken.
#[derive(Debug, Serialize)]
pub struct Taken {
    /// Its name in the export.
    pub field: String,
    /// What it became.
    pub to: &'static str,
    /// How often.
    pub times: u64,
}

/// A field that was left out.
#[derive(Debug, Serialize)]
pub struct Left {
    /// Its name in the export.
    pub field: String,
    /// Why.
    pub why: &'static str,
    /// How often.
    pub times: u64,
}

/// A record that could not be mapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmapped {
    /// Which, from 1, in the order of the files; of several that make a trace, the first.
    pub record: u64,
    /// The field at fault.
    pub field: String,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl Report {
    /// A record could not be mapped.
    pub fn refuse(&mut self, record: u64, why: Rejection) {
        self.unmapped += 1;
        if self.unmapped_shown.len() < SHOWN {
            self.unmapped_shown.push(Unmapped { record, field: why.field, message: why.message });
        }
    }

    /// Lists what was counted.
    pub fn tell(&mut self, tally: Tally) {
        self.taken = tally.taken.into_iter().map(|((field, to), times)| Taken { field, to, times }).collect();
        self.left_out = tally.left.into_iter().map(|((field, why), times)| Left { field, why, times }).collect();
        self.more_fields = tally.more;
    }
}
