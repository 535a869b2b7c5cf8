//! What sources are known to state, as texts to hold quotations against.

use super::{Result, Tx};
use crate::ids::{FactId, Id, SourceId};

/// How many facts that were retracted are looked through for those of one source.
const RETRACTED: i64 = 10_000;

impl Tx {
    /// What a source states, as texts to hold quotations against: statement and quote of up to 1,000 of its facts
    /// that are not retracted, in the order of their ids, after one of them (grounding_fact_source_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn texts_of_source(
        &mut self,
        source: SourceId,
        after: Option<FactId>,
    ) -> Result<Vec<(FactId, String, Option<String>)>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            r#"
            select f.id, f.statement, f.quote from grounding_fact f
            where f.project_id = $1 and f.source_id = $2 and ($3::uuid is null or f.id > $3)
              and (
                  select s.state from fact_state s where s.project_id = f.project_id and s.fact_id = f.id
                  order by s.id desc limit 1
              ) <> 'retracted'
            order by f.id limit 1000
            "#,
            project,
            source.uuid(),
            after.map(Id::uuid),
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (FactId::from_uuid(row.id), row.statement, row.quote))
        .collect())
    }

    /// Statement and quote of a source's facts that were retracted, of the first 10,000 of the project that ever were
    /// (fact_state_state_idx, fact_state_fact_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn retracted_texts_of_source(
        &mut self,
        source: SourceId,
    ) -> Result<Vec<(FactId, String, Option<String>)>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            r#"
            select f.id, f.statement, f.quote
            from (
                select distinct s.fact_id from fact_state s
                where s.project_id = $1 and s.state = 'retracted' order by s.fact_id limit $3
            ) once
            join grounding_fact f on f.project_id = $1 and f.id = once.fact_id and f.source_id = $2
            where (
                select n.state from fact_state n where n.project_id = f.project_id and n.fact_id = f.id
                order by n.id desc limit 1
            ) = 'retracted'
            order by f.id limit 1000
            "#,
            project,
            source.uuid(),
            RETRACTED,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (FactId::from_uuid(row.id), row.statement, row.quote))
        .collect())
    }
}
