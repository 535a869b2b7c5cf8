//! Scores: rewards and their terms.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder, types::Json};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::{
        judgement::{Score, ScoreInputs},
        reward_formula::{RewardWeights, Weighing},
    },
    hash,
    ids::{ConsensusId, Id, ModelVersionId, ReviewId, ScoreId, TraceId, VerificationId, uuids},
};

/// Which scores are asked for. What is `None` does not restrict.
#[derive(Debug, Clone, Default)]
pub struct ScoreFilter {
    /// Those of this trace (score_trace_idx).
    pub trace: Option<TraceId>,
    /// Those whose reward is below zero, or those whose is not (score_below_zero_idx, score_from_zero_idx).
    pub below_zero: Option<bool>,
}

#[derive(FromRow)]
struct ScoreRow {
    id: Uuid,
    trace_id: Uuid,
    verification_id: Uuid,
    consensus_id: Option<Uuid>,
    review_id: Option<Uuid>,
    reward_model_id: Option<Uuid>,
    reward: f64,
    expert_term: Option<f64>,
    support_term: f64,
    unverifiable_term: f64,
    consistency_term: f64,
    model_term: Option<f64>,
    feedback_term: Option<f64>,
    feedback_count: i32,
    citation_term: Option<f64>,
    formula_version: Option<i32>,
    weights: Json<RewardWeights>,
    findings: serde_json::Value,
    first_suspect: Option<i32>,
    inputs_hash: Vec<u8>,
    at: DateTime<Utc>,
}

impl TryFrom<ScoreRow> for Score {
    type Error = StoreError;
    fn try_from(row: ScoreRow) -> Result<Self> {
        Ok(Self {
            id: ScoreId::from_uuid(row.id),
            trace: TraceId::from_uuid(row.trace_id),
            inputs: ScoreInputs {
                verification: VerificationId::from_uuid(row.verification_id),
                consensus: row.consensus_id.map(ConsensusId::from_uuid),
                review: row.review_id.map(ReviewId::from_uuid),
                reward_model: row.reward_model_id.map(ModelVersionId::from_uuid),
            },
            reward: row.reward,
            expert_term: row.expert_term,
            support_term: row.support_term,
            unverifiable_term: row.unverifiable_term,
            consistency_term: row.consistency_term,
            model_term: row.model_term,
            feedback_term: row.feedback_term,
            feedback_count: row.feedback_count,
            citation_term: row.citation_term,
            weighing: Weighing { version: row.formula_version, weights: row.weights.0 },
            findings: serde_json::from_value(row.findings)?,
            first_suspect: row.first_suspect,
            inputs_hash: hash::from_bytes(&row.inputs_hash)
                .map_err(|_| StoreError::Corrupt("a score's hash is not 32 bytes long".to_owned()))?,
            at: row.at,
        })
    }
}

