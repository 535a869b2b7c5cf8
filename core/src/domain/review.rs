//! Reviews: what experts say of traces. A changed mind is a new revision; nothing is overwritten.

mod draft;
mod marks;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Rejection,
    attachment::{AttachmentRef, MOST as ATTACHMENTS, REFERENCE, Refers, There},
    check,
    citation::{CitationInput, NewCitation},
    expert::Handle,
    grounding::EXTERNAL_ID,
    rejection,
};
use crate::{
    hash::{self, Digest},
    ids::{ExpertId, GuidelineId, IdError, ReviewId, StepId, TraceId},
};

words! {
    /// What an expert finds of an answer.
    Verdict {
        /// It is right.
        Correct = "correct",
        /// A part of it is right; it counts as wrong where only right and wrong count.
        PartlyCorrect = "partly_correct",
        /// It is wrong.
        Incorrect = "incorrect",
        /// The expert abstains: it cannot be told.
        CannotJudge = "cannot_judge",
        /// The expert abstains: someone else should be asked.
        NotMyField = "not_my_field",
    }
}

impl Verdict {
    /// Whether it finds the answer right; nothing where the expert abstains.
    pub fn is_right(self) -> Option<bool> {
        match self {
            Self::Correct => Some(true),
            Self::PartlyCorrect | Self::Incorrect => Some(false),
            Self::CannotJudge | Self::NotMyField => None,
        }
    }
}

words! {
    /// How bad a flaw is.
    Severity {
        /// It misleads nobody.
        Minor = "minor",
        /// It misleads.
        Major = "major",
        /// It does harm.
        Critical = "critical",
    }
}

pub use draft::{Draft, DraftContent};
pub use marks::{ClaimMark, ClaimMarkInput, NewStepMark, StepFinding, StepMark, StepMarkInput};

/// What an expert said of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// The sender's id.
    pub external_id: Option<String>,
    /// The trace.
    pub trace: TraceId,
    /// Who judged.
    pub expert: ExpertId,
    /// From 1; the highest of an expert on a trace holds.
    pub revision: i32,
    /// What was found.
    pub verdict: Verdict,
    /// How bad the flaw is.
    pub severity: Option<Severity>,
    /// Ordinal of the first flawed step, from 0.
    pub suspect_step: Option<i32>,
    /// What is wrong, by label.
    pub flaw_labels: Vec<String>,
    /// The right answer.
    pub corrected_answer: Option<String>,
    /// The right reasoning.
    pub corrected_steps: Option<Vec<String>>,
    /// Why, in the expert's words.
    pub rationale: Option<String>,
    /// Time the expert spent, in seconds.
    pub seconds_spent: Option<f64>,
    /// What was found of single steps, in their order.
    pub step_marks: Vec<StepMark>,
    /// What was found of single claims.
    pub claim_marks: Vec<ClaimMark>,
    /// The version of the guideline that was followed.
    pub guideline: Option<GuidelineId>,
    /// Hash of its content; see [`NewReview::content_hash`].
    pub content_hash: Digest,
    /// When it was given.
    pub created_at: DateTime<Utc>,
}

/// The most flaw labels.
const LABELS: usize = 32;
/// The most characters of a flaw label.
const LABEL: usize = 64;
/// The most citations.
const CITATIONS: usize = 100;
/// The most corrected steps.
const STEPS: usize = 500;
/// The most characters of a corrected answer.
const ANSWER: usize = 100_000;
/// The most characters of a rationale and of a corrected step.
const REASONING: usize = 20_000;
/// The longest time that a review takes, in seconds: a week.
const SECONDS: f64 = 86_400.0 * 7.0;

/// How a review names a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum StepInput {
    /// By its place, from 0.
    #[schemars(extend("minimum" = 0, "maximum" = i32::MAX))]
    Ordinal(i64),
    /// By its id, or the name that the trace's sender gave it.
    Name(String),
}

