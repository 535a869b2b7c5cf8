//! What time changes: tasks become due, and leases of workers that died run out. Every worker sweeps now and then;
//! each sweep is bounded and skips what another sweeps.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    ids::{Id, ProjectId},
    store::{Result, Store},
};

/// How long tasks that succeeded or were cancelled are kept, for people to look at.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// How many of them a sweep removes at most: at a sweep every two seconds a worker removes as many as it can do
/// (measured: 40 ms for so many of two million).
const PRUNED: i64 = 5000;

/// What a sweep did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Tasks whose time had come.
    pub due: u64,
    /// Tasks taken back from workers whose lease ran out.
    pub taken_back: u64,
    /// Tasks that died of it.
    pub dead: u64,
    /// Tasks removed, long after they ended.
    pub pruned: u64,
}

impl Store {
    /// Makes due tasks available and takes back those whose lease ran out, at most `most` of each; and removes some of
    /// those that ended long ago.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn sweep(&self, most: i64) -> Result<Swept> {
        let due = sqlx::query!(
            r#"
            update task set state = 'available'
            where id in (
                select id from task where state in ('scheduled', 'retryable') and run_at <= now()
                order by run_at, id limit $1 for update skip locked
            )
            returning stage, project_id
            "#,
            most
        )
        .fetch_all(&self.pool)
        .await?;
        // An attempt that ended with its worker counts: a task that kills its workers must die in the end.
        let lost = sqlx::query!(
            r#"
            update task t
            set state = case
                    when t.attempt >= t.max_attempts then 'dead'
                    when l.twin then 'cancelled'
                    else 'available'
                end,
                finished_at = case when t.attempt >= t.max_attempts or l.twin then now() end,
                owner = null, leased_until = null,
                errors = t.errors || jsonb_build_object('attempt', t.attempt, 'at', now(),
                    'error', 'the worker stopped without a word: its lease ran out')
            from (
                select o.id, exists (
                    select from task w
                    where w.project_id = o.project_id and w.stage = o.stage and w.unique_key = o.unique_key
                      and w.state in ('available', 'scheduled', 'retryable')
                ) as twin
                from task o where o.state = 'running' and o.leased_until < clock_timestamp()
                order by o.leased_until limit $1 for update skip locked
            ) l
            where t.id = l.id
            returning t.stage, t.state, t.project_id
            "#,
            most
        )
        .fetch_all(&self.pool)
        .await?;
        let dead = lost.iter().filter(|row| row.state == "dead").count() as u64;
        let pruned = self.prune(KEPT, PRUNED).await?;
        let swept = Swept { due: due.len() as u64, taken_back: lost.len() as u64 - dead, dead, pruned };
        let (due, lost) = (due.into_iter().map(|row| (row.stage, row.project_id)), lost.into_iter());
        let (stages, projects): (BTreeSet<_>, BTreeSet<_>) =
            due.chain(lost.map(|row| (row.stage, row.project_id))).unzip();
        self.bell.ring(stages);
        self.tasks_changed(projects.into_iter().map(ProjectId::from_uuid));
        Ok(swept)
    }
}
