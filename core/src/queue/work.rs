//! What can be asked of the stages. The payload lives here and the behaviour in `workers`: what enqueues never
//! imports what runs.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{notice::NoticeEvent, span::SpanTraceId, words},
    ids::{
        AttachmentId, ChainGroupId, EvaluationId, FactId, FeedbackId, NoticeId, PersonId, ReviewId, SnapshotId,
        SourceCopyId, SourceId, TraceId, TrainingJobId,
    },
};

words! {
    /// A stage of the loop that does queued work.
    Stage {
        /// The text in attached pictures and in what was retrieved from sources.
        Read = "read",
        /// Spans, put together to traces.
        Assemble = "assemble",
        /// Claims against facts.
        Verify = "verify",
        /// A judge's word on claims that rules leave open.
        Judge = "judge",
        /// Several chains, compared and merged.
        Consensus = "consensus",
        /// The reward and its terms.
        Score = "score",
        /// The week's items for each expert.
        Route = "route",
        /// Candidate examples from settled reviews.
        Derive = "derive",
        /// The data-ethics pipeline.
        Curate = "curate",
        /// The files.
        Snapshot = "snapshot",
        /// A training job.
        Train = "train",
        /// A model, measured.
        Evaluate = "evaluate",
        /// The gate.
        Promote = "promote",
    }
}

words! {
    /// The state of a task.
    State {
        /// Ready to be claimed.
        Available = "available",
        /// Waits for its time.
        Scheduled = "scheduled",
        /// Held by a worker.
        Running = "running",
        /// Failed, and waits for its next attempt.
        Retryable = "retryable",
        /// Done.
        Succeeded = "succeeded",
        /// Given up on purpose.
        Cancelled = "cancelled",
        /// Failed too often, or for good; kept, and can be replayed.
        Dead = "dead",
    }
}

