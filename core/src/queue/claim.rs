//! Claiming: a fair batch by SKIP LOCKED, held under a lease by the database's clock.

use std::{collections::HashSet, time::Duration};

use uuid::Uuid;

use super::{Stage, Work};
use crate::{
    ids::{Id, ProjectId, TaskId, WorkerId},
    store::{Result, Store, StoreError, Tx},
    trace_context::TraceContext,
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
    /// The trace context of the request that asked for it.
    pub trace: Option<TraceContext>,
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
                    trace: row.traceparent.and_then(|text| text.parse().ok()),
                }),
                // The others are held already, whatever becomes of this one: its lease runs out.
                Err(error) => {
                    let why = error.to_string();
                    if let Err(error) = self.bury_unreadable(row.id, ask.owner, row.attempt, &why).await {
                        tracing::error!(%error, "a task that cannot be read could not be laid aside");
                    }
                }
            }
        }
        self.tasks_changed(claims.iter().map(|claim| claim.project));
        Ok(claims)
    }

    async fn bury_unreadable(&self, id: Uuid, owner: WorkerId, attempt: i16, why: &str) -> Result<()> {
        tracing::error!(task = %TaskId::from_uuid(id), why, "the task's payload cannot be read");
        let buried = sqlx::query!(
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
        if buried.rows_affected() == 1 { Ok(()) } else { Err(StoreError::LeaseLost(TaskId::from_uuid(id))) }
    }

    /// Renews the leases of tasks that are still held, and answers which are not: the worker must stop those.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn renew(&self, claims: &[Claim], lease: Duration) -> Result<Vec<TaskId>> {
        let ids: Vec<_> = claims.iter().map(|claim| claim.id.uuid()).collect();
        let owners: Vec<_> = claims.iter().map(|claim| claim.owner.uuid()).collect();
        let attempts: Vec<_> = claims.iter().map(|claim| claim.attempt).collect();
        let renewed: HashSet<Uuid> = sqlx::query_scalar!(
            r#"
            update task t set leased_until = clock_timestamp() + $4 * interval '1 second'
            from unnest($1::uuid[], $2::uuid[], $3::smallint[]) as held (id, owner, attempt)
            where t.id = held.id and t.owner = held.owner and t.attempt = held.attempt and t.state = 'running'
            returning t.id
            "#,
            &ids,
            &owners,
            &attempts,
            lease.as_secs_f64(),
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .collect();
        Ok(claims.iter().map(|claim| claim.id).filter(|id| !renewed.contains(&id.uuid())).collect())
    }

    /// Opens a transaction for the project of a claim.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn begin_for(&self, claim: &Claim) -> Result<Tx> {
        self.begin(claim.project).await
    }
}
