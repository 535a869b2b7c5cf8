//! The use cases, one file each. They call the ground floor, and return neither HTTP nor GraphQL types.

pub mod adjudicate;
pub mod agreement;
pub mod answers;
pub mod assignments;
pub mod attach;
pub mod audit;
pub mod backlog;
pub mod changes;
pub mod experts;
pub mod explain;
pub mod fact_states;
pub mod follow;
pub mod gold;
pub mod group_commit;
pub mod guidelines;
pub mod ingest_keys;
mod intake;
pub mod keys;
pub mod links;
pub mod people;
pub mod projects;
pub mod promote;
pub mod quarantine;
pub mod rates;
pub mod recognised;
pub mod record_feedback;
pub mod record_grounding;
pub mod record_reviews;
pub mod record_traces;
pub mod redaction;
pub mod request_snapshot;
pub mod reread_pictures;
pub mod review_calendar;
pub mod review_drafts;
pub mod reward_formula;
pub mod roll_back;
pub mod route_reviews;
pub mod routing_policy;
pub mod sessions;
pub mod single_sign_on;
pub mod source_copies;
pub mod stage_spans;
pub mod stages;
pub mod start_job;
pub mod tasks;
pub mod webhooks;
pub mod week;

use std::{net::IpAddr, sync::Arc};

use atr_core::{
    blobs::Blobs,
    domain::{
        Rejection,
        access::{Permission, Role, Scopes},
        audit::{Action, Deed, state_hash},
        intake::{Balance, Door, ItemOutcome, Sender},
        public_url::PublicUrl,
    },
    ids::{ApiKeyId, ExpertId, ProjectId},
    store::{Store, StoreError, Tx},
};

use atr_workers::{RewardModels, StageError, stages::verify::parsed_facts::ParsedFacts};

use crate::oidc::{OidcError, Provider};

/// What every use case works with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// Content-addressed bytes.
    pub blobs: Blobs,
    /// What this process knows by itself.
    pub process: Arc<Process>,
}

/// What a process knows by itself.
#[derive(Debug, Default)]
pub struct Process {
    /// Whether workers run in this process.
    pub works: bool,
    /// Whether a broker tells workers of work.
    pub has_broker: bool,
    /// How much of each project's work is not done.
    pub backlogs: backlog::Backlogs,
    /// What waits to be stored together.
    pub gathered: group_commit::Gathered,
    /// Whom keys belong to.
    pub recognised: recognised::Recognised,
    /// Where people reach the console, where that is known.
    pub public_url: Option<PublicUrl>,
    /// Whether workers send e-mail.
    pub sends_mail: bool,
    /// Whether workers fetch sources.
    pub fetches_sources: bool,
    /// The provider at which people sign in, where there is one.
    pub provider: Option<Provider>,
    /// How often each key asked of late.
    pub rates: rates::Rates,
    /// How often it was tried of late to sign in as whom.
    pub tries: sessions::Tries,
    /// The facts that claims were held against last.
    pub parsed_facts: ParsedFacts,
    /// The reward model in use.
    pub reward_models: RewardModels,
    /// What is waited for.
    pub changes: Arc<changes::Changes>,
}

impl Process {
    /// The address of a page of the console, by its path; nothing where it is not known at which address people reach it.
    pub fn address(&self, path: &str) -> Option<String> {
        self.public_url.as_ref().map(|public| public.at(path))
    }

    /// Whether links to sign in by are mailed: that takes a mail server, and an address for them to lead to.
    pub fn mails_links(&self) -> bool {
        self.sends_mail && self.public_url.is_some()
    }
}

/// Counts what became of items that came in through a door.
pub(crate) fn count_items(door: Door, outcomes: &[ItemOutcome]) {
    for (status, items) in outcomes.iter().collect::<Balance>().by_status() {
        metrics::counter!("atr_ingest_items_total", "door" => door.word(), "status" => status)
            .increment(items.unsigned_abs());
    }
}

