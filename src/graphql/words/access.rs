//! Words of who may do what, and of what was done.

use async_graphql::Enum;
use atr_at_hand::Leaf;

/// What the bearer of a key is here for.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::access::Role")]
pub enum Role {
    /// Runs the installation: every project, and all that an admin may.
    Operator,
    /// Runs a project: all in it.
    Admin,
    /// Keeps the facts.
    Curator,
    /// Makes snapshots, trains and promotes.
    Trainer,
    /// Reviews, and reads nothing but what that takes.
    Expert,
    /// Sends traces.
    Ingest,
    /// Reads everything, and changes nothing.
    Auditor,
}

/// What a key can be narrowed to.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::access::Permission")]
pub enum Scope {
    /// Read the project's records.
    Read,
    /// Send traces.
    Ingest,
    /// Enter sources and facts, and retract them.
    Curate,
    /// Review, and read what a judgement is made with: traces, facts, and one's own items and reviews.
    Review,
    /// Ask for snapshots, jobs, promotions and roll-backs.
    Train,
    /// Read who may enter, and what was done by whom.
    Audit,
    /// Make keys and experts, route, and tend the queue.
    Administer,
    /// Make projects and enter any of them.
    Operate,
}

/// What was done.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "atr_core::domain::audit::Action")]
pub enum AuditAction {
    /// A project was made.
    ProjectCreated,
    /// The bound of a project's unfinished tasks was set.
    BacklogBoundSet,
    /// The rule of which assembled traces are kept was changed.
    KeepRuleChanged,
    /// When the weekly review opens and is due was changed.
    ReviewCalendarChanged,
    /// How experts' time is divided was changed.
    RoutingPolicyChanged,
    /// How much each term of the reward counts was changed.
    RewardFormulaSet,
    /// What is replaced in texts before they are stored was changed.
    RedactionChanged,
    /// A key was made.
    KeyCreated,
    /// A key was made in another's place, which ends soon.
    KeyRotated,
    /// A key was withdrawn.
    KeyRevoked,
    /// Someone was invited to sign in.
    PersonInvited,
    /// Someone signs in no more.
    PersonDeactivated,
    /// Someone chose a password, by their invitation.
    PasswordChosen,
    /// A link was made by which someone signs in, once.
    LinkMade,
    /// Someone signed in by their password.
    SignedIn,
    /// Someone signed in by a link.
    SignedInByLink,
    /// Someone signed in at the provider of OpenID Connect.
    SignedInByOidc,
    /// Who someone is to the provider was noted, as they signed in there for the first time.
    IdentityBound,
    /// Someone signed out.
    SignedOut,
    /// An expert was entered.
    ExpertEntered,
    /// What of an expert may change was changed.
    ExpertChanged,
    /// An expert gave back an item that they held.
    AssignmentReturned,
    /// An expert took an item that others had left.
    AssignmentTaken,
    /// How answers are to be judged was written.
    GuidelineWritten,
    /// What is known of a trace was entered.
    GoldEntered,
    /// A gold item is asked about no more.
    GoldRetired,
    /// What experts disagreed on was decided.
    Adjudicated,
    /// A week's items were to be routed.
    ReviewsRouted,
    /// A program is told of the weekly review.
    WebhookAdded,
    /// A program is told of it no more.
    WebhookRemoved,
    /// A fact was vouched for, put in doubt or retracted.
    FactStateChanged,
    /// A copy of a source was sent.
    SourceCopyKept,
    /// A source was to be fetched.
    SourceFetchAsked,
    /// After how many hours a source is to be read again was said.
    SourceRefreshSet,
    /// A snapshot was asked for.
    SnapshotRequested,
    /// A training job was asked for.
    JobStarted,
    /// A training job was given up.
    JobCancelled,
    /// A model was brought into use by hand.
    ModelPromoted,
    /// The model before was brought into use again.
    ModelRolledBack,
    /// A dead task was tried again.
    TaskReplayed,
    /// Dead tasks were tried again together.
    TasksReplayed,
    /// Items of the quarantine were tried again.
    QuarantineReplayed,
    /// Items of the quarantine were discarded.
    QuarantineDiscarded,
    /// Pictures without a reading were to be read.
    PicturesReread,
    /// A waiting task was given up.
    TaskCancelled,
    /// A stage was paused.
    StagePaused,
    /// A paused stage was let go on.
    StageResumed,
}
