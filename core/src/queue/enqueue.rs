//! Enqueueing takes the caller's transaction: the task and what it is about become visible together or not at all.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, Utc};

use super::Work;
use crate::{
    ids::{Id, TaskId},
    store::{Result, Topic, Tx},
    trace_context::TraceContext,
};

/// A task to be enqueued.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// What is to be done.
    pub work: Work,
    /// Smaller goes first; 0 is usual.
    pub priority: i16,
    /// Not before this long from now, by the database's clock. The same work enqueued again puts it off again, up to
    /// 30 times as long after it was first enqueued.
    pub delay: Duration,
    /// After so many failed attempts it is dead.
    pub max_attempts: i16,
}

impl From<Work> for NewTask {
    fn from(work: Work) -> Self {
        Self { work, priority: 0, delay: Duration::ZERO, max_attempts: 10 }
    }
}

impl NewTask {
    /// One that is not to begin before a time, by a clock that says it is now `now`; what is past has no delay.
    pub fn at(work: Work, at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self { delay: (at - now).to_std().unwrap_or(Duration::ZERO), ..work.into() }
    }
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// It waits, as a new task.
    New(TaskId),
    /// The same work waits already.
    Waiting,
}

impl Tx {
    /// Enqueues work, to be seen by workers when this transaction commits. It carries the trace context that is current.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn enqueue(&mut self, task: impl Into<NewTask>) -> Result<Enqueued> {
        Ok(self.enqueue_all([task]).await?.pop().unwrap_or(Enqueued::Waiting))
    }

    /// Enqueues work that is not to begin before a time, by this transaction's clock.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn enqueue_at(&mut self, work: Work, at: DateTime<Utc>) -> Result<Enqueued> {
        let now = self.now();
        self.enqueue(NewTask::at(work, at, now)).await
    }

    /// Enqueues many at once, in one statement.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn enqueue_all(&mut self, tasks: impl IntoIterator<Item = impl Into<NewTask>>) -> Result<Vec<Enqueued>> {
        let (mut ids, mut stages, mut works, mut keys) = (vec![], vec![], vec![], vec![]);
        let (mut priorities, mut delays, mut attempts) = (vec![], vec![], vec![]);
        let mut rings = vec![];
        // One statement cannot meet the same row twice: the first of a key stands for all of them.
        let mut first = HashSet::new();
        let mut asked = vec![];
        for task in tasks {
            let task = task.into();
            let id: TaskId = self.fresh();
            asked.push(id);
            let key = task.work.unique_key();
            if !first.insert(key.clone()) {
                continue;
            }
            ids.push(id.uuid());
            rings.push(task.work.stage());
            stages.push(task.work.stage().word().to_owned());
            keys.push(key);
            works.push(serde_json::to_value(&task.work)?);
            priorities.push(task.priority);
            delays.push(task.delay.as_secs_f64());
            attempts.push(task.max_attempts);
        }
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let project = self.project_uuid();
        let trace = TraceContext::current().map(|context| context.to_string());
        let new = sqlx::query_scalar!(
            r#"
            insert into task (id, project_id, stage, work, state, priority, unique_key, attempt, max_attempts,
                              run_at, errors, created_at, traceparent)
            select t.id, $2, t.stage, t.work, case when t.delay > 0 then 'scheduled' else 'available' end, t.priority,
                   t.unique_key, 0, t.max_attempts, now() + t.delay * interval '1 second', '[]', now(), $9
            from unnest($1::uuid[], $3::text[], $4::jsonb[], $5::text[], $6::smallint[], $7::float8[], $8::smallint[])
                 as t (id, stage, work, unique_key, priority, delay, max_attempts)
            order by t.unique_key
            -- An update, for its lock: a worker that took the waiting task before this transaction commits would not
            -- see what it is enqueued for, and nobody would do it again. Locked, it is passed over until the commit.
            on conflict (project_id, stage, unique_key)
                where unique_key is not null and state in ('available', 'scheduled', 'retryable')
                do update set priority = least(task.priority, excluded.priority),
                    -- What is put off is put off again, so that it begins when no more of it comes; not for ever.
                    run_at = case when task.state = 'scheduled'
                        then greatest(task.run_at, least(excluded.run_at, task.created_at + 30 * (excluded.run_at - now())))
                        else task.run_at end
            returning id
            "#,
            &ids,
            project,
            &stages,
            &works,
            &keys,
            &priorities,
            &delays,
            &attempts,
            trace,
        )
        .fetch_all(self.connection())
        .await?;
        // A task that waited comes back under its own id.
        let new: HashSet<_> = new.into_iter().collect();
        self.rings.extend(rings);
        self.changed.insert(Topic::Tasks);
        Ok(asked
            .into_iter()
            .map(|id| if new.contains(&id.uuid()) { Enqueued::New(id) } else { Enqueued::Waiting })
            .collect())
    }
}
