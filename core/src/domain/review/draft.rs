//! Drafts: what is written of a review that is not given yet.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ClaimMarkInput, Severity, StepInput, StepMarkInput, Verdict};
use crate::{
    domain::{Rejection, citation::CitationInput, rejection},
    ids::{ExpertId, TraceId},
};

/// The most bytes of a draft, as JSON.
const BYTES: usize = 1 << 20;

/// What an expert has written of a review so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The trace.
    pub trace: TraceId,
    /// Who writes.
    pub expert: ExpertId,
    /// From 1; each saving is the next.
    pub version: i32,
    /// What is written.
    pub content: DraftContent,
    /// When it was saved last.
    pub saved_at: DateTime<Utc>,
}

/// The fields of a review, none of which must be there yet; they are checked when the review is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DraftContent {
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// How bad the flaw is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The first flawed step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspect_step: Option<StepInput>,
    /// What is wrong, by label.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flaw_labels: Vec<String>,
    /// The right answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_answer: Option<String>,
    /// The right reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_steps: Option<Vec<String>>,
    /// What the judgement rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<CitationInput>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// Time spent, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_spent: Option<f64>,
    /// What was found of single steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub step_marks: Vec<StepMarkInput>,
    /// What was found of single claims.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claim_marks: Vec<ClaimMarkInput>,
}

impl DraftContent {
    /// Reads what is to be saved.
    ///
    /// # Errors
    /// If it is too long, or has a field that a review has not; names the field.
    pub fn parse(json: &[u8]) -> Result<Self, Rejection> {
        if json.len() > BYTES {
            return Err(Rejection::new(".", format!("is longer than {BYTES} bytes: shorten it")));
        }
        rejection::read(json)
    }
}