/// Who acts, for which project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The project acted in.
    pub project: ProjectId,
    /// What they are here for.
    pub role: Role,
    /// What of it their key is narrowed to.
    pub scopes: Scopes,
    /// The key they came with; none for this machine's own commands.
    pub key: Option<ApiKeyId>,
    /// How many requests a minute the key is answered; none is the server's own bound.
    pub requests_per_minute: Option<i32>,
    /// The expert they are.
    pub expert: Option<ExpertId>,
    /// The address they ask from; none for this machine's own commands.
    pub origin: Option<IpAddr>,
}

impl Actor {
    /// Whoever can run commands on this machine beside the database: an operator.
    pub fn local(project: ProjectId) -> Self {
        Self {
            project,
            role: Role::Operator,
            scopes: Scopes::WHOLE,
            key: None,
            requests_per_minute: None,
            expert: None,
            origin: None,
        }
    }

    /// Refuses what the role does not permit.
    ///
    /// # Errors
    /// [`AppError::Forbidden`].
    pub fn may(&self, what: Permission) -> Result<(), AppError> {
        if !self.role.may(what) {
            return Err(AppError::Forbidden { role: self.role, what });
        }
        if !self.scopes.leave(what) { Err(AppError::OutOfScope { what }) } else { Ok(()) }
    }

    /// Refuses whom none of these is permitted, as for the first of them.
    ///
    /// # Errors
    /// [`AppError::Forbidden`].
    fn may_any(&self, first: Permission, others: &[Permission]) -> Result<(), AppError> {
        self.may(first).or_else(|refused| match others.iter().any(|other| self.may(*other).is_ok()) {
            true => Ok(()),
            false => Err(refused),
        })
    }

    /// Refuses who may read neither the project nor what a judgement is made with: traces and their steps, facts and
    /// their sources, and their own items and reviews.
    ///
    /// # Errors
    /// [`AppError::Forbidden`].
    pub fn may_consult(&self) -> Result<(), AppError> {
        self.may_any(Permission::Read, &[Permission::Review])
    }

    /// Whose items and reviews they read who ask for those of an expert or of all: who may only review, their own alone.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] if they ask for another's, or are no expert.
    pub fn reads_of(&self, asked: Option<ExpertId>) -> Result<Option<ExpertId>, AppError> {
        let refused = match self.may(Permission::Read) {
            Ok(()) => return Ok(asked),
            Err(refused) => refused,
        };
        match self.expert {
            Some(own) if asked.is_none_or(|asked| asked == own) => Ok(Some(own)),
            _ => Err(refused),
        }
    }

    /// Who they are, for the batches that they send.
    fn sender(&self) -> Sender {
        Sender { key: self.key, origin: self.origin }
    }

    /// What they do, for the audit log: what, on what, and the states of that before and since.
    fn deed(
        &self,
        action: Action,
        subject: impl ToString,
        before: Option<serde_json::Value>,
        after: Option<serde_json::Value>,
    ) -> Deed {
        Deed {
            key: self.key,
            role: self.role,
            origin: self.origin,
            action,
            subject: subject.to_string(),
            before: before.as_ref().map(state_hash),
            after: after.as_ref().map(state_hash),
        }
    }

    /// Notes it in the audit log, in the transaction that does it.
    async fn note(
        &self,
        tx: &mut Tx,
        action: Action,
        subject: impl ToString,
        before: Option<serde_json::Value>,
        after: Option<serde_json::Value>,
    ) -> Result<(), AppError> {
        Ok(tx.add_audit_entry(&self.deed(action, subject, before, after)).await?)
    }
}