impl Tx {
    /// Stores scores, in one statement.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_scores(&mut self, scores: &[Score]) -> Result<()> {
        let project = self.project_uuid();
        let findings =
            scores.iter().map(|score| serde_json::to_value(&score.findings)).collect::<Result<Vec<_>, _>>()?;
        let weights =
            scores.iter().map(|score| serde_json::to_value(score.weighing.weights)).collect::<Result<Vec<_>, _>>()?;
        sqlx::query!(
            r#"
            insert into score (project_id, id, trace_id, verification_id, consensus_id, review_id, reward_model_id,
                               reward, expert_term, support_term, unverifiable_term, consistency_term, model_term,
                               findings, inputs_hash, at, feedback_term, feedback_count, first_suspect,
                               citation_term, formula_version, weights)
            select $1, * from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::float8[],
                                     $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::float8[],
                                     $14::jsonb[], $15::bytea[], $16::timestamptz[], $17::float8[], $18::int[], $19::int[],
                                     $20::float8[], $21::int[], $22::jsonb[])
            "#,
            project,
            &scores.iter().map(|score| score.id.uuid()).collect::<Vec<_>>(),
            &scores.iter().map(|score| score.trace.uuid()).collect::<Vec<_>>(),
            &scores.iter().map(|score| score.inputs.verification.uuid()).collect::<Vec<_>>(),
            &scores.iter().map(|score| score.inputs.consensus.map(Id::uuid)).collect::<Vec<_>>() as &[Option<Uuid>],
            &scores.iter().map(|score| score.inputs.review.map(Id::uuid)).collect::<Vec<_>>() as &[Option<Uuid>],
            &scores.iter().map(|score| score.inputs.reward_model.map(Id::uuid)).collect::<Vec<_>>() as &[Option<Uuid>],
            &scores.iter().map(|score| score.reward).collect::<Vec<_>>(),
            &scores.iter().map(|score| score.expert_term).collect::<Vec<_>>() as &[Option<f64>],
            &scores.iter().map(|score| score.support_term).collect::<Vec<_>>(),
            &scores.iter().map(|score| score.unverifiable_term).collect::<Vec<_>>(),
            &scores.iter().map(|score| score.consistency_term).collect::<Vec<_>>(),
            &scores.iter().map(|score| score.model_term).collect::<Vec<_>>() as &[Option<f64>],
            &findings,
            &scores.iter().map(|score| score.inputs_hash.as_bytes().to_vec()).collect::<Vec<_>>(),
            &scores.iter().map(|score| score.at).collect::<Vec<_>>(),
            &scores.iter().map(|score| score.feedback_term).collect::<Vec<_>>() as &[Option<f64>],
            &scores.iter().map(|score| score.feedback_count).collect::<Vec<_>>(),
            &scores.iter().map(|score| score.first_suspect).collect::<Vec<_>>() as &[Option<i32>],
            &scores.iter().map(|score| score.citation_term).collect::<Vec<_>>() as &[Option<f64>],
            &scores.iter().map(|score| score.weighing.version).collect::<Vec<_>>() as &[Option<i32>],
            &weights,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The newest score of each trace that has one (score_trace_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn latest_scores_of_traces(&mut self, traces: &[TraceId]) -> Result<Vec<Score>> {
        let (project, traces) = (self.project_uuid(), uuids(traces));
        sqlx::query_as!(
            ScoreRow,
            r#"
            select s.id, s.trace_id, s.verification_id, s.consensus_id, s.review_id, s.reward_model_id, s.reward,
                   s.expert_term, s.support_term, s.unverifiable_term, s.consistency_term, s.model_term, s.feedback_term,
                   s.feedback_count, s.citation_term, s.formula_version, s.weights as "weights: Json<RewardWeights>", s.findings, s.first_suspect, s.inputs_hash, s.at
            from unnest($2::uuid[]) t (id), lateral (
                select * from score where project_id = $1 and trace_id = t.id order by id desc limit 1
            ) s
            "#,
            project,
            &traces
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Score::try_from)
        .collect()
    }

    /// Scores by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn scores_by_id(&mut self, ids: &[ScoreId]) -> Result<Vec<Score>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            ScoreRow,
            r#"select id, trace_id, verification_id, consensus_id, review_id, reward_model_id, reward, expert_term,
                    support_term, unverifiable_term, consistency_term, model_term, feedback_term, feedback_count,
                    citation_term, formula_version, weights as "weights: Json<RewardWeights>", findings, first_suspect,
                    inputs_hash, at
             from score where project_id = $1 and id = any($2)"#,
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Score::try_from)
        .collect()
    }

    /// A page of scores, newest first.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn scores(&mut self, filter: &ScoreFilter, page: PageRequest) -> Result<Page<Score>> {
        let query = scores_query(self.project_uuid(), filter, page);
        self.page::<ScoreRow, _>(query, page).await
    }

    /// Traces in the order of their ids, after one of them (error_trace_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn trace_ids_after(&mut self, after: Option<TraceId>, most: i64) -> Result<Vec<TraceId>> {
        let project = self.project_uuid();
        Ok(sqlx::query_scalar!(
            "select id from error_trace where project_id = $1 and ($2::uuid is null or id > $2) order by id limit $3",
            project,
            after.map(Id::uuid),
            most
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(TraceId::from_uuid)
        .collect())
    }
}

/// The statement of [`Tx::scores`].
pub(super) fn scores_query(project: Uuid, filter: &ScoreFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from score where project_id = ");
    query.push_bind(project);
    if let Some(trace) = filter.trace {
        query.push(" and trace_id = ").push_bind(trace.uuid());
    }
    if let Some(below_zero) = filter.below_zero {
        // As the indexes say it: a bound value would not match their condition.
        query.push(if below_zero { " and reward < 0" } else { " and reward >= 0" });
    }
    page.push(&mut query, "id");
    query
}
