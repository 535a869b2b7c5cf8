//! Trying dead work again.

use super::Stage;
use crate::{
    ids::{Id, TaskId},
    store::{Result, Topic, Tx},
};

/// What became of a page of dead tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    /// How many are available again.
    pub replayed: i64,
    /// How many stay dead, because the same work waits.
    pub passed_over: i64,
    /// The last that was looked at: go on after it. None where no more are dead.
    pub last: Option<TaskId>,
}

impl Tx {
    /// Makes a dead task of this project available again, with all its attempts; `false` if it is not dead or the
    /// same work waits already. Work that is enqueued at the same time is a constraint error named
    /// `task_unique_waiting`.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn replay(&mut self, task: TaskId) -> Result<bool> {
        let project = self.project_uuid();
        let stage = sqlx::query_scalar!(
            r#"
            update task t
            set state = 'available', attempt = 0, run_at = now(), finished_at = null
            where t.id = $1 and t.project_id = $2 and t.state = 'dead' and not exists (
                select from task o
                where o.project_id = t.project_id and o.stage = t.stage and o.unique_key = t.unique_key
                  and o.state in ('available', 'scheduled', 'retryable')
            )
            returning t.stage
            "#,
            task.uuid(),
            project
        )
        .fetch_optional(self.connection())
        .await?;
        self.changed.insert(Topic::Tasks);
        if let Some(stage) = &stage {
            self.rings.insert(stage.parse()?);
        }
        Ok(stage.is_some())
    }

    /// The same for the next `most` dead tasks of this project, or of one of its stages, oldest first (task_dead_idx,
    /// task_project_idx). Going on after the last of a page, one comes to an end even if what was replayed dies anew.
    ///
    /// # Errors
    /// As [`Tx::replay`].
    pub async fn replay_page(&mut self, stage: Option<Stage>, after: Option<TaskId>, most: i64) -> Result<Replayed> {
        let project = self.project_uuid();
        let done = sqlx::query!(
            r#"
            with dead as materialized (
                select id, stage, unique_key from task
                where project_id = $1 and state = 'dead' and ($2::text is null or stage = $2)
                  and ($3::uuid is null or id > $3)
                order by id limit $4 for update skip locked
            ), chosen as (
                -- The same work may have died twice, and waits but once.
                select distinct on (d.stage, coalesce(d.unique_key, d.id::text)) d.id from dead d
                where not exists (
                    select from task o
                    where o.project_id = $1 and o.stage = d.stage and o.unique_key = d.unique_key
                      and o.state in ('available', 'scheduled', 'retryable')
                )
                order by d.stage, coalesce(d.unique_key, d.id::text), d.id
            ), replayed as (
                update task t
                set state = 'available', attempt = 0, run_at = now(), finished_at = null
                from chosen c where t.id = c.id
                returning t.stage
            )
            select (select count(*) from dead) as "seen!", (select count(*) from replayed) as "replayed!",
                   (select id from dead order by id desc limit 1) as last,
                   array(select distinct stage from replayed) as "stages!"
            "#,
            project,
            stage.map(Stage::word),
            after.map(Id::uuid),
            most,
        )
        .fetch_one(self.connection())
        .await?;
        self.changed.insert(Topic::Tasks);
        for stage in &done.stages {
            self.rings.insert(stage.parse()?);
        }
        let last = done.last.filter(|_| done.seen == most).map(TaskId::from_uuid);
        Ok(Replayed { replayed: done.replayed, passed_over: done.seen - done.replayed, last })
    }
}
