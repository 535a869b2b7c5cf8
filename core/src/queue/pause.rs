//! Pausing a stage: nothing of it is claimed, in any project. What runs finishes, and tasks go on being enqueued.

use chrono::{DateTime, Utc};

use super::Stage;
use crate::{
    ids::{ApiKeyId, Id},
    store::{Result, Store},
};

/// A stage that is not claimed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// The stage.
    pub stage: Stage,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The key it was paused with; none for a command beside the database.
    pub by: Option<ApiKeyId>,
    /// Why.
    pub why: String,
}

impl Store {
    /// Pauses a stage; `None` if it is paused already. A claim that began before may still take a last batch.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn pause_stage(&self, stage: Stage, by: Option<ApiKeyId>, why: &str) -> Result<Option<Pause>> {
        let since = sqlx::query_scalar!(
            r#"
            insert into stage_pause (stage, paused_at, paused_by, why) values ($1, now(), $2, $3)
            on conflict (stage) where resumed_at is null do nothing
            returning paused_at
            "#,
            stage.word(),
            by.map(Id::uuid),
            why,
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(since.map(|since| Pause { stage, since, by, why: why.to_owned() }))
    }

    /// Ends a stage's pause and rings for it; `false` if it is not paused.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn resume_stage(&self, stage: Stage, by: Option<ApiKeyId>) -> Result<bool> {
        let done = sqlx::query!(
            "update stage_pause set resumed_at = now(), resumed_by = $2 where stage = $1 and resumed_at is null",
            stage.word(),
            by.map(Id::uuid),
        )
        .execute(&self.pool)
        .await?;
        if done.rows_affected() > 0 {
            self.bell.ring([stage]);
        }
        Ok(done.rows_affected() > 0)
    }

    /// The stages that are paused (stage_pause_current: at most one row a stage).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn pauses(&self) -> Result<Vec<Pause>> {
        sqlx::query!("select stage, paused_at, paused_by, why from stage_pause where resumed_at is null order by stage")
            .fetch_all(&self.pool)
            .await?
            .into_iter()
            .map(|row| {
                Ok(Pause {
                    stage: row.stage.parse()?,
                    since: row.paused_at,
                    by: row.paused_by.map(ApiKeyId::from_uuid),
                    why: row.why,
                })
            })
            .collect()
    }
}
