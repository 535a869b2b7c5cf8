//! The formula of the reward, version by version.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder, types::Json};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::reward_formula::{RewardFormula, RewardWeights, Weighing},
    ids::{ApiKeyId, Id},
};

#[derive(FromRow)]
struct RewardFormulaRow {
    version: i32,
    weights: Json<RewardWeights>,
    note: Option<String>,
    key_id: Option<Uuid>,
    set_at: DateTime<Utc>,
}

impl TryFrom<RewardFormulaRow> for RewardFormula {
    type Error = StoreError;
    fn try_from(row: RewardFormulaRow) -> Result<Self> {
        Ok(Self {
            version: row.version,
            weights: row.weights.0,
            note: row.note,
            key: row.key_id.map(ApiKeyId::from_uuid),
            set_at: row.set_at,
        })
    }
}

impl Tx {
    /// Writes the next version of this project's formula. Of two that are written at once the second is a constraint error
    /// named `reward_formula_pkey`; whoever holds the project's settings is alone.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn write_reward_formula(
        &mut self,
        weights: &RewardWeights,
        note: Option<&str>,
        key: Option<ApiKeyId>,
    ) -> Result<RewardFormula> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query_as!(
            RewardFormulaRow,
            r#"insert into reward_formula (project_id, version, weights, note, key_id, set_at)
               select $1, coalesce(max(f.version), 0) + 1, $2, $3, $4, $5 from reward_formula f where f.project_id = $1
               returning version, weights as "weights: Json<RewardWeights>", note, key_id, set_at"#,
            project,
            Json(weights) as Json<&RewardWeights>,
            note,
            key.map(Id::uuid),
            now,
        )
        .fetch_one(self.connection())
        .await?
        .try_into()
    }

    /// The version that holds; `None` where this project has set none (reward_formula_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn reward_formula(&mut self) -> Result<Option<RewardFormula>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            RewardFormulaRow,
            r#"select version, weights as "weights: Json<RewardWeights>", note, key_id, set_at from reward_formula
               where project_id = $1 order by version desc limit 1"#,
            project,
        )
        .fetch_optional(self.connection())
        .await?
        .map(RewardFormula::try_from)
        .transpose()
    }

    /// The weights by which this project's rewards are made: those of the version that holds, else the program's own.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn weighing(&mut self) -> Result<Weighing> {
        let set = self.reward_formula().await?;
        Ok(set.map_or_else(Weighing::default, |set| Weighing { version: Some(set.version), weights: set.weights }))
    }

    /// A page of the versions, newest first (reward_formula_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn reward_formulas(&mut self, page: PageRequest<i32>) -> Result<Page<RewardFormula>> {
        let query = reward_formulas_query(self.project_uuid(), page);
        self.page::<RewardFormulaRow, _>(query, page).await
    }
}

/// The statement of [`Tx::reward_formulas`].
pub(super) fn reward_formulas_query(project: Uuid, page: PageRequest<i32>) -> QueryBuilder<Postgres> {
    let mut query =
        QueryBuilder::new("select version, weights, note, key_id, set_at from reward_formula where project_id = ");
    query.push_bind(project);
    page.push(&mut query, "version");
    query
}
