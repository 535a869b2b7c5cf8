//! Marks: what a review finds of single steps and claims.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{StepInput, StepRef};
use crate::{
    domain::{Rejection, check, judgement::ClaimVerdict},
    ids::{ClaimId, IdError},
};

/// The most marks of either kind.
pub(super) const MARKS: usize = 2_000;
/// The most characters of a note.
const NOTE: usize = 2_000;

words! {
    /// What an expert finds of a step.
    StepFinding {
        /// It holds, and follows from what comes before.
        Sound = "sound",
        /// It is wrong, or does not follow.
        Flawed = "flawed",
        /// It is right and leads nowhere.
        Redundant = "redundant",
    }
}

/// What was found of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepMark {
    /// Its place, from 0.
    pub step: i32,
    /// What was found.
    pub finding: StepFinding,
    /// Why, in the expert's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What was found of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimMark {
    /// The claim.
    pub claim: ClaimId,
    /// What the facts say of it, as the expert finds.
    pub verdict: ClaimVerdict,
    /// Why, in the expert's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What was found of a step, as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepMarkInput {
    /// The step: its place from 0, its id, or its sender's name.
    pub step: StepInput,
    /// What was found.
    pub finding: StepFinding,
    /// Why.
    #[schemars(length(max = NOTE))]
    pub note: Option<String>,
}

/// What was found of a claim, as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimMarkInput {
    /// The claim, by its id (`clm_…`).
    #[schemars(regex(pattern = "^clm_[0-7][0-9a-hjkmnp-tv-z]{25}$"))]
    pub claim: String,
    /// What the facts say of it.
    pub verdict: ClaimVerdict,
    /// Why.
    #[schemars(length(max = NOTE))]
    pub note: Option<String>,
}

/// A mark of a step that is not looked up yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStepMark {
    /// The step.
    pub step: StepRef,
    /// What was found.
    pub finding: StepFinding,
    /// Why.
    pub note: Option<String>,
}

/// Reads marks of steps; the list is bounded.
pub(super) fn of_steps(sent: Vec<StepMarkInput>) -> Result<Vec<NewStepMark>, Rejection> {
    bounded("step_marks", sent.len())?;
    (0..)
        .zip(sent)
        .map(|(at, mark)| of_step(mark).map_err(|refused| refused.within(&format!("step_marks[{at}]"))))
        .collect()
}

fn of_step(mark: StepMarkInput) -> Result<NewStepMark, Rejection> {
    let step = super::step("step", mark.step)?;
    Ok(NewStepMark { step, finding: mark.finding, note: check::optional_text("note", mark.note, NOTE)? })
}

/// Reads marks of claims; the list is bounded and names each claim once. They come back in the order of the claims' ids.
pub(super) fn of_claims(sent: Vec<ClaimMarkInput>) -> Result<Vec<ClaimMark>, Rejection> {
    bounded("claim_marks", sent.len())?;
    let mut marked = HashSet::new();
    let mut marks = (0..)
        .zip(sent)
        .map(|(at, mark)| of_claim(mark, &mut marked).map_err(|refused| refused.within(&format!("claim_marks[{at}]"))))
        .collect::<Result<Vec<_>, _>>()?;
    marks.sort_by_key(|mark| mark.claim);
    Ok(marks)
}

fn of_claim(mark: ClaimMarkInput, marked: &mut HashSet<ClaimId>) -> Result<ClaimMark, Rejection> {
    let claim = mark.claim.parse().map_err(|error: IdError| Rejection::new("claim", error.to_string()))?;
    let note = check::optional_text("note", mark.note, NOTE)?;
    if !marked.insert(claim) {
        return Err(Rejection::new("claim", "is marked twice: give one mark a claim"));
    }
    Ok(ClaimMark { claim, verdict: mark.verdict, note })
}

fn bounded(field: &str, entries: usize) -> Result<(), Rejection> {
    if entries <= MARKS {
        return Ok(());
    }
    Err(Rejection::new(field, format!("has {entries} entries: {MARKS} is the most")))
}
