//! What a snapshot is made of: members, decisions, rows, files.

use async_graphql::{Context, Enum, ID, Json, Object, Result};
use atr_at_hand::{Leaf, at_hand};
use atr_core::domain::snapshot;
use serde_json::Value;

use super::{
    example::Example,
    grounding::Fact,
    loading::{many, one},
    review::Review,
    scalars::{Int64, IntoId},
    score::Score,
    snapshot::Snapshot,
    trace::Trace,
    words::{CitationState, ExampleFormat, FactStanding},
};

/// A trace in a snapshot, with what it was when the snapshot was frozen: no record but a place in the membership, and so
/// without an id; the snapshot and the position name it.
#[derive(Debug, Clone)]
pub struct SnapshotMember(pub(super) snapshot::SnapshotMember);

/// A trace in a snapshot, with what it was when the snapshot was frozen: no record but a place in the membership, and so
/// without an id; the snapshot and the position name it.
#[at_hand]
#[Object]
impl SnapshotMember {
    /// The snapshot.
    async fn snapshot(&self, ctx: &Context<'_>) -> Result<Snapshot> {
        one(ctx, self.0.snapshot).await
    }

    /// Its place in the membership, from 0.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// The review, and by it the revision.
    async fn review(&self, ctx: &Context<'_>) -> Result<Review> {
        one(ctx, self.0.review).await
    }

    /// The score.
    async fn score(&self, ctx: &Context<'_>) -> Result<Score> {
        one(ctx, self.0.score).await
    }

    /// The examples that the review had yielded, by format.
    async fn examples(&self, ctx: &Context<'_>) -> Result<Vec<Example>> {
        many(ctx, &self.0.pinned.examples).await
    }

    /// The reward of the trace, -1 to 1.
    async fn reward(&self) -> f64 {
        self.0.pinned.reward
    }

    /// Whether the experts' standing verdicts contradict each other.
    async fn disagreement(&self) -> bool {
        self.0.pinned.disagreement
    }

    /// Whether the parent snapshot kept the same review of this trace.
    async fn earlier(&self) -> bool {
        self.0.pinned.earlier
    }

    /// The citations of the answer and of the review, and their states when it was frozen.
    async fn citations(&self) -> Vec<PinnedCitation> {
        self.0.pinned.citations.iter().cloned().map(PinnedCitation).collect()
    }

    /// The facts it rests on, and their states when it was frozen.
    async fn facts(&self) -> Vec<PinnedFact> {
        self.0.pinned.facts.iter().cloned().map(PinnedFact).collect()
    }
}

/// A citation as it was found.
#[derive(Debug, Clone)]
pub struct PinnedCitation(pub(super) snapshot::PinnedCitation);

/// A citation as it was found.
#[Object]
impl PinnedCitation {
    /// Its state: verified, misquoted, not_in_source, unknown_source, stale or retracted.
    async fn state(&self) -> CitationState {
        self.0.state.into()
    }

    /// Whether the answer or the review rests on it.
    async fn of(&self) -> Origin {
        self.0.of.into()
    }
}

/// A fact as it stood.
#[derive(Debug, Clone)]
pub struct PinnedFact(pub(super) snapshot::PinnedFact);

/// A fact as it stood.
#[Object]
impl PinnedFact {
    /// Its state: proposed, verified, disputed or retracted.
    async fn state(&self) -> FactStanding {
        self.0.state.into()
    }

    /// Licence of its source.
    async fn licence(&self) -> &str {
        &self.0.licence
    }

    /// Publisher of its source.
    async fn publisher(&self) -> &str {
        &self.0.publisher
    }

    /// Whether the answer or the review rests on it.
    async fn of(&self) -> Origin {
        self.0.of.into()
    }

    /// The fact, as it is now.
    async fn fact(&self, ctx: &Context<'_>) -> Result<Fact> {
        one(ctx, self.0.id).await
    }
}

/// Where something that a member rests on stands.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "snapshot::Origin")]
pub enum Origin {
    /// In the answer.
    Answer,
    /// In the expert's review.
    Review,
}

/// Why a member was kept or fell.
#[derive(Debug, Clone)]
pub struct CurationDecision(pub(super) snapshot::CurationDecision);

/// Why a member was kept or fell.
#[at_hand]
#[Object]
impl CurationDecision {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The snapshot.
    async fn snapshot(&self, ctx: &Context<'_>) -> Result<Snapshot> {
        one(ctx, self.0.snapshot).await
    }

    /// The trace that was decided on.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// The member.
    async fn position(&self) -> i32 {
        self.0.decision.position
    }

    /// Whether its rows are in the snapshot.
    async fn kept(&self) -> bool {
        self.0.decision.kept
    }

    /// The stage of the pipeline that decided; the last one for what was kept.
    async fn stage(&self) -> &str {
        &self.0.decision.stage
    }

    /// The reason, by name.
    async fn reason(&self) -> &str {
        &self.0.decision.reason
    }

    /// Importance weight that travels with its rows.
    async fn weight(&self) -> f64 {
        self.0.decision.weight
    }

    /// What was found, where it was not simply kept.
    async fn detail(&self) -> Option<Json<&Value>> {
        self.0.decision.detail.as_ref().map(Json)
    }
}

/// A row of a snapshot's files.
#[derive(Debug, Clone)]
pub struct SnapshotRow(pub(super) snapshot::SnapshotRow);

/// A row of a snapshot's files.
#[at_hand]
#[Object]
impl SnapshotRow {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The snapshot.
    async fn snapshot(&self, ctx: &Context<'_>) -> Result<Snapshot> {
        one(ctx, self.0.snapshot).await
    }

    /// The format of the file it is in.
    async fn format(&self) -> ExampleFormat {
        self.0.row.format.into()
    }

    /// Its place in that file, from 0.
    async fn position(&self) -> i32 {
        self.0.row.position
    }

    /// The member it comes from.
    async fn member_position(&self) -> i32 {
        self.0.row.member_position
    }

    /// The example it is.
    async fn example(&self, ctx: &Context<'_>) -> Result<Example> {
        one(ctx, self.0.row.example).await
    }

    /// Its leaf of the Merkle tree.
    async fn row_hash(&self) -> String {
        self.0.row.row_hash.to_hex().to_string()
    }
}

/// A file of a snapshot; its bytes are in the blob store under their digest.
#[derive(Debug, Clone)]
pub struct SnapshotFile(pub(super) snapshot::SnapshotFile);

/// A file of a snapshot; its bytes are in the blob store under their digest.
#[Object]
impl SnapshotFile {
    /// Its path within the snapshot.
    async fn path(&self) -> &str {
        &self.0.path
    }

    /// Length in bytes.
    async fn bytes(&self) -> Int64 {
        Int64(self.0.bytes)
    }

    /// BLAKE3 of its bytes.
    async fn digest(&self) -> String {
        self.0.digest.to_hex().to_string()
    }

    /// How many rows it has.
    async fn rows(&self) -> Int64 {
        Int64(self.0.rows)
    }
}

/// How many decisions a reason has.
#[derive(Debug, Clone)]
pub struct DecisionCount(pub(super) snapshot::DecisionCount);

/// How many decisions a reason has.
#[Object]
impl DecisionCount {
    /// The stage.
    async fn stage(&self) -> &str {
        &self.0.stage
    }

    /// The reason.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// How many.
    async fn members(&self) -> Int64 {
        Int64(self.0.members)
    }
}
