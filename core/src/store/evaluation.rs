//! Evaluations, and the cases they are made on.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx, page::MOST};
use crate::{
    domain::evaluation::{CaseFilter, CasePurpose, Evaluation, EvaluationCase, EvaluationFilter, NewEvaluation},
    hash,
    ids::{EvaluationCaseId, EvaluationId, Id, ModelVersionId, ReviewId, TraceId, TrainingJobId, uuids},
};

#[derive(FromRow)]
struct CaseRow {
    id: Uuid,
    review_id: Uuid,
    trace_id: Uuid,
    purpose: String,
    group_key: String,
    answer_is_right: bool,
    content: serde_json::Value,
    at: DateTime<Utc>,
}

impl TryFrom<CaseRow> for EvaluationCase {
    type Error = StoreError;
    fn try_from(row: CaseRow) -> Result<Self> {
        Ok(Self {
            id: EvaluationCaseId::from_uuid(row.id),
            review: ReviewId::from_uuid(row.review_id),
            trace: TraceId::from_uuid(row.trace_id),
            purpose: row.purpose.parse()?,
            group_key: row.group_key,
            answer_is_right: row.answer_is_right,
            content: serde_json::from_value(row.content)?,
            at: row.at,
        })
    }
}

#[derive(FromRow)]
struct EvaluationRow {
    id: Uuid,
    model_id: Uuid,
    baseline_model_id: Option<Uuid>,
    training_job_id: Option<Uuid>,
    cases: i32,
    questions: i32,
    cases_hash: Vec<u8>,
    seed: i64,
    measures: serde_json::Value,
    at: DateTime<Utc>,
}

impl TryFrom<EvaluationRow> for Evaluation {
    type Error = StoreError;
    fn try_from(row: EvaluationRow) -> Result<Self> {
        let cases_hash = hash::from_bytes(&row.cases_hash)
            .map_err(|_| StoreError::Corrupt("the hash of an evaluation's cases is not 32 bytes long".to_owned()))?;
        Ok(Self {
            id: EvaluationId::from_uuid(row.id),
            of: NewEvaluation {
                model: ModelVersionId::from_uuid(row.model_id),
                baseline_model: row.baseline_model_id.map(ModelVersionId::from_uuid),
                job: row.training_job_id.map(TrainingJobId::from_uuid),
                cases: row.cases,
                questions: row.questions,
                cases_hash,
                seed: row.seed,
                measures: serde_json::from_value(row.measures)?,
            },
            at: row.at,
        })
    }
}

