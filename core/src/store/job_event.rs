//! What a job's trainer reported, line by line.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Followed, OrdinalRequest, Page, Paging, Place, Result, Topic, Tx, followed::Found};
use crate::{
    domain::training::{JobEvent, JobState},
    ids::{Id, TrainingJobId},
};

#[derive(FromRow)]
struct EventRow {
    job_id: Uuid,
    attempt: i32,
    ordinal: i32,
    event: serde_json::Value,
    at: DateTime<Utc>,
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
        self.changed.insert(Topic::Jobs);
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

    /// At most `most` lines of a job after a place (attempt and ordinal in a transaction), as far as no transaction that
    /// still runs can come in before them (job_event_followed_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn job_events_after(
        &mut self,
        of: TrainingJobId,
        after: Place<(i32, i32)>,
        most: i64,
    ) -> Result<Followed<JobEvent, (i32, i32)>> {
        let project = self.project_uuid();
        let rows = sqlx::query_file!(
            "src/store/job_event_followed.sql",
            project,
            of.uuid(),
            after.xact,
            after.at.0,
            after.at.1,
            most
        )
        .fetch_all(self.connection())
        .await?;
        let found = rows.into_iter().map(|row| Found {
            place: Place { xact: row.xact, at: (row.attempt, row.ordinal) },
            settled: row.settled,
            item: JobEvent { attempt: row.attempt, ordinal: row.ordinal, event: row.event, at: row.at },
        });
        Ok(Followed::of(found.collect(), after, most))
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
        Ok(page.only(self.events_of_jobs(&[(of, attempt)], page).await?))
    }

    /// The same for attempts of several jobs (job_event_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn events_of_jobs(
        &mut self,
        of: &[(TrainingJobId, i32)],
        page: OrdinalRequest,
    ) -> Result<HashMap<(TrainingJobId, i32), Page<JobEvent>>> {
        let mut query = job_events_query(self.project_uuid(), of, page);
        let rows: Vec<EventRow> = query.build_query_as().fetch_all(self.connection()).await?;
        let event = |row: EventRow| {
            let event = JobEvent { attempt: row.attempt, ordinal: row.ordinal, event: row.event, at: row.at };
            ((TrainingJobId::from_uuid(row.job_id), row.attempt), event)
        };
        Ok(page.pages(of, rows.into_iter().map(event)))
    }
}

/// The statement of [`Tx::events_of_jobs`].
pub(super) fn job_events_query(
    project: Uuid,
    of: &[(TrainingJobId, i32)],
    page: OrdinalRequest,
) -> QueryBuilder<Postgres> {
    let (ids, attempts): (Vec<_>, Vec<_>) = of.iter().map(|(id, attempt)| (id.uuid(), *attempt)).unzip();
    let mut query = QueryBuilder::new("select e.* from unnest(");
    query.push_bind(ids).push("::uuid[], ").push_bind(attempts).push(
        "::integer[]) as j (id, attempt) cross join lateral (
         select job_id, attempt, ordinal, event, at from job_event
         where job_id = j.id and attempt = j.attempt and project_id = ",
    );
    query.push_bind(project);
    page.push(&mut query, "ordinal");
    query.push(") e");
    page.push_order_of_all(&mut query, "e.ordinal");
    query
}