/// A piece of work, by the ids of what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Work {
    /// Read the text in a picture.
    ReadAttachment {
        /// The picture.
        attachment: AttachmentId,
    },
    /// Fetch a source, as someone asks.
    FetchSource {
        /// The source.
        source: SourceId,
    },
    /// A source is to be read again: fetch it where that is done here; what rests on it is stale until it is read.
    RefreshSource {
        /// The source.
        source: SourceId,
    },
    /// Read the text of what was retrieved from a source.
    ReadCopy {
        /// What was retrieved.
        copy: SourceCopyId,
    },
    /// Put the spans of a trace together, once it is quiet.
    AssembleTrace {
        /// The trace, as its sender calls it.
        spans: SpanTraceId,
    },
    /// Split a trace's answer into claims and hold them against the facts.
    VerifyTrace {
        /// The trace.
        trace: TraceId,
    },
    /// Verify again every trace that rests on a fact, a page of them a task.
    VerifyDependents {
        /// The fact that changed.
        fact: FactId,
        /// Go on after this trace.
        after: Option<TraceId>,
    },
    /// Ask a judge about a trace's claims that the rules leave open.
    JudgeClaims {
        /// The trace.
        trace: TraceId,
    },
    /// Hold facts that came to be verified against the others that are.
    ContrastFacts {
        /// The facts.
        facts: Vec<FactId>,
    },
    /// Find where the words that facts quote stand in a copy of their source, a page of them a task.
    PlaceQuotes {
        /// The copy.
        copy: SourceCopyId,
        /// Go on after this fact.
        after: Option<FactId>,
    },
    /// Verify again every trace that rests on a fact of a source, a page of facts a task.
    VerifySource {
        /// The source.
        source: SourceId,
        /// Go on after this fact.
        after: Option<FactId>,
    },
    /// Verify again every trace whose answer cites a source, a page of them a task.
    VerifyCiting {
        /// The source.
        source: SourceId,
        /// Go on after this trace.
        after: Option<TraceId>,
    },
    /// Propose the facts that a review's correction states and cites a source for.
    ProposeFacts {
        /// The review.
        review: ReviewId,
    },
    /// Compare the chains of a group.
    MergeChains {
        /// The group.
        group: ChainGroupId,
    },
    /// Score a trace.
    ScoreTrace {
        /// The trace.
        trace: TraceId,
    },
    /// Score again every trace that was scored by another reward model, a page of them a task.
    ScoreAll {
        /// Go on after this trace.
        after: Option<TraceId>,
    },
    /// Let feedback weigh: score the trace it is about, or put together the spans that nothing else spoke for.
    WeighFeedback {
        /// The feedback.
        feedback: FeedbackId,
    },
    /// Choose the items of a cycle of the weekly review.
    RouteCycle {
        /// The name of the cycle: the date on which it opens.
        cycle: chrono::NaiveDate,
    },
    /// Open a cycle of the weekly review.
    OpenCycle {
        /// The name of the cycle.
        cycle: chrono::NaiveDate,
        /// When it was to open as this was asked for: where that changed since, it is asked for anew.
        at: chrono::DateTime<chrono::Utc>,
    },
    /// Close a cycle of the weekly review.
    CloseCycle {
        /// The name of the cycle.
        cycle: chrono::NaiveDate,
        /// When it was to close as this was asked for.
        at: chrono::DateTime<chrono::Utc>,
    },
    /// Tell people and programs something of a cycle of the weekly review.
    NotifyCycle {
        /// The name of the cycle.
        cycle: chrono::NaiveDate,
        /// What.
        event: NoticeEvent,
        /// When it was to be told as this was asked for.
        at: chrono::DateTime<chrono::Utc>,
    },
    /// Tell someone.
    DeliverNotice {
        /// What, and whom.
        notice: NoticeId,
    },
    /// Make a link by which someone signs in, and mail it to them. The secret is made as it is mailed: no task holds one.
    MailSignInLink {
        /// Whom.
        person: PersonId,
    },
    /// Make examples of a review.
    DeriveReview {
        /// The review.
        review: ReviewId,
    },
    /// Decide what of a frozen membership is kept.
    CurateSnapshot {
        /// The snapshot.
        snapshot: SnapshotId,
    },
    /// Write a snapshot's files.
    BuildSnapshot {
        /// The snapshot.
        snapshot: SnapshotId,
    },
    /// Run a training job.
    RunJob {
        /// The job.
        job: TrainingJobId,
    },
    /// Measure the model that a job made.
    EvaluateJob {
        /// The job.
        job: TrainingJobId,
    },
    /// Decide whether an evaluated model comes into use.
    DecidePromotion {
        /// The evaluation.
        evaluation: EvaluationId,
    },
}

impl Work {
    /// The stage that does it.
    pub fn stage(&self) -> Stage {
        match self {
            Self::ReadAttachment { .. }
            | Self::FetchSource { .. }
            | Self::RefreshSource { .. }
            | Self::ReadCopy { .. } => Stage::Read,
            Self::AssembleTrace { .. } => Stage::Assemble,
            Self::VerifyTrace { .. }
            | Self::VerifyDependents { .. }
            | Self::ContrastFacts { .. }
            | Self::PlaceQuotes { .. }
            | Self::VerifySource { .. }
            | Self::VerifyCiting { .. }
            | Self::ProposeFacts { .. } => Stage::Verify,
            Self::JudgeClaims { .. } => Stage::Judge,
            Self::MergeChains { .. } => Stage::Consensus,
            Self::ScoreTrace { .. } | Self::ScoreAll { .. } | Self::WeighFeedback { .. } => Stage::Score,
            Self::RouteCycle { .. }
            | Self::OpenCycle { .. }
            | Self::CloseCycle { .. }
            | Self::NotifyCycle { .. }
            | Self::DeliverNotice { .. }
            | Self::MailSignInLink { .. } => Stage::Route,
            Self::DeriveReview { .. } => Stage::Derive,
            Self::CurateSnapshot { .. } => Stage::Curate,
            Self::BuildSnapshot { .. } => Stage::Snapshot,
            Self::RunJob { .. } => Stage::Train,
            Self::EvaluateJob { .. } => Stage::Evaluate,
            Self::DecidePromotion { .. } => Stage::Promote,
        }
    }

    /// Two waiting tasks with the same key are one: the key is the work itself.
    pub fn unique_key(&self) -> String {
        serde_json::to_string(self).expect("ids and dates serialise")
    }
}