/// Why a use case was not carried out. The text is for the caller and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The key's role does not permit it.
    #[error("a key with the role {role} may not do this ({what}): ask for a key with another role")]
    Forbidden {
        /// The role.
        role: Role,
        /// What it lacks.
        what: Permission,
    },
    /// The key is narrowed to other scopes.
    #[error("this key is narrowed to scopes without `{what}`: ask for a key with that scope")]
    OutOfScope {
        /// What it lacks.
        what: Permission,
    },
    /// What is named is not there, or belongs to someone else.
    #[error("there is no {what} {name}")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// As it was named.
        name: String,
    },
    /// An argument is wrong.
    #[error("{field}: {message}")]
    Invalid {
        /// Which.
        field: String,
        /// What is wrong with it and what to do.
        message: String,
    },
    /// Who wants to sign in is not known by what they say.
    #[error("{0}")]
    NotSignedIn(&'static str),
    /// It was well asked, but the state of things forbids it.
    #[error("{0}")]
    Conflict(String),
    /// Too much of the project's work is not done yet.
    #[error(
        "this project has {bound} unfinished tasks or more, which is its bound: send this again in {retry_after_seconds} \
         seconds; an operator can start more workers (`atr work`) or raise the bound (`atr project set`)"
    )]
    BacklogFull {
        /// At how many nothing more is taken in.
        bound: i64,
        /// When to ask again.
        retry_after_seconds: u32,
    },
    /// The key asks more often than it may.
    #[error("this key may ask {bound} times a minute: ask again in {retry_after_seconds} seconds")]
    TooOften {
        /// How many requests a minute it is answered.
        bound: u32,
        /// When to ask again.
        retry_after_seconds: u32,
    },
    /// A fault of ours; the inner detail goes to the log, not to the caller.
    #[error("the database could not do it; try again")]
    Store(#[from] StoreError),
    /// The provider at which people sign in does not answer.
    #[error(
        "the provider of single sign-on does not answer as it should: try again in a minute, or sign in in another way; \
         the service's log has more"
    )]
    Provider(#[source] OidcError),
    /// A fault of what hashes passwords.
    #[error("the password could not be held against what is stored; see the service's log")]
    Hashing(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of what judges answers.
    #[error("the answers could not be judged: try again in a moment; the service's log has more")]
    Judging(#[from] StageError),
    /// A fault of the blob store.
    #[error("a stored file could not be read or written; see the service's log")]
    Blob(#[from] std::io::Error),
}

impl From<Rejection> for AppError {
    fn from(Rejection { field, message }: Rejection) -> Self {
        Self::Invalid { field, message }
    }
}

impl AppError {
    /// The code by which programs tell errors apart.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Forbidden { .. } | Self::OutOfScope { .. } => "FORBIDDEN",
            Self::NotFound { .. } => "NOT_FOUND",
            Self::Invalid { .. } => "BAD_USER_INPUT",
            Self::NotSignedIn(_) => "UNAUTHENTICATED",
            Self::Conflict(_) => "CONFLICT",
            Self::BacklogFull { .. } => "BACKLOG_FULL",
            Self::TooOften { .. } => "RATE_LIMITED",
            Self::Provider(_) => "UNAVAILABLE",
            Self::Store(error) if error.is_passing() => "UNAVAILABLE",
            Self::Store(_) | Self::Blob(_) | Self::Hashing(_) | Self::Judging(_) => "INTERNAL",
        }
    }

    /// When the same may be asked again, in seconds, where waiting is what helps.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::BacklogFull { retry_after_seconds, .. } | Self::TooOften { retry_after_seconds, .. } => {
                Some(*retry_after_seconds)
            }
            _ => None,
        }
    }

    fn hashing(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Hashing(Box::new(error))
    }

    /// An argument that is wrong.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), message: message.into() }
    }

    /// Writes the inner detail of a fault to the log; refusals are not faults.
    pub fn log(&self) {
        if let Self::Store(_) | Self::Blob(_) | Self::Hashing(_) | Self::Judging(_) | Self::Provider(_) = self {
            let mut detail = String::new();
            let mut cause = std::error::Error::source(self);
            while let Some(inner) = cause {
                detail.push_str(&inner.to_string());
                detail.push_str("; ");
                cause = inner.source();
            }
            tracing::error!(code = self.code(), detail, "{self}");
        }
    }
}
