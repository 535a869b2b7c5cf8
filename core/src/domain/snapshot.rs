//! Snapshots: an immutable set of training rows, whose membership is frozen when it is asked for.
//!
//! ```text
//! frozen ──curate──▶ curated ──seal──▶ sealed
//!    └──────fail───────┴──▶ failed
//! ```

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    IllegalStep, citation::CitationState, example::ExampleFormat, expert::ExpertKind, grounding::FactState, words,
};
use crate::{
    hash::Digest,
    ids::{CurationDecisionId, ExampleId, FactId, ReviewId, ScoreId, SnapshotId, SnapshotRowId, TraceId},
};

words! {
    /// How far a snapshot is.
    SnapshotState {
        /// Its membership is fixed.
        Frozen = "frozen",
        /// What is kept is decided.
        Curated = "curated",
        /// Its files are written; it never changes again.
        Sealed = "sealed",
        /// It could not be made; the error says why.
        Failed = "failed",
    }
}

words! {
    /// What can happen to a snapshot.
    SnapshotStep {
        /// Every member is decided on.
        Curate = "curate",
        /// Every file is written.
        Seal = "seal",
        /// It cannot be made.
        Fail = "fail",
    }
}

impl SnapshotState {
    /// The state after a step.
    ///
    /// # Errors
    /// If the step is not possible from here. Nothing is possible after `sealed` and `failed`.
    pub fn after(self, step: SnapshotStep) -> Result<Self, IllegalStep> {
        match (self, step) {
            (Self::Frozen, SnapshotStep::Curate) => Ok(Self::Curated),
            (Self::Curated, SnapshotStep::Seal) => Ok(Self::Sealed),
            (Self::Frozen | Self::Curated, SnapshotStep::Fail) => Ok(Self::Failed),
            _ => Err(IllegalStep { what: "snapshot", state: self.word(), step: step.word() }),
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSnapshot {
    /// The name that people will use, unique in its project; without one it is `snapshot-<n>`.
    pub name: Option<String>,
    /// Order, thresholds and versions of the pipeline.
    pub recipe: serde_json::Value,
    /// BLAKE3 of the canonical recipe.
    pub recipe_hash: Digest,
    /// Seed of every random choice in it.
    pub seed: i64,
}

/// A snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Its id.
    pub id: SnapshotId,
    /// The name that people use.
    pub name: String,
    /// The newest sealed snapshot when it was frozen.
    pub parent: Option<SnapshotId>,
    /// How far it is.
    pub state: SnapshotState,
    /// Order, thresholds and versions of the pipeline.
    pub recipe: serde_json::Value,
    /// BLAKE3 of the canonical recipe.
    pub recipe_hash: Digest,
    /// Seed of every random choice in it.
    pub seed: i64,
    /// How many reviewed traces were frozen.
    pub members: i32,
    /// BLAKE3 over what was frozen, in order.
    pub membership_root: Digest,
    /// Merkle root over its rows, once sealed.
    pub merkle_root: Option<Digest>,
    /// BLAKE3 of its manifest, once sealed: the manifest's bytes are in the blob store under it.
    pub manifest_hash: Option<Digest>,
    /// What went in, what came out and why the rest fell, once curated.
    pub counts: Option<serde_json::Value>,
    /// Why it failed.
    pub error: Option<String>,
    /// When its membership was frozen.
    pub created_at: DateTime<Utc>,
    /// When its files were complete.
    pub sealed_at: Option<DateTime<Utc>>,
}

/// Which snapshots are asked for.
#[derive(Debug, Clone, Default)]
pub struct SnapshotFilter {
    /// Only in this state.
    pub state: Option<SnapshotState>,
    /// Only of this name.
    pub name: Option<String>,
}

/// A member: a reviewed trace with all that could change later as it was when the snapshot was frozen.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotMember {
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// Its place in the membership, from 0.
    pub position: i32,
    /// The trace.
    pub trace: TraceId,
    /// The review, and by it the revision.
    pub review: ReviewId,
    /// The score.
    pub score: ScoreId,
    /// What else could change later.
    pub pinned: Pinned,
}

/// What could change after the freeze, as it was then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// The examples that the review had yielded, by format.
    #[serde(with = "super::stored::ids")]
    pub examples: Vec<ExampleId>,
    /// The reward of the trace, -1 to 1.
    pub reward: f64,
    /// The citations of the answer, as the score's verification found them, and those of the review.
    pub citations: Vec<PinnedCitation>,
    /// The facts that decided the answer's claims and those that the review cites.
    pub facts: Vec<PinnedFact>,
    /// Whether the experts' standing verdicts contradict each other.
    pub disagreement: bool,
    /// Whether the parent snapshot kept the same review of this trace.
    pub earlier: bool,
}

/// Where a reference or a fact comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The answer.
    Answer,
    /// The expert's review.
    Review,
}

