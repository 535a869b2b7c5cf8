//! Words of what is made of it: judgements, snapshots, models, work.

use async_graphql::Enum;
use atr_at_hand::Leaf;

/// What the facts say of a claim.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::judgement::ClaimVerdict")]
pub enum ClaimVerdict {
    /// A fact says the same.
    Supported,
    ///  A fact says otherwise.
    Contradicted,
    ///  No fact decides.
    Unverifiable,
}

/// What all that was found about a claim leans to, where no single fact decides. It is no verdict.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::judgement::Leaning")]
pub enum Leaning {
    /// More likely true than is usual.
    LikelyTrue,
    /// More likely false than is usual.
    LikelyFalse,
    /// An opinion, or nothing that facts could settle.
    Open,
}

/// What is wrong with an answer.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::flaw::FlawKind")]
pub enum FlawKind {
    /// It says what a fact contradicts.
    FactualError,
    /// It cites what has nothing like the words that are quoted.
    FabricatedCitation,
    /// It quotes in other words than the source's.
    MisquotedCitation,
    /// A written equation does not hold, or an expression is not the one it is said to be.
    ArithmeticSlip,
    /// A step or the answer does not follow from what it rests on.
    InvalidInference,
    /// It says what cannot be true together, or not beside what the question says.
    Contradiction,
    /// A step is taken that nothing stands for.
    MissingStep,
    /// It says what held once, and holds no more.
    Outdated,
    /// It may do harm. Reviews alone tell it.
    Unsafe,
    /// It answers what cannot be answered. Reviews alone tell it.
    UnanswerableAnswered,
}

/// What a flaw was told by.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::flaw::EvidenceKind")]
pub enum FlawEvidence {
    /// A claim of the answer, held against the facts.
    Claim,
    /// A citation in the answer, checked.
    Citation,
    /// What the logic rules found in the reasoning.
    Finding,
    /// An expert's review.
    Review,
}

/// How the chain of a dissenter parts from that of the representative.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::judgement::Parting")]
pub enum Parting {
    /// Its step comes to another value.
    OtherResult,
    /// Its step says something else.
    OtherWords,
    /// It ends where the other goes on.
    StopsShort,
    /// It goes on where the other ends.
    GoesOn,
    /// Their steps do not differ; only what they conclude does.
    OtherConclusion,
}

/// What an expert finds of a step.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::review::StepFinding")]
pub enum StepFinding {
    /// It holds, and follows from what comes before.
    Sound,
    /// It is wrong, or does not follow.
    Flawed,
    /// It is right and leads nowhere.
    Redundant,
}

/// What has become of an item of the weekly review.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::assignment::AssignmentState")]
pub enum AssignmentState {
    /// The expert has it, until its lease ends.
    Held,
    /// The expert's judgement is in.
    Done,
    /// The expert cannot judge it, or it is not their field: someone else is asked.
    Passed,
    /// It was left: given back, taken back, or not done in time. Someone else is asked.
    Returned,
}

/// Whether a cycle of the weekly review is open.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::review_cycle::CycleState")]
pub enum ReviewCycleState {
    /// Its items are being judged.
    Open,
    /// It is over, and its report is written.
    Closed,
}

/// What an item of the weekly review is for.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::assignment::Purpose")]
pub enum AssignmentPurpose {
    /// One judgement is enough.
    Single,
    /// Two experts judge, neither seeing the other's judgement or what the machine suggests.
    DoubleBlind,
    /// What is right is known: it tells how often the expert is.
    Gold,
}

/// What a row is for.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::example::ExampleFormat")]
pub enum ExampleFormat {
    /// Supervised fine-tuning: messages.
    Sft,
    ///  A preference pair: prompt, chosen, rejected.
    Preference,
    ///  A single judgement: prompt, completion, label.
    Kto,
    ///  Step supervision: prompt, completions, labels.
    Stepwise,
    ///  A row of the reward model.
    Reward,
}

