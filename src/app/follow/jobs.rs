//! How far a training job is.

use atr_core::{
    domain::training::{JobEvent, JobState, TrainingJob},
    ids::TrainingJobId,
    store::{Place, Topic, Tx},
};

use super::{Follow, Step, Then};
use crate::app::AppError;

/// The most lines of one event.
const MOST: i64 = 20;

/// A job's states and what its trainer reported after a place, from the first line where none is given. The first event
/// comes at once; it ends with the job.
#[derive(Debug)]
pub struct JobProgress {
    job: TrainingJobId,
    place: Place<(i32, i32)>,
    /// State and attempt that were told last.
    told: Option<(JobState, i32)>,
}

impl JobProgress {
    /// Of this job.
    pub fn new(job: TrainingJobId, after: Option<Place<(i32, i32)>>) -> Self {
        Self { job, place: after.unwrap_or(Place { xact: -1, at: (0, 0) }), told: None }
    }
}

/// How far a job is, and what was reported of it since.
#[derive(Debug)]
pub struct JobReport {
    /// The job.
    pub job: TrainingJob,
    /// What its trainer reported.
    pub lines: Vec<JobEvent>,
    /// Where to go on.
    pub place: Place<(i32, i32)>,
}

impl Follow for JobProgress {
    type Event = JobReport;
    const TOPIC: Topic = Topic::Jobs;

    async fn read(&mut self, tx: &mut Tx) -> Result<Step<JobReport>, AppError> {
        let missing = || AppError::NotFound { what: "training job", name: self.job.to_string() };
        let job = tx.job(self.job).await?.ok_or_else(missing)?;
        // After the job: one that has ended gets no more lines.
        let found = tx.job_events_after(self.job, self.place, MOST).await?;
        self.place = found.place;
        let ended = matches!(job.state, JobState::Succeeded | JobState::Failed | JobState::Cancelled);
        let then = match Then::after(&found) {
            Then::Later if ended => Then::End,
            then => then,
        };
        let now = Some((job.state, job.attempt));
        let news = !found.items.is_empty() || self.told != now;
        self.told = now;
        Ok(Step { event: news.then_some(JobReport { job, lines: found.items, place: found.place }), then })
    }
}
