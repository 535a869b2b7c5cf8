//! Gold items: traces of which it is known what is right. They tell how often an expert is, and are trained on never.

use chrono::{DateTime, Utc};

use super::{Rejection, check, review::Verdict};
use crate::ids::TraceId;

/// A trace of which it is known what is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoldItem {
    /// The trace.
    pub trace: TraceId,
    /// What is right.
    pub known: Known,
    /// When it was entered.
    pub entered_at: DateTime<Utc>,
    /// Since when nobody is asked about it.
    pub retired_at: Option<DateTime<Utc>>,
}

/// What is known of a trace.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Known {
    /// What is right: no abstention.
    pub verdict: Verdict,
    /// Ordinal of the first flawed step.
    pub suspect_step: Option<i32>,
    /// How it is known.
    pub note: Option<String>,
}

impl Known {
    /// Checks what is sent.
    ///
    /// # Errors
    /// If the verdict is an abstention, the step no place, or the note too long.
    pub fn new(verdict: Verdict, suspect_step: Option<i32>, note: Option<String>) -> Result<Self, Rejection> {
        if verdict.is_right().is_none() {
            return Err(Rejection::new("verdict", "is an abstention: give correct, partly_correct or incorrect"));
        }
        let suspect_step = suspect_step.map(|place| check::place("suspect_step", place.into())).transpose()?;
        Ok(Self { verdict, suspect_step, note: check::optional_text("note", note, 2_000)? })
    }
}

/// How an expert did on gold items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calibration {
    /// How many they judged.
    pub judged: i64,
    /// Of how many they told rightly whether the answer is right.
    pub verdicts_right: i64,
    /// How many of them have a known flawed step.
    pub with_step: i64,
    /// Of how many of those they named it.
    pub steps_right: i64,
}