/// What a case is for.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::evaluation::CasePurpose")]
pub enum CasePurpose {
    /// Held out: in no snapshot.
    HeldOut,
    ///  A mistake that must not come back.
    Regression,
}

/// What is measured on the cases. All but one are on held-out questions.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::evaluation::MeasureName")]
pub enum MeasureName {
    /// Area under the ROC curve: the chance that a right answer is rated above a wrong one, 0 to 1.
    Auroc,
    /// The same between answers of one domain alone, 0 to 1: a judge that only knows how often the model is right in
    /// each domain has 0.5 here. Measured where the answers are of several domains.
    AurocWithinDomain,
    ///  Share of questions answered right when the chain rated highest is picked, 0 to 1. Ties count by the share
    /// of right ones among them. Questions with one chain do not count.
    PickAccuracy,
    ///  The same, picking a chain at random: what no judgement at all would give.
    PickRandom,
    ///  The same, picking the chain of which the answering model was surest (highest mean log-probability).
    PickLikeliest,
    ///  The same, picking right wherever any chain is right: the most that picking can give.
    Oracle,
    ///  Brier score of the probabilities that an answer is true: their mean squared distance from what was the
    /// case, 0 to 1, lower is better. Before it is that of the model in use: a likelihood is no probability of truth.
    Brier,
    ///  Share of the regression cases, answers known to be wrong, that are rated below one half, 0 to 1. These
    /// were trained on, so it says what was learnt and not what would be known of new questions.
    RegressionsCaught,
}

/// Whether a model came into use.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::evaluation::PromotionDecision")]
pub enum PromotionDecision {
    /// It did.
    Promoted,
    ///  It did not.
    Refused,
    ///  The one before it did, again.
    RolledBack,
}

/// How far a snapshot is.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::snapshot::SnapshotState")]
pub enum SnapshotState {
    /// Its membership is fixed.
    Frozen,
    ///  What is kept is decided.
    Curated,
    ///  Its files are written; it never changes again.
    Sealed,
    ///  It could not be made; the error says why.
    Failed,
}

/// How far a job is.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::training::JobState")]
pub enum JobState {
    /// Waits for a worker.
    Queued,
    ///  A trainer runs.
    Running,
    ///  It made a model.
    Succeeded,
    ///  It made none; the error says why.
    Failed,
    ///  Given up on purpose.
    Cancelled,
}

/// What is trained.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::training::TrainingMethod")]
pub enum TrainingMethod {
    /// The reward model of RLFH.
    Reward,
}

/// Where it is trained.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::training::TrainingBackend")]
pub enum TrainingBackend {
    /// A process on this machine.
    Local,
}

/// How a later thing rests on an earlier one.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::lineage::Relation")]
pub enum Relation {
    /// It was made from it.
    WasDerivedFrom,
    ///  It read it.
    Used,
    ///  It is what that activity made.
    WasGeneratedBy,
}

/// A stage of the loop that does queued work.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::queue::Stage")]
pub enum Stage {
    /// The text in attached pictures.
    Read,
    /// Spans, put together to traces.
    Assemble,
    /// Claims against facts.
    Verify,
    /// A judge's word on claims that rules leave open.
    Judge,
    ///  Several chains, compared and merged.
    Consensus,
    ///  The reward and its terms.
    Score,
    ///  The week's items for each expert.
    Route,
    ///  Candidate examples from settled reviews.
    Derive,
    ///  The data-ethics pipeline.
    Curate,
    ///  The files.
    Snapshot,
    ///  A training job.
    Train,
    ///  A model, measured.
    Evaluate,
    ///  The gate.
    Promote,
}

/// The state of a task.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::queue::State")]
pub enum TaskState {
    /// Ready to be claimed.
    Available,
    ///  Waits for its time.
    Scheduled,
    ///  Held by a worker.
    Running,
    ///  Failed, and waits for its next attempt.
    Retryable,
    ///  Done.
    Succeeded,
    ///  Given up on purpose.
    Cancelled,
    ///  Failed too often, or for good; kept, and can be replayed.
    Dead,
}