/// A review as sent: one line of `POST /v1/ingest/reviews`. It names its trace by exactly one of `trace` and
/// `trace_external_id`. A text that is blank counts as not given.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = check::one_of(&["trace", "trace_external_id"])))]
pub struct ReviewInput {
    /// The sender's id: sending it again with the same content changes nothing.
    #[schemars(length(max = EXTERNAL_ID))]
    pub external_id: Option<String>,
    /// The trace, by its id; or give `trace_external_id`.
    pub trace: Option<String>,
    /// The trace, by its sender's id.
    #[schemars(length(min = 1, max = EXTERNAL_ID))]
    pub trace_external_id: Option<String>,
    /// The handle of the expert.
    #[schemars(with = "Handle")]
    pub expert: String,
    /// What was found.
    pub verdict: Verdict,
    /// How bad the flaw is.
    pub severity: Option<Severity>,
    /// The first flawed step: its place from 0, its id, or its sender's name.
    pub suspect_step: Option<StepInput>,
    /// What is wrong, by label; each at most 64 characters.
    #[serde(default)]
    #[schemars(length(max = LABELS))]
    pub flaw_labels: Vec<String>,
    /// The right answer.
    #[schemars(length(max = ANSWER))]
    pub corrected_answer: Option<String>,
    /// The right reasoning.
    #[schemars(length(max = STEPS), inner(length(min = 1, max = REASONING)))]
    pub corrected_steps: Option<Vec<String>>,
    /// What the judgement rests on.
    #[serde(default)]
    #[schemars(length(max = CITATIONS))]
    pub citations: Vec<CitationInput>,
    /// Why.
    #[schemars(length(max = REASONING))]
    pub rationale: Option<String>,
    /// Time spent, in seconds.
    #[schemars(range(min = 0, max = SECONDS))]
    pub seconds_spent: Option<f64>,
    /// The attached pictures that it refers to, by their ids (`att_…`) or by BLAKE3 of them, 64 hex digits. They are sent
    /// to `/v1/attachments` before.
    #[serde(default)]
    #[schemars(length(max = ATTACHMENTS), inner(regex(pattern = REFERENCE)))]
    pub attachments: Vec<String>,
    /// What was found of single steps; each is marked once.
    #[serde(default)]
    #[schemars(length(max = marks::MARKS))]
    pub step_marks: Vec<StepMarkInput>,
    /// What was found of single claims; each is marked once.
    #[serde(default)]
    #[schemars(length(max = marks::MARKS))]
    pub claim_marks: Vec<ClaimMarkInput>,
    /// The version of the guideline that was followed, by its id (`gdl_…`).
    #[schemars(regex(pattern = "^gdl_[0-7][0-9a-hjkmnp-tv-z]{25}$"))]
    pub guideline: Option<String>,
}

/// How a review names its trace.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TraceRef {
    /// By its id.
    Id(TraceId),
    /// By its sender's id.
    External(String),
}

/// How a review names a step of its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepRef {
    /// By its place, from 0.
    Ordinal(i32),
    /// By its id.
    Id(StepId),
    /// By the name its sender gave it.
    Key(String),
}

/// A new review, checked by itself; what it names (trace, expert, step, sources) is not looked up yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewReview {
    /// The sender's id.
    pub external_id: Option<String>,
    /// The trace.
    pub trace: TraceRef,
    /// Who judges.
    pub expert: Handle,
    /// The first flawed step.
    pub suspect_step: Option<StepRef>,
    /// What was found of single steps.
    pub step_marks: Vec<NewStepMark>,
    /// What is said.
    pub judgement: Judgement,
}

/// What a review says, apart from what it is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// What was found.
    pub verdict: Verdict,
    /// How bad the flaw is.
    pub severity: Option<Severity>,
    /// What is wrong, by label; sorted.
    pub flaw_labels: Vec<String>,
    /// The right answer.
    pub corrected_answer: Option<String>,
    /// The right reasoning.
    pub corrected_steps: Option<Vec<String>>,
    /// What the judgement rests on.
    pub citations: Vec<NewCitation>,
    /// Why.
    pub rationale: Option<String>,
    /// Time spent, in seconds.
    pub seconds_spent: Option<f64>,
    /// The attached pictures that it refers to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentRef>,
    /// What was found of single claims, in the order of their ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claim_marks: Vec<ClaimMark>,
    /// The version of the guideline that was followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guideline: Option<GuidelineId>,
}

impl Judgement {
    /// Hash of everything a review says, with what it is about: the same external id with another hash is a conflict.
    pub fn content_hash(
        &self,
        trace: TraceId,
        expert: ExpertId,
        suspect_step: Option<i32>,
        step_marks: &[StepMark],
    ) -> Digest {
        match step_marks {
            // As it was before steps could be marked.
            [] => hash::of_json(&(trace, expert, suspect_step, self)),
            marks => hash::of_json(&(trace, expert, suspect_step, self, marks)),
        }
    }
}

impl NewReview {
    /// Reads a line.
    ///
    /// # Errors
    /// Names the field at fault and the remedy.
    pub fn parse(json: &[u8]) -> Result<Self, Rejection> {
        rejection::read::<ReviewInput>(json)?.try_into()
    }
}