impl Tx {
    /// A page of cases, newest first (by purpose evaluation_case_purpose_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn evaluation_cases(&mut self, filter: &CaseFilter, page: PageRequest) -> Result<Page<EvaluationCase>> {
        let query = evaluation_cases_query(self.project_uuid(), filter, page);
        self.page::<CaseRow, _>(query, page).await
    }

    /// Cases by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn evaluation_cases_by_id(&mut self, ids: &[EvaluationCaseId]) -> Result<Vec<EvaluationCase>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            CaseRow,
            "select id, review_id, trace_id, purpose, group_key, answer_is_right, content, at
             from evaluation_case where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(EvaluationCase::try_from)
        .collect()
    }

    /// All cases that count now, oldest first (evaluation_case_purpose_idx): of each trace the newest, if no expert's
    /// standing verdict contradicts it. Read in a frozen transaction, the list is one moment's.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn standing_cases(&mut self, purpose: CasePurpose) -> Result<Vec<EvaluationCase>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            CaseRow,
            r#"
            select c.id as "id!", c.review_id as "review_id!", c.trace_id as "trace_id!", c.purpose as "purpose!",
                   c.group_key as "group_key!", c.answer_is_right as "answer_is_right!", c.content as "content!",
                   c.at as "at!"
            from (
                select distinct on (trace_id) * from evaluation_case
                where project_id = $1 and purpose = $2 order by trace_id, id desc
            ) c
            where not exists (
                select from (
                    select distinct on (r.expert_id) r.verdict from review r
                    where r.project_id = $1 and r.trace_id = c.trace_id
                    order by r.expert_id, r.revision desc
                ) v
                where v.verdict in ('correct', 'partly_correct', 'incorrect')
                  and (v.verdict = 'correct') <> c.answer_is_right
            )
            order by c.id
            "#,
            project,
            purpose.word()
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(EvaluationCase::try_from)
        .collect()
    }

    /// Records an evaluation.
    ///
    /// # Errors
    /// If a model or the job is not there, or the database is out of reach.
    pub async fn add_evaluation(&mut self, new: &NewEvaluation) -> Result<EvaluationId> {
        let id: EvaluationId = self.fresh();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            r#"
            insert into evaluation (project_id, id, model_id, baseline_model_id, training_job_id, cases, questions,
                                    cases_hash, seed, measures, at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            "#,
            project,
            id.uuid(),
            new.model.uuid(),
            new.baseline_model.map(|id| id.uuid()),
            new.job.map(|id| id.uuid()),
            new.cases,
            new.questions,
            new.cases_hash.as_bytes(),
            new.seed,
            serde_json::to_value(&new.measures)?,
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(id)
    }

    /// A page of evaluations, newest first (by model evaluation_model_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn evaluations(&mut self, filter: &EvaluationFilter, page: PageRequest) -> Result<Page<Evaluation>> {
        let query = evaluations_query(self.project_uuid(), filter, page);
        self.page::<EvaluationRow, _>(query, page).await
    }

    /// Evaluations by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn evaluations_by_id(&mut self, ids: &[EvaluationId]) -> Result<Vec<Evaluation>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            EvaluationRow,
            "select id, model_id, baseline_model_id, training_job_id, cases, questions, cases_hash, seed, measures, at
             from evaluation where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Evaluation::try_from)
        .collect()
    }

    /// Evaluations of models (evaluation_model_idx), newest first; of a model no more than
    /// [`MOST`].
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn evaluations_of_models(&mut self, models: &[ModelVersionId]) -> Result<Vec<Evaluation>> {
        let models = uuids(models);
        let project = self.project_uuid();
        sqlx::query_as!(
            EvaluationRow,
            r#"
            select e.id as "id!", e.model_id as "model_id!", e.baseline_model_id, e.training_job_id,
                   e.cases as "cases!", e.questions as "questions!", e.cases_hash as "cases_hash!",
                   e.seed as "seed!", e.measures as "measures!", e.at as "at!"
            from (select distinct a from unnest($2::uuid[]) as a) as asked
            cross join lateral (
                select t.* from evaluation t where t.project_id = $1 and t.model_id = asked.a
                order by t.id desc limit $3
            ) e
            order by e.id desc
            "#,
            project,
            &models,
            MOST
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Evaluation::try_from)
        .collect()
    }
}

impl Tx {
    /// Stores evaluation cases, in one statement; a review that has one keeps it. Answers the ids of those stored.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_evaluation_cases(&mut self, cases: &[EvaluationCase]) -> Result<Vec<EvaluationCaseId>> {
        let project = self.project_uuid();
        let contents = cases.iter().map(|case| serde_json::to_value(&case.content)).collect::<Result<Vec<_>, _>>()?;
        Ok(sqlx::query_scalar!(
            r#"
            insert into evaluation_case (project_id, id, review_id, trace_id, purpose, group_key, answer_is_right,
                                         content, at)
            select $1, * from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bool[],
                                     $8::jsonb[], $9::timestamptz[])
            on conflict on constraint evaluation_case_pkey do nothing
            returning id
            "#,
            project,
            &cases.iter().map(|case| case.id.uuid()).collect::<Vec<_>>(),
            &cases.iter().map(|case| case.review.uuid()).collect::<Vec<_>>(),
            &cases.iter().map(|case| case.trace.uuid()).collect::<Vec<_>>(),
            &cases.iter().map(|case| case.purpose.word().to_owned()).collect::<Vec<_>>(),
            &cases.iter().map(|case| case.group_key.clone()).collect::<Vec<_>>(),
            &cases.iter().map(|case| case.answer_is_right).collect::<Vec<_>>(),
            &contents,
            &cases.iter().map(|case| case.at).collect::<Vec<_>>(),
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(EvaluationCaseId::from_uuid)
        .collect())
    }
}

/// The statement of [`Tx::evaluation_cases`].
pub(super) fn evaluation_cases_query(project: Uuid, filter: &CaseFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from evaluation_case where project_id = ");
    query.push_bind(project);
    if let Some(purpose) = filter.purpose {
        query.push(" and purpose = ").push_bind(purpose.word());
    }
    page.push(&mut query, "id");
    query
}

/// The statement of [`Tx::evaluations`].
pub(super) fn evaluations_query(project: Uuid, filter: &EvaluationFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from evaluation where project_id = ");
    query.push_bind(project);
    if let Some(model) = filter.model {
        query.push(" and model_id = ").push_bind(model.uuid());
    }
    page.push(&mut query, "id");
    query
}
