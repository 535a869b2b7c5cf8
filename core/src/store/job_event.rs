//! What a job's trainer reported, line by line.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{OrdinalRequest, Page, Paging, Result, Tx};
use crate::{
    domain::training::{JobEvent, JobState},
    ids::{Id, TrainingJobId},
};

#[derive(FromRow)]
struct EventRow {
    attempt: i32,
    ordinal: i32,
    event: serde_json::Value,
    at: DateTime<Utc>,
}

impl From<EventRow> for JobEvent {
    fn from(row: EventRow) -> Self {
        Self { attempt: row.attempt, ordinal: row.ordinal, event: row.event, at: row.at }
    }
}

impl Tx {
    /// Records lines that an attempt's trainer reported, from an ordinal on; `false`, and nothing recorded, if another
    /// attempt runs or the job has ended: then the trainer is to be stopped.
    ///
    /// # Errors
    /// If a line with such an ordinal is recorded already, or the database is out of reach.
    pub async fn record_job_events(
        &mut self,
        id: TrainingJobId,
        attempt: i32,
        first: i32,
        events: &[serde_json::Value],
    ) -> Result<bool> {
        let (project, now) = (self.project_uuid(), self.now());
        // Locked, so that a job which is cancelled meanwhile gets no line after its end.
        let current = sqlx::query_scalar!(
            "select true from training_job
             where project_id = $1 and id = $2 and attempt = $3 and state = $4 for share",
            project,
            id.uuid(),
            attempt,
            JobState::Running.word()
        )
        .fetch_optional(self.connection())
        .await?;
        if current.is_none() {
            return Ok(false);
        }
        sqlx::query!(
            r#"
            insert into job_event (project_id, job_id, attempt, ordinal, event, at)
            select $1, $2, $3, ($4 + e.place - 1)::integer, e.event, $6
            from unnest($5::jsonb[]) with ordinality as e (event, place)
            "#,
            project,
            id.uuid(),
            attempt,
            i64::from(first),
            events,
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(true)
    }

    /// A page of what an attempt's trainer reported, in order.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn job_events(
        &mut self,
        of: TrainingJobId,
        attempt: i32,
        page: OrdinalRequest,
    ) -> Result<Page<JobEvent>> {
        let query = job_events_query(self.project_uuid(), of, attempt, page);
        self.page::<EventRow, _>(query, page).await
    }
}

/// The statement of [`Tx::job_events`].
pub(super) fn job_events_query(
    project: Uuid,
    of: TrainingJobId,
    attempt: i32,
    page: OrdinalRequest,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select attempt, ordinal, event, at from job_event where project_id = ");
    query.push_bind(project).push(" and job_id = ").push_bind(of.uuid());
    query.push(" and attempt = ").push_bind(attempt);
    page.push(&mut query, "ordinal");
    query
}