impl NewReview {
    /// The line that says it: read back, it is the same.
    pub fn line(&self) -> serde_json::Value {
        let said = &self.judgement;
        serde_json::json!(ReviewInput {
            external_id: self.external_id.clone(),
            trace: match &self.trace {
                TraceRef::Id(id) => Some(id.to_string()),
                TraceRef::External(_) => None,
            },
            trace_external_id: match &self.trace {
                TraceRef::Id(_) => None,
                TraceRef::External(id) => Some(id.clone()),
            },
            expert: self.expert.to_string(),
            verdict: said.verdict,
            severity: said.severity,
            suspect_step: self.suspect_step.as_ref().map(StepInput::from),
            flaw_labels: said.flaw_labels.clone(),
            corrected_answer: said.corrected_answer.clone(),
            corrected_steps: said.corrected_steps.clone(),
            citations: said.citations.iter().cloned().map(CitationInput::from).collect(),
            rationale: said.rationale.clone(),
            seconds_spent: said.seconds_spent,
            attachments: said.attachments.iter().map(AttachmentRef::to_string).collect(),
            step_marks: self
                .step_marks
                .iter()
                .map(|mark| StepMarkInput {
                    step: StepInput::from(&mark.step),
                    finding: mark.finding,
                    note: mark.note.clone(),
                })
                .collect(),
            claim_marks: said
                .claim_marks
                .iter()
                .map(|mark| ClaimMarkInput {
                    claim: mark.claim.to_string(),
                    verdict: mark.verdict,
                    note: mark.note.clone(),
                })
                .collect(),
            guideline: said.guideline.map(|id| id.to_string()),
        })
    }
}

impl From<&StepRef> for StepInput {
    fn from(named: &StepRef) -> Self {
        match named {
            StepRef::Ordinal(place) => Self::Ordinal((*place).into()),
            StepRef::Id(id) => Self::Name(id.to_string()),
            StepRef::Key(key) => Self::Name(key.clone()),
        }
    }
}

impl Refers for NewReview {
    fn named(&self) -> Vec<AttachmentRef> {
        self.judgement.attachments.clone()
    }

    fn settle(&mut self, there: &There) -> Result<(), Rejection> {
        AttachmentRef::settle(&mut self.judgement.attachments, there)
    }
}

impl TryFrom<ReviewInput> for NewReview {
    type Error = Rejection;
    fn try_from(sent: ReviewInput) -> Result<Self, Rejection> {
        let trace = match (sent.trace, sent.trace_external_id) {
            (Some(id), None) => TraceRef::Id(id.parse().map_err(|error: IdError| {
                Rejection::new("trace", format!("{error}; a sender's own id goes into trace_external_id"))
            })?),
            (None, Some(external)) => TraceRef::External(check::text("trace_external_id", external, EXTERNAL_ID)?),
            _ => return Err(Rejection::new("trace", "give either trace (its id) or trace_external_id (its sender's)")),
        };
        let expert = sent.expert.parse().map_err(|refused: Rejection| Rejection::new("expert", refused.message))?;
        let suspect_step = sent.suspect_step.map(|named| step("suspect_step", named)).transpose()?;
        if let Some(seconds) = sent.seconds_spent
            && !(0.0..=SECONDS).contains(&seconds)
        {
            return Err(Rejection::new("seconds_spent", format!("is {seconds}: give 0 to 604800 seconds")));
        }
        if sent.citations.len() > CITATIONS {
            return Err(Rejection::new(
                "citations",
                format!("has {} entries: {CITATIONS} is the most", sent.citations.len()),
            ));
        }
        let citations = (0..)
            .zip(sent.citations)
            .map(|(at, cited)| {
                NewCitation::try_from(cited).map_err(|refused: Rejection| refused.within(&format!("citations[{at}]")))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            external_id: check::optional_text("external_id", sent.external_id, EXTERNAL_ID)?,
            trace,
            expert,
            suspect_step,
            step_marks: marks::of_steps(sent.step_marks)?,
            judgement: Judgement {
                verdict: sent.verdict,
                severity: sent.severity,
                flaw_labels: check::words("flaw_labels", sent.flaw_labels, LABELS, LABEL)?,
                corrected_answer: check::optional_text("corrected_answer", sent.corrected_answer, ANSWER)?,
                corrected_steps: sent.corrected_steps.map(steps).transpose()?.filter(|steps| !steps.is_empty()),
                citations,
                rationale: check::optional_text("rationale", sent.rationale, REASONING)?,
                seconds_spent: sent.seconds_spent,
                attachments: AttachmentRef::list(sent.attachments)?,
                claim_marks: marks::of_claims(sent.claim_marks)?,
                guideline: sent
                    .guideline
                    .map(|id| id.parse().map_err(|error: IdError| Rejection::new("guideline", error.to_string())))
                    .transpose()?,
            },
        })
    }
}

fn step(field: &str, sent: StepInput) -> Result<StepRef, Rejection> {
    match sent {
        StepInput::Ordinal(place) => check::place(field, place).map(StepRef::Ordinal),
        StepInput::Name(name) => Ok(match name.parse() {
            Ok(id) => StepRef::Id(id),
            Err(_) => StepRef::Key(check::text(field, name, EXTERNAL_ID)?),
        }),
    }
}

fn steps(sent: Vec<String>) -> Result<Vec<String>, Rejection> {
    if sent.len() > STEPS {
        return Err(Rejection::new("corrected_steps", format!("has {} entries: {STEPS} is the most", sent.len())));
    }
    (0..).zip(sent).map(|(at, text)| check::text(&format!("corrected_steps[{at}]"), text, REASONING)).collect()
}

#[cfg(test)]
mod tests;
