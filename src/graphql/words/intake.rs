//! Words of what comes in: traces, grounding, reviews.

use async_graphql::Enum;
use atr_at_hand::Leaf;

/// A day of the week.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::calendar::Weekday")]
pub enum Weekday {
    /// The first.
    Monday,
    /// The second.
    Tuesday,
    /// The third.
    Wednesday,
    /// The fourth.
    Thursday,
    /// The fifth.
    Friday,
    /// The sixth.
    Saturday,
    /// The seventh.
    Sunday,
}

/// What a trace may be used for.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::trace::Split")]
pub enum Split {
    /// To train on.
    Train,
    ///  To evaluate with: in no snapshot, ever.
    HeldOut,
}

/// Which kind of competence a trace is about.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::trace::Pillar")]
pub enum Pillar {
    /// Language in general.
    Text,
    ///  A field of knowledge.
    Domain,
    ///  Logic and mathematics.
    LogicMath,
    ///  Images and text together.
    VisualText,
    ///  What people said of answers.
    HumanFeedback,
}

/// What a reasoning step does.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::trace::StepKind")]
pub enum StepKind {
    /// Draws an inference.
    Reasoning,
    ///  Looks something up.
    Retrieval,
    ///  Uses a tool.
    Tool,
    ///  Concludes.
    Conclusion,
}

/// What a model is for.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::model::ModelKind")]
pub enum ModelKind {
    /// Answers: the model that traces name.
    LanguageModel,
    ///  Judges how likely an answer is true.
    RewardModel,
}

/// How an item left the quarantine.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::intake::Resolution")]
pub enum Resolution {
    /// A replay stored it.
    Stored,
    /// A replay found it stored already, with the same content.
    Duplicate,
    /// It was discarded, for a reason.
    Discarded,
}

/// A door through which items come in in bulk.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::intake::Door")]
pub enum Door {
    /// Error traces.
    Traces,
    ///  Reviews.
    Reviews,
    ///  Grounding sources and facts.
    Grounding,
    ///  OpenTelemetry's spans and evaluation events, each an item: a stored one waits for its trace to be assembled.
    Spans,
    ///  Traces put together from spans. An item is an assembly: a trace that went quiet, once for each time it did.
    Assembled,
    ///  Users' feedback.
    Feedback,
}

/// How far a source is trusted.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::grounding::TrustTier")]
pub enum TrustTier {
    /// It made what it states: a register, a standard, a measurement.
    Primary,
    ///  It reports what others made, with an editor: an encyclopedia, a textbook.
    Secondary,
    ///  Anyone may write in it.
    Community,
}

/// The state of a fact.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::grounding::FactState")]
pub enum FactStanding {
    /// Entered, and not yet vouched for: no claim is held against it.
    Proposed,
    ///  Vouched for: claims are held against it.
    Verified,
    ///  Doubted: no claim is held against it until the doubt is settled.
    Disputed,
    ///  Found to be false.
    Retracted,
    /// It was true, and another fact holds instead: no claim is held against it.
    Superseded,
}

/// How a retrieval of a source ended.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::source_copy::RetrievalOutcome")]
pub enum RetrievalOutcome {
    /// It had another content than before, or the first.
    Changed,
    /// It had the same content as before.
    Unchanged,
    /// What it had could not be told.
    Failed,
}

/// How the words that a fact quotes stand in a copy of its source.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::source_copy::QuoteStanding")]
pub enum QuoteStanding {
    /// They stand there.
    Stands,
    /// Something like them does.
    Differs,
    /// Nothing like them does.
    Missing,
}

/// What became of a part of a text.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::source_copy::TextChangeKind")]
pub enum TextChangeKind {
    /// It is new.
    Added,
    /// It is no more.
    Removed,
}

/// How a citation names what it refers to.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::citation::CitationKind")]
pub enum CitationKind {
    /// A mark in the text, such as `[3]`.
    Marker,
    ///  A web address.
    Url,
    ///  A DOI.
    Doi,
    ///  A grounding source.
    Source,
    ///  A grounding fact.
    Fact,
}

/// Whether a citation holds.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::citation::CitationState")]
pub enum CitationState {
    /// It exists, is current, and says what is quoted, if anything is.
    Verified,
    ///  It says nearly, and not quite, what is quoted.
    Misquoted,
    ///  It does not say what is quoted.
    NotInSource,
    ///  Nothing of that name is known here.
    UnknownSource,
    ///  It held once, and holds no more.
    Stale,
    ///  It was found to be false.
    Retracted,
    /// It could not be read when this was last tried, and no copy of it was kept.
    Unreachable,
}

/// What an expert finds of an answer.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::review::Verdict")]
pub enum Verdict {
    /// It is right.
    Correct,
    ///  A part of it is right; it counts as wrong where only right and wrong count.
    PartlyCorrect,
    ///  It is wrong.
    Incorrect,
    ///  The expert abstains: it cannot be told.
    CannotJudge,
    ///  The expert abstains: someone else should be asked.
    NotMyField,
}

/// Who reviews.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::expert::ExpertKind")]
pub enum ExpertKind {
    /// A person.
    Person,
    /// A script that says so.
    Program,
}

/// How bad a flaw is.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::review::Severity")]
pub enum Severity {
    /// It misleads nobody.
    Minor,
    ///  It misleads.
    Major,
    ///  It does harm.
    Critical,
}

/// Who speaks in a conversation.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::trace::Speaker")]
pub enum Speaker {
    /// Instructions to the model.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

/// What can be replaced in texts before they are stored.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[graphql(remote = "atr_core::domain::redaction::Pattern")]
pub enum RedactedPattern {
    /// An e-mail address: `[e-mail]` stands in its place.
    Email,
    /// A telephone number, with a country code or in a usual national form: `[phone]`.
    Phone,
    /// The number of a payment card whose checksum is right: `[payment card]`.
    Card,
    /// A key, a token or a private key of a well-known form: `[secret]`.
    Secret,
}

/// How a reading of the text in a picture ended.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::attachment::ReadingOutcome")]
pub enum ReadingOutcome {
    /// There is text.
    Read,
    /// There is none that the program can read.
    NoText,
    /// The program that reads is not installed where the reading was tried.
    NoProgram,
    /// It took too long, and was stopped.
    TimedOut,
    /// It failed.
    Failed,
}
