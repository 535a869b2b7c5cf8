//! Backpressure: nothing more is taken in while too much of a project's work is not done.
//!
//! What it costs: a look into memory for each batch. The tasks are counted at most once a second in each process and
//! project, by one request while the others go on with the count before, and so seldom that counting takes a twentieth
//! of the time at most: a thousand tasks are counted every second, a million (0.8 s) every 16. Between two counts this
//! process adds what it takes in itself; what other processes take in meanwhile can carry the backlog that far beyond
//! its bound.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use atr_core::{
    domain::intake::{Balance, BatchOutcome},
    ids::ProjectId,
    queue::Backlog,
};
use chrono::{DateTime, TimeDelta, Utc};

use super::{App, AppError};

/// A count holds for so long at least,
const SHORTEST: TimeDelta = TimeDelta::seconds(1);
/// and for so many times as long as it took.
const TIMES: i32 = 20;

/// What this process knows of each project's backlog.
#[derive(Debug, Default)]
pub struct Backlogs(Mutex<HashMap<ProjectId, Arc<Known>>>);

#[derive(Debug, Default)]
struct Known {
    /// Held by whoever counts.
    counting: tokio::sync::Mutex<()>,
    last: Mutex<Option<Count>>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    of: Backlog,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Known {
    fn last(&self) -> MutexGuard<'_, Option<Count>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) -> Option<Count> {
        *self.last()
    }
}

impl Count {
    /// A clock that was set back makes it old.
    fn holds(&self, now: DateTime<Utc>) -> bool {
        (self.from..self.until).contains(&now)
    }
}

impl Backlogs {
    fn of(&self, project: ProjectId) -> Arc<Known> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(project).or_default())
    }

    /// Counts anew before the next batch: the bound was changed.
    pub(super) fn forget(&self, project: ProjectId) {
        *self.of(project).last() = None;
    }
}

/// Refuses while the project's backlog is at its bound.
///
/// # Errors
/// [`AppError::BacklogFull`], or if the database is out of reach.
pub async fn admit(app: &App, project: ProjectId) -> Result<(), AppError> {
    let known = app.process.backlogs.of(project);
    let now = app.store.clock().now();
    let count = match known.count() {
        Some(count) if count.holds(now) => count,
        Some(old) => match known.counting.try_lock() {
            Ok(_counting) => count_anew(app, project, &known).await?,
            Err(_) => old,
        },
        None => {
            let _counting = known.counting.lock().await;
            match known.count() {
                Some(count) => count,
                None => count_anew(app, project, &known).await?,
            }
        }
    };
    let Backlog { unfinished, bound } = count.of;
    if unfinished < bound {
        return Ok(());
    }
    let pause = (count.until - now).as_seconds_f64().ceil().max(1.0);
    Err(AppError::BacklogFull { bound, retry_after_seconds: pause as u32 })
}

async fn count_anew(app: &App, project: ProjectId, known: &Known) -> Result<Count, AppError> {
    let clock = app.store.clock();
    let from = clock.now();
    let mut tx = app.store.begin(project).await?;
    let of = tx.backlog().await?;
    tx.rollback().await?;
    let of = of.ok_or_else(|| AppError::NotFound { what: "project", name: project.to_string() })?;
    let counted = clock.now();
    let count = Count { of, from, until: counted + SHORTEST.max((counted - from) * TIMES) };
    *known.last() = Some(count);
    Ok(count)
}

/// Adds a batch that was stored to what is known, as if each of its records made a task: the next count knows better.
pub(super) fn took_in(app: &App, project: ProjectId, outcome: &BatchOutcome) {
    enqueued(app, project, outcome.items.iter().collect::<Balance>().stored);
}

/// Adds so many tasks to what is known.
pub(super) fn enqueued(app: &App, project: ProjectId, tasks: i64) {
    if let Some(count) = app.process.backlogs.of(project).last().as_mut() {
        count.of.unfinished += tasks;
    }
}
