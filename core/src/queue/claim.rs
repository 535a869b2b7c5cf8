//! Claiming: a fair batch by SKIP LOCKED, held under a lease by the database's clock.

use std::time::Duration;

use uuid::Uuid;

use super::{Stage, Work};
use crate::{
    ids::{Id, ProjectId, TaskId, WorkerId},
    store::{Result, Store, StoreError, Tx},
};

/// What a worker asks for.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// Who asks.
    pub owner: WorkerId,
    /// Of which stage.
    pub stage: Stage,
    /// How many at most.
    pub most: u32,
    /// For how long, unless renewed.
    pub lease: Duration,
}

/// A task that is held. The (id, owner, attempt) of its guard never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The task.
    pub id: TaskId,
    /// Whose records it is about.
    pub project: ProjectId,
    /// What is to be done.
    pub work: Work,
    /// Who holds it.
    pub owner: WorkerId,
    /// Which attempt this is, from 1.
    pub attempt: i16,
    /// After so many it is dead.
    pub max_attempts: i16,
}

impl Store {
    /// Claims available tasks of a stage: an even share of each project's, so that one project's million do not
    /// starve another's ten. Work that runs already, enqueued anew meanwhile, waits until it has ended: two at once
    /// would not see each other's results. A paused stage has nothing to claim. Payloads that this program cannot
    /// read are dead at once.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn claim(&self, ask: &ClaimRequest) -> Result<Vec<Claim>> {
        let rows = sqlx::query_file!(
            "src/queue/claim.sql",
            ask.stage.word(),
            i32::try_from(ask.most).unwrap_or(i32::MAX) as i64,
            ask.owner.uuid(),
            ask.lease.as_secs_f64(),
        )
        .fetch_all(&self.pool)
        .await?;
        let mut claims = Vec::with_capacity(rows.len());
        for row in rows {
            let guard = (TaskId::from_uuid(row.id), ProjectId::from_uuid(row.project_id));
            match serde_json::from_value::<Work>(row.work) {
                Ok(work) => claims.push(Claim {
                    id: guard.0,
                    project: guard.1,
                    work,
                    owner: ask.owner,
                    attempt: row.attempt,
                    max_attempts: row.max_attempts,
                }),
                Err(error) => self.bury_unreadable(row.id, ask.owner, row.attempt, &error.to_string()).await?,
            }
        }
        Ok(claims)
    }

    async fn bury_unreadable(&self, id: Uuid, owner: WorkerId, attempt: i16, why: &str) -> Result<()> {
        tracing::error!(task = %TaskId::from_uuid(id), why, "the task's payload cannot be read");
        sqlx::query!(
            r#"
            update task set state = 'dead', owner = null, leased_until = null, finished_at = now(),
                errors = errors || jsonb_build_object('attempt', $3::smallint, 'error', $4::text, 'at', now())
            where id = $1 and owner = $2 and attempt = $3 and state = 'running'
            "#,
            id,
            owner.uuid(),
            attempt,
            format!("the payload cannot be read: {why}"),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Renews the lease of a task that is still held.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if it is not: the worker must stop.
    pub async fn renew(&self, claim: &Claim, lease: Duration) -> Result<()> {
        let renewed = sqlx::query!(
            r#"
            update task set leased_until = clock_timestamp() + $4 * interval '1 second'
            where id = $1 and owner = $2 and attempt = $3 and state = 'running'
            "#,
            claim.id.uuid(),
            claim.owner.uuid(),
            claim.attempt,
            lease.as_secs_f64(),
        )
        .execute(&self.pool)
        .await?;
        if renewed.rows_affected() == 1 { Ok(()) } else { Err(StoreError::LeaseLost(claim.id)) }
    }

    /// Opens a transaction for the project of a claim.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn begin_for(&self, claim: &Claim) -> Result<Tx> {
        self.begin(claim.project).await
    }
}
