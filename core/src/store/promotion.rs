//! Promotions: the newest that is not a refusal names the model in use.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx, page::MOST};
use crate::{
    domain::{
        evaluation::{NewPromotion, Promotion, PromotionFilter},
        lineage::{Edge, Relation},
        model::ModelVersion,
    },
    ids::{ApiKeyId, EvaluationId, Id, ModelVersionId, PromotionId, uuids},
};

#[derive(FromRow)]
struct PromotionRow {
    id: Uuid,
    model_id: Uuid,
    evaluation_id: Option<Uuid>,
    previous_model_id: Option<Uuid>,
    decision: String,
    reason: String,
    gate: serde_json::Value,
    key_id: Option<Uuid>,
    at: DateTime<Utc>,
}

impl TryFrom<PromotionRow> for Promotion {
    type Error = StoreError;
    fn try_from(row: PromotionRow) -> Result<Self> {
        Ok(Self {
            id: PromotionId::from_uuid(row.id),
            of: NewPromotion {
                model: ModelVersionId::from_uuid(row.model_id),
                evaluation: row.evaluation_id.map(EvaluationId::from_uuid),
                previous_model: row.previous_model_id.map(ModelVersionId::from_uuid),
                decision: row.decision.parse()?,
                reason: row.reason,
                gate: row.gate,
                key: row.key_id.map(ApiKeyId::from_uuid),
            },
            at: row.at,
        })
    }
}

impl Tx {
    /// Makes others that name or promote models in this project wait until this transaction ends, so that what it reads
    /// of them stays true.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn lock_models(&mut self) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended('model:' || $1::uuid::text, 0))", project)
            .fetch_one(self.connection())
            .await?;
        Ok(())
    }

    /// The newest promotion that is not a refusal (promotion_effective_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn promotion_in_force(&mut self) -> Result<Option<Promotion>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            PromotionRow,
            "select id, model_id, evaluation_id, previous_model_id, decision, reason, gate, key_id, at
             from promotion where project_id = $1 and decision <> 'refused' order by id desc limit 1",
            project
        )
        .fetch_optional(self.connection())
        .await?
        .map(Promotion::try_from)
        .transpose()
    }

    /// The reward model in use, if one is.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn model_in_use(&mut self) -> Result<Option<ModelVersion>> {
        let Some(promotion) = self.promotion_in_force().await? else { return Ok(None) };
        Ok(self.models_by_id(&[promotion.of.model]).await?.pop())
    }

    /// Records a decision, and that it rests on the model and on the evaluation that decided. Whoever decides by what is
    /// in use calls [`Tx::lock_models`] first.
    ///
    /// # Errors
    /// If a model or the evaluation is not there, or the database is out of reach.
    pub async fn add_promotion(&mut self, new: &NewPromotion) -> Result<PromotionId> {
        let id: PromotionId = self.fresh();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            r#"
            insert into promotion (project_id, id, model_id, evaluation_id, previous_model_id, decision, reason, gate,
                                   key_id, at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            "#,
            project,
            id.uuid(),
            new.model.uuid(),
            new.evaluation.map(|id| id.uuid()),
            new.previous_model.map(|id| id.uuid()),
            new.decision.word(),
            new.reason,
            new.gate,
            new.key.map(|id| id.uuid()),
            now,
        )
        .execute(self.connection())
        .await?;
        let mut edges = vec![Edge::new(id, Relation::Used, new.model)];
        edges.extend(new.evaluation.map(|evaluation| Edge::new(id, Relation::Used, evaluation)));
        self.note_lineage(&edges).await?;
        Ok(id)
    }

    /// A page of promotions, newest first (by model promotion_model_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn promotions(&mut self, filter: &PromotionFilter, page: PageRequest) -> Result<Page<Promotion>> {
        let query = promotions_query(self.project_uuid(), filter, page);
        self.page::<PromotionRow, _>(query, page).await
    }

    /// Promotions by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn promotions_by_id(&mut self, ids: &[PromotionId]) -> Result<Vec<Promotion>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            PromotionRow,
            "select id, model_id, evaluation_id, previous_model_id, decision, reason, gate, key_id, at
             from promotion where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Promotion::try_from)
        .collect()
    }

    /// Promotions and refusals of models (promotion_model_idx), newest first; of a model no
    /// more than [`MOST`].
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn promotions_of_models(&mut self, models: &[ModelVersionId]) -> Result<Vec<Promotion>> {
        let models = uuids(models);
        let project = self.project_uuid();
        sqlx::query_as!(
            PromotionRow,
            r#"
            select p.id as "id!", p.model_id as "model_id!", p.evaluation_id, p.previous_model_id,
                   p.decision as "decision!", p.reason as "reason!", p.gate as "gate!", p.key_id,
                   p.at as "at!"
            from (select distinct a from unnest($2::uuid[]) as a) as asked
            cross join lateral (
                select t.* from promotion t where t.project_id = $1 and t.model_id = asked.a
                order by t.id desc limit $3
            ) p
            order by p.id desc
            "#,
            project,
            &models,
            MOST
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Promotion::try_from)
        .collect()
    }
}

/// The statement of [`Tx::promotions`].
pub(super) fn promotions_query(project: Uuid, filter: &PromotionFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from promotion where project_id = ");
    query.push_bind(project);
    if let Some(model) = filter.model {
        query.push(" and model_id = ").push_bind(model.uuid());
    }
    if let Some(decision) = filter.decision {
        query.push(" and decision = ").push_bind(decision.word());
    }
    page.push(&mut query, "id");
    query
}
