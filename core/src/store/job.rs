//! Training jobs: asked for, started, ended; each change guarded by the state (and attempt) it starts from.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Branch, Page, PageRequest, Paging, Result, StoreError, Topic, Tx};
use crate::{
    domain::{
        model::{ModelKind, NewModelVersion},
        training::{JobFilter, JobState, JobStep, NewJob, Trained, TrainingJob},
    },
    ids::{Id, ModelVersionId, SnapshotId, TrainingJobId, uuids},
};

#[derive(FromRow)]
struct JobRow {
    id: Uuid,
    snapshot_id: Uuid,
    base_model_id: Option<Uuid>,
    produced_model_id: Option<Uuid>,
    method: String,
    backend: String,
    state: String,
    attempt: i32,
    seed: i64,
    hyperparameters: serde_json::Value,
    specification: Option<serde_json::Value>,
    error: Option<String>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
}

impl TryFrom<JobRow> for TrainingJob {
    type Error = StoreError;
    fn try_from(row: JobRow) -> Result<Self> {
        Ok(Self {
            id: TrainingJobId::from_uuid(row.id),
            asked: NewJob {
                snapshot: SnapshotId::from_uuid(row.snapshot_id),
                base_model: row.base_model_id.map(ModelVersionId::from_uuid),
                method: row.method.parse()?,
                backend: row.backend.parse()?,
                seed: row.seed,
                hyperparameters: row.hyperparameters,
            },
            produced_model: row.produced_model_id.map(ModelVersionId::from_uuid),
            state: row.state.parse()?,
            attempt: row.attempt,
            specification: row.specification,
            error: row.error,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

/// The guard of a step's update.
fn guard(step: JobStep) -> (Vec<String>, &'static str) {
    super::guard::guard(JobState::ALL, JobState::word, |state| state.after(step).ok())
}

impl Tx {
    /// Records a job that waits. The caller enqueues its task in the same transaction.
    ///
    /// # Errors
    /// If snapshot or base model are not there, or the database is out of reach.
    pub async fn add_job(&mut self, new: &NewJob) -> Result<TrainingJob> {
        self.changed.insert(Topic::Jobs);
        let id: TrainingJobId = self.fresh();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            r#"
            insert into training_job (project_id, id, snapshot_id, base_model_id, method, backend, state, attempt, seed,
                                      hyperparameters, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10)
            "#,
            project,
            id.uuid(),
            new.snapshot.uuid(),
            new.base_model.map(|id| id.uuid()),
            new.method.word(),
            new.backend.word(),
            JobState::Queued.word(),
            new.seed,
            new.hyperparameters,
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(TrainingJob {
            id,
            asked: new.clone(),
            produced_model: None,
            state: JobState::Queued,
            attempt: 0,
            specification: None,
            error: None,
            created_at: now,
            started_at: None,
            finished_at: None,
        })
    }

    /// Starts the next attempt of a job and answers its number; `None` if the job has ended.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn start_job(&mut self, id: TrainingJobId) -> Result<Option<i32>> {
        self.changed.insert(Topic::Jobs);
        let (before, after) = guard(JobStep::Start);
        let (project, now) = (self.project_uuid(), self.now());
        Ok(sqlx::query_scalar!(
            "update training_job set state = $3, attempt = attempt + 1, started_at = $4
             where project_id = $1 and id = $2 and state = any($5) returning attempt",
            project,
            id.uuid(),
            after,
            now,
            &before
        )
        .fetch_optional(self.connection())
        .await?)
    }

    /// Notes the specification that an attempt's trainer gets; `false` if another attempt runs or the job has ended.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn specify_job(
        &mut self,
        id: TrainingJobId,
        attempt: i32,
        specification: &serde_json::Value,
    ) -> Result<bool> {
        let project = self.project_uuid();
        let done = sqlx::query!(
            "update training_job set specification = $4
             where project_id = $1 and id = $2 and attempt = $3 and state = $5",
            project,
            id.uuid(),
            attempt,
            specification,
            JobState::Running.word()
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends an attempt well: records the model that it made, named `reward-<n>`, and answers it; `None`, and nothing
    /// recorded, if another attempt runs or the job has ended.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn succeed_job(
        &mut self,
        id: TrainingJobId,
        attempt: i32,
        made: &Trained,
    ) -> Result<Option<ModelVersionId>> {
        self.changed.insert(Topic::Jobs);
        let (before, after) = guard(JobStep::Succeed);
        let (project, now) = (self.project_uuid(), self.now());
        let base = sqlx::query_scalar!(
            "select base_model_id from training_job
             where project_id = $1 and id = $2 and attempt = $3 and state = any($4) for update",
            project,
            id.uuid(),
            attempt,
            &before
        )
        .fetch_optional(self.connection())
        .await?;
        let Some(base) = base else { return Ok(None) };
        self.lock_models().await?;
        let number = sqlx::query_scalar!(
            r#"select coalesce(max(substring(name from '^reward-([0-9]{1,9})$')::bigint), 0) + 1 as "number!"
               from model_version where project_id = $1 and kind = 'reward_model'"#,
            project
        )
        .fetch_one(self.connection())
        .await?;
        let new = NewModelVersion {
            kind: ModelKind::RewardModel,
            name: format!("reward-{number}"),
            base: base.map(ModelVersionId::from_uuid),
            job: Some(id),
            artefact: Some(made.artefact),
            metadata: made.metadata.clone(),
        };
        let model = self.insert_model(&new).await?;
        sqlx::query!(
            "update training_job set state = $3, produced_model_id = $4, finished_at = $5
             where project_id = $1 and id = $2",
            project,
            id.uuid(),
            after,
            model.uuid(),
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(Some(model))
    }

    /// Ends an attempt badly; `false` if another attempt runs or the job has ended.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn fail_job(&mut self, id: TrainingJobId, attempt: i32, error: &str) -> Result<bool> {
        self.changed.insert(Topic::Jobs);
        let (before, after) = guard(JobStep::Fail);
        let (project, now) = (self.project_uuid(), self.now());
        // Postgres keeps no NUL in a text.
        let error = error.replace('\0', "\u{fffd}");
        let done = sqlx::query!(
            "update training_job set state = $4, error = $5, finished_at = $6
             where project_id = $1 and id = $2 and attempt = $3 and state = any($7)",
            project,
            id.uuid(),
            attempt,
            after,
            error,
            now,
            &before
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives a job up; its trainer is stopped when it next reports. `false` if it has ended already.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn cancel_job(&mut self, id: TrainingJobId) -> Result<bool> {
        self.changed.insert(Topic::Jobs);
        let (before, after) = guard(JobStep::Cancel);
        let (project, now) = (self.project_uuid(), self.now());
        let done = sqlx::query!(
            "update training_job set state = $3, finished_at = $4
             where project_id = $1 and id = $2 and state = any($5)",
            project,
            id.uuid(),
            after,
            now,
            &before
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// A page of jobs, newest first (by state training_job_state_idx, by snapshot training_job_snapshot_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn jobs(&mut self, filter: &JobFilter, page: PageRequest) -> Result<Page<TrainingJob>> {
        let query = jobs_query(self.project_uuid(), filter, page);
        self.page::<JobRow, _>(query, page).await
    }

    /// Jobs by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn jobs_by_id(&mut self, ids: &[TrainingJobId]) -> Result<Vec<TrainingJob>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            JobRow,
            "select id, snapshot_id, base_model_id, produced_model_id, method, backend, state, attempt, seed,
                    hyperparameters, specification, error, created_at, started_at, finished_at
             from training_job where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(TrainingJob::try_from)
        .collect()
    }

    /// A job by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn job(&mut self, id: TrainingJobId) -> Result<Option<TrainingJob>> {
        Ok(self.jobs_by_id(&[id]).await?.pop())
    }

    /// A page of the jobs on each snapshot, newest first (training_job_snapshot_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn jobs_of_snapshots(
        &mut self,
        snapshots: &[SnapshotId],
        page: PageRequest,
    ) -> Result<HashMap<SnapshotId, Page<TrainingJob>>> {
        self.page_of_each::<JobRow, _, _>(&JOBS_OF_SNAPSHOTS, snapshots, page, |job: &TrainingJob| {
            Some(job.asked.snapshot)
        })
        .await
    }
}

/// From a snapshot to the jobs on it.
pub(super) const JOBS_OF_SNAPSHOTS: Branch<'_> =
    Branch { select: "select * from training_job", project: "project_id", parent: "snapshot_id", id: "id" };

/// The statement of [`Tx::jobs`].
pub(super) fn jobs_query(project: Uuid, filter: &JobFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from training_job where project_id = ");
    query.push_bind(project);
    if let Some(state) = filter.state {
        query.push(" and state = ").push_bind(state.word());
    }
    if let Some(snapshot) = filter.snapshot {
        query.push(" and snapshot_id = ").push_bind(snapshot.uuid());
    }
    page.push(&mut query, "id");
    query
}
