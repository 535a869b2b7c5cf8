//! What a run of the pipeline did, stage by stage.

use std::collections::BTreeMap;

use serde::Serialize;

use super::balance::Distribution;
use super::decision::{Reason, Stage};

/// The report of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measures {
    /// Candidates that entered.
    pub entered: usize,
    /// Rows that were kept.
    pub kept: usize,
    /// Each stage, in order; what leaves one enters the next.
    pub stages: Vec<StageMeasure>,
    /// Kept rows that carry each tag.
    pub tags: BTreeMap<String, usize>,
}

/// What one stage did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageMeasure {
    /// The stage.
    pub stage: Stage,
    /// Rows that entered it.
    pub entered: usize,
    /// Rows that left it.
    pub left: usize,
    /// Rows that fell, by reason.
    pub fell: BTreeMap<Reason, usize>,
    /// Distributions by weight of the rows that entered.
    pub before: Vec<Distribution>,
    /// Distributions by weight of the rows that left.
    pub after: Vec<Distribution>,
}
