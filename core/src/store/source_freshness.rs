//! How fresh sources are: when they were read, and when they are to be read again.

use chrono::TimeDelta;

use super::{Result, Tx};
use crate::{
    domain::source_copy::Freshness,
    ids::{FactId, Id, SourceId, uuids},
    queue::Work,
};

impl Tx {
    /// How fresh sources are (grounding_source_pkey, source_retrieval_current_idx, source_retrieval_source_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn freshness_of_sources(&mut self, sources: &[SourceId]) -> Result<Vec<(SourceId, Freshness)>> {
        let (project, now, sources) = (self.project_uuid(), self.now(), uuids(sources));
        Ok(sqlx::query!(
            r#"
            select s.id, coalesce(greatest(s.retrieved_at, r.retrieved_at), s.created_at) as "read_at!", s.refresh_hours,
                   coalesce((
                       select n.outcome = 'failed' from source_retrieval n
                       where n.project_id = s.project_id and n.source_id = s.id order by n.id desc limit 1
                   ), false) as "failing!"
            from grounding_source s
            left join lateral (
                select c.retrieved_at from source_retrieval c
                where c.project_id = s.project_id and c.source_id = s.id and c.copy_id is not null
                order by c.id desc limit 1
            ) r on true
            where s.project_id = $1 and s.id = any($2)
            "#,
            project,
            &sources
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            let fresh_until = row.refresh_hours.map(|hours| row.read_at + TimeDelta::hours(hours.into()));
            let stale = fresh_until.is_some_and(|until| until < now);
            let freshness = Freshness { read_at: row.read_at, fresh_until, stale, failing: row.failing };
            (SourceId::from_uuid(row.id), freshness)
        })
        .collect())
    }

    /// Those of these facts whose source should have been read again before now; of a project without a source that is to be read
    /// again nothing more is looked up (grounding_source_refreshed_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn stale_facts(&mut self, facts: &[FactId]) -> Result<Vec<FactId>> {
        if facts.is_empty() {
            return Ok(vec![]);
        }
        let (project, now, facts) = (self.project_uuid(), self.now(), uuids(facts));
        Ok(sqlx::query_scalar!(
            r#"
            select f.id from grounding_fact f
            join grounding_source s on s.project_id = f.project_id and s.id = f.source_id and s.refresh_hours is not null
            left join lateral (
                select c.retrieved_at from source_retrieval c
                where c.project_id = s.project_id and c.source_id = s.id and c.copy_id is not null
                order by c.id desc limit 1
            ) r on true
            where f.project_id = $1 and f.id = any($2)
              and exists (select from grounding_source g where g.project_id = $1 and g.refresh_hours is not null)
              and coalesce(greatest(s.retrieved_at, r.retrieved_at), s.created_at) + s.refresh_hours * interval '1 hour' < $3
            "#,
            project,
            &facts,
            now
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(FactId::from_uuid)
        .collect())
    }

    /// Says after how many hours a source is to be read again, from when it was read last; `None`: never. Answers what held
    /// before; `None` if there is no such source.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn set_refresh_hours(&mut self, source: SourceId, hours: Option<i32>) -> Result<Option<Option<i32>>> {
        let project = self.project_uuid();
        // Locked, so that of two who say so the later sees what the earlier said.
        let before = sqlx::query_scalar!(
            "select refresh_hours from grounding_source where project_id = $1 and id = $2 for no key update",
            project,
            source.uuid()
        )
        .fetch_optional(self.connection())
        .await?;
        let Some(before) = before else { return Ok(None) };
        sqlx::query!(
            "update grounding_source set refresh_hours = $3 where project_id = $1 and id = $2",
            project,
            source.uuid(),
            hours
        )
        .execute(self.connection())
        .await?;
        for (_, freshness) in self.freshness_of_sources(&[source]).await? {
            if let Some(due) = freshness.fresh_until {
                self.enqueue_at(Work::RefreshSource { source }, due).await?;
            }
        }
        Ok(Some(before))
    }
}