/// A citation as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedCitation {
    /// Whose citation it is.
    pub of: Origin,
    /// Whether it held.
    pub state: CitationState,
}

/// A fact as it stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedFact {
    /// The fact.
    #[serde(with = "super::stored::id")]
    pub id: FactId,
    /// Whether a claim of the answer was decided by it or the review cites it.
    pub of: Origin,
    /// Its state.
    pub state: FactState,
    /// Licence of its source.
    pub licence: String,
    /// Publisher of its source.
    pub publisher: String,
}

/// A member with the content of the records that it pins. All of those records are written once and never changed, so
/// that reading this at any later time gives the same.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberContent {
    /// The member.
    pub member: SnapshotMember,
    /// The question.
    pub query: String,
    /// The answer of the model.
    pub answer: String,
    /// Field of knowledge.
    pub domain: String,
    /// BCP 47 tag.
    pub language: String,
    /// The system that sent the trace.
    pub source: String,
    /// Licence of the trace.
    pub licence: String,
    /// Name of the model that answered.
    pub model: String,
    /// Key of the question: that of the trace's chain group, or the trace's id where it stands alone.
    pub group: String,
    /// Pseudonym of the expert.
    pub expert: String,
    /// Whether the expert is a person.
    pub expert_kind: ExpertKind,
    /// Whether the review calls the answer right; partly right is wrong.
    pub answer_is_right: bool,
    /// The steps of the model, in order.
    pub steps: Vec<String>,
    /// The right answer, where the review gives one.
    pub correction: Option<String>,
    /// The right reasoning, where the review gives one.
    pub corrected_steps: Vec<String>,
    /// What the answer is set against in its pinned preference row.
    pub chosen: Option<String>,
    /// Whether the review says why.
    pub has_rationale: bool,
}

/// A held-out question as it stood when a snapshot was frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldOutTrace {
    /// The held-out trace.
    pub trace: TraceId,
    /// Key of the question, as [`MemberContent::group`].
    pub group: String,
    /// The question.
    pub query: String,
    /// The facts that answered it, as far as was known.
    pub facts: Vec<FactId>,
}

/// A decision to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDecision {
    /// The member.
    pub position: i32,
    /// Whether its rows are in the snapshot.
    pub kept: bool,
    /// The stage of the pipeline that decided; the last one for what was kept.
    pub stage: String,
    /// The reason, by name.
    pub reason: String,
    /// Importance weight that travels with its rows.
    pub weight: f64,
    /// What was found, where it was not simply kept.
    pub detail: Option<serde_json::Value>,
}

/// Why a member was kept or fell.
#[derive(Debug, Clone, PartialEq)]
pub struct CurationDecision {
    /// Its id.
    pub id: CurationDecisionId,
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// The trace that was decided on.
    pub trace: TraceId,
    /// What was decided.
    pub decision: NewDecision,
}

/// Which decisions are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct DecisionFilter {
    /// Only those that kept, or only those that dropped.
    pub kept: Option<bool>,
    /// Only for this reason.
    pub reason: Option<String>,
}

/// How many decisions a reason has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionCount {
    /// The stage.
    pub stage: String,
    /// The reason.
    pub reason: String,
    /// How many.
    pub members: i64,
}

/// A row to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSnapshotRow {
    /// The format of the file it is in.
    pub format: ExampleFormat,
    /// Its place in that file, from 0.
    pub position: i32,
    /// The member it comes from.
    pub member_position: i32,
    /// The example it is.
    pub example: ExampleId,
    /// Its leaf of the Merkle tree.
    pub row_hash: Digest,
}

/// A row of a snapshot's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRow {
    /// Its id.
    pub id: SnapshotRowId,
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// What it is.
    pub row: NewSnapshotRow,
}

/// A file of a snapshot; its bytes are in the blob store under their digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Its path within the snapshot.
    pub path: String,
    /// Length in bytes.
    pub bytes: i64,
    /// BLAKE3 of its bytes.
    pub digest: Digest,
    /// How many rows it has.
    pub rows: i64,
}

/// What sealing sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Merkle root over the rows.
    pub merkle_root: Digest,
    /// BLAKE3 of the manifest.
    pub manifest_hash: Digest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_goes_forwards_alone_and_ends_when_sealed_or_failed() {
        use SnapshotState::{Curated, Failed, Frozen, Sealed};
        assert_eq!(Frozen.after(SnapshotStep::Curate), Ok(Curated));
        assert_eq!(Curated.after(SnapshotStep::Seal), Ok(Sealed));
        assert_eq!(Frozen.after(SnapshotStep::Fail), Ok(Failed));
        assert!(Frozen.after(SnapshotStep::Seal).is_err());
        assert!(Curated.after(SnapshotStep::Curate).is_err());
        for step in SnapshotStep::ALL {
            assert!(Sealed.after(*step).is_err() && Failed.after(*step).is_err());
        }
    }
}
