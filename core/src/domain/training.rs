//! Training jobs: a run of a trainer on a snapshot.
//!
//! ```text
//! queued ──start──▶ running ──succeed──▶ succeeded
//!    │                │  ▲ └──fail─────▶ failed
//!    │                └──┘ start again, after a worker died: the next attempt
//!    └────cancel──────┴──▶ cancelled
//! ```

use chrono::{DateTime, Utc};

use super::{IllegalStep, model::Artefact, words};
use crate::ids::{ModelVersionId, SnapshotId, TrainingJobId};

words! {
    /// How far a job is.
    JobState {
        /// Waits for a worker.
        Queued = "queued",
        /// A trainer runs.
        Running = "running",
        /// It made a model.
        Succeeded = "succeeded",
        /// It made none; the error says why.
        Failed = "failed",
        /// Given up on purpose.
        Cancelled = "cancelled",
    }
}

words! {
    /// What can happen to a job.
    JobStep {
        /// A worker starts the trainer.
        Start = "start",
        /// The trainer made a model.
        Succeed = "succeed",
        /// The trainer made none.
        Fail = "fail",
        /// Someone gave it up.
        Cancel = "cancel",
    }
}

words! {
    /// What is trained.
    TrainingMethod {
        /// The reward model of RLFH.
        Reward = "reward",
    }
}

words! {
    /// Where it is trained.
    TrainingBackend {
        /// A process on this machine.
        Local = "local",
    }
}

impl JobState {
    /// The state after a step.
    ///
    /// # Errors
    /// If the step is not possible from here. Nothing is possible after an end.
    pub fn after(self, step: JobStep) -> Result<Self, IllegalStep> {
        match (self, step) {
            (Self::Queued | Self::Running, JobStep::Start) => Ok(Self::Running),
            (Self::Running, JobStep::Succeed) => Ok(Self::Succeeded),
            (Self::Running, JobStep::Fail) => Ok(Self::Failed),
            (Self::Queued | Self::Running, JobStep::Cancel) => Ok(Self::Cancelled),
            _ => Err(IllegalStep { what: "training job", state: self.word(), step: step.word() }),
        }
    }
}

/// A job that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// The snapshot it trains on.
    pub snapshot: SnapshotId,
    /// The model it starts from; none starts from nothing.
    pub base_model: Option<ModelVersionId>,
    /// What is trained.
    pub method: TrainingMethod,
    /// Where.
    pub backend: TrainingBackend,
    /// Seed given to the trainer.
    pub seed: i64,
    /// Settings given to the trainer.
    pub hyperparameters: serde_json::Value,
}

/// A training run on a snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingJob {
    /// Its id.
    pub id: TrainingJobId,
    /// What was asked for.
    pub asked: NewJob,
    /// The model it made.
    pub produced_model: Option<ModelVersionId>,
    /// How far it is.
    pub state: JobState,
    /// How often it was started.
    pub attempt: i32,
    /// The job specification as the trainer got it.
    pub specification: Option<serde_json::Value>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it last began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Which jobs are asked for.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Only in this state.
    pub state: Option<JobState>,
    /// Only on this snapshot.
    pub snapshot: Option<SnapshotId>,
}

/// A line that a trainer reported.
#[derive(Debug, Clone, PartialEq)]
pub struct JobEvent {
    /// Of which attempt.
    pub attempt: i32,
    /// Its place in the report, from 0.
    pub ordinal: i32,
    /// The line.
    pub event: serde_json::Value,
    /// When it was read.
    pub at: DateTime<Utc>,
}

/// What a trainer made.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The weights file, which is in the blob store.
    pub artefact: Artefact,
    /// What the trainer said of it.
    pub metadata: serde_json::Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_may_be_started_again_until_it_ends_and_never_after() {
        use JobState::{Cancelled, Failed, Queued, Running, Succeeded};
        assert_eq!(Queued.after(JobStep::Start), Ok(Running));
        assert_eq!(Running.after(JobStep::Start), Ok(Running));
        assert_eq!(Running.after(JobStep::Succeed), Ok(Succeeded));
        assert_eq!(Queued.after(JobStep::Cancel), Ok(Cancelled));
        assert!(Queued.after(JobStep::Succeed).is_err() && Queued.after(JobStep::Fail).is_err());
        for end in [Succeeded, Failed, Cancelled] {
            assert!(JobStep::ALL.iter().all(|step| end.after(*step).is_err()));
        }
    }
}
