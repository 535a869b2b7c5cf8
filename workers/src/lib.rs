//! The middle floor: the runner, its transports and the stages of the loop. It knows the ground floor and the reward
//! model's features; it knows nothing of HTTP, GraphQL or the command line.
#![deny(missing_docs)]

pub mod child;
mod held;
pub mod notices;
pub mod outbound;
mod reward_models;
mod run;
pub mod stages;
pub mod transport;

use std::path::PathBuf;

use atr_core::{
    blobs::Blobs,
    ids::TaskId,
    queue::Failure,
    store::{Store, StoreError},
};
use tokio_util::sync::CancellationToken;

pub use reward_models::RewardModels;
pub use run::{Options, Worker};
pub use transport::rabbitmq::{AmqpUrl, DoorbellEvent};

/// What every stage works with.
#[derive(Debug, Clone)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// Content-addressed bytes.
    pub blobs: Blobs,
    /// The program that trains the reward model.
    pub trainer: PathBuf,
    /// The program that reads the text in pictures; a name without a folder is looked up where programs are.
    pub tesseract: PathBuf,
    /// Where jobs and snapshots are built before they are stored.
    pub work_dir: PathBuf,
    /// The reward model in use.
    pub reward_models: RewardModels,
    /// The facts that claims were held against last.
    pub parsed_facts: stages::verify::parsed_facts::ParsedFacts,
    /// Who is asked about claims that the rules leave open, if anyone.
    pub judge: Option<stages::judge::Judge>,
    /// How people and programs are told of the weekly review.
    pub delivery: notices::Delivery,
    /// Whether sources are fetched, and from where.
    pub fetching: Fetching,
    /// Fires when this work must stop: the process ends, or the lease is lost.
    pub cancelled: CancellationToken,
}

/// Whether and how sources are fetched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fetching {
    /// Whether they are: by default they are not, and their copies are sent.
    pub on: bool,
    /// Whether also from addresses that are not of the public internet.
    pub private_addresses: bool,
}

/// Why a stage could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// It may work later.
    #[error("{0}")]
    Passing(String),
    /// It will never work as it stands.
    #[error("{0}")]
    Lasting(String),
    /// Another worker has the task now: nothing was written.
    #[error("the lease of task {0} is lost")]
    LeaseLost(TaskId),
}

impl StageError {
    /// What becomes of the task; `None` where it is no longer ours to say.
    pub fn failure(self) -> Option<Failure> {
        match self {
            Self::Passing(why) => Some(Failure::Passing(why)),
            Self::Lasting(why) => Some(Failure::Lasting(why)),
            Self::LeaseLost(_) => None,
        }
    }
}

impl From<StoreError> for StageError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost(task) => Self::LeaseLost(task),
            StoreError::Corrupt(_) => Self::Lasting(chain(&error)),
            _ => Self::Passing(chain(&error)),
        }
    }
}

impl From<std::io::Error> for StageError {
    fn from(error: std::io::Error) -> Self {
        Self::Passing(chain(&error))
    }
}

/// An error with its causes, in one line, for the task's record and the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
