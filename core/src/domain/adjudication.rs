//! Adjudication: where experts disagree whether an answer is right, someone decides who sees what was said and not by whom.

use chrono::{DateTime, Utc};

use super::{Rejection, check, review::Verdict};
use crate::ids::{AdjudicationId, ExpertId, ReviewId, TraceId};

/// A disagreement of experts on a trace, and how it was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjudication {
    /// Its id.
    pub id: AdjudicationId,
    /// The trace.
    pub trace: TraceId,
    /// The reviews that disagree.
    pub reviews: Vec<ReviewId>,
    /// When the disagreement was found.
    pub opened_at: DateTime<Utc>,
    /// How it was decided; nothing while it is open.
    pub decision: Option<Decided>,
}

/// How a disagreement was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What.
    pub decision: Decision,
    /// The expert who decided, where an expert did.
    pub by: Option<ExpertId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Decision {
    /// What is right; `cannot_judge` where it cannot be told, and then nothing is trained on it.
    pub verdict: Verdict,
    /// Ordinal of the first flawed step.
    pub suspect_step: Option<i32>,
    /// Why.
    pub rationale: Option<String>,
}

impl Decision {
    /// Checks what is sent.
    ///
    /// # Errors
    /// If the verdict passes the question on, the step is no place, or the rationale is too long.
    pub fn new(verdict: Verdict, suspect_step: Option<i32>, rationale: Option<String>) -> Result<Self, Rejection> {
        if verdict == Verdict::NotMyField {
            return Err(Rejection::new("verdict", "decides nothing: leave it open for someone of the field"));
        }
        let suspect_step = suspect_step.map(|place| check::place("suspect_step", place.into())).transpose()?;
        Ok(Self { verdict, suspect_step, rationale: check::optional_text("rationale", rationale, 20_000)? })
    }
}
