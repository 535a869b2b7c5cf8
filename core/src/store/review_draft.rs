//! Drafts of reviews: kept as the expert writes, and removed with the review that comes of them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Result, StoreError, Tx};
use crate::{
    domain::review::{Draft, DraftContent, Review},
    ids::{ExpertId, Id, TraceId},
};

/// What became of a draft that was to be saved.
#[derive(Debug, Clone, PartialEq)]
pub enum Saved {
    /// It is kept, as this version.
    Kept(Draft),
    /// It was changed elsewhere since: what stands now. `None` where it was given or discarded meanwhile.
    Overtaken(Option<Draft>),
}

struct DraftRow {
    trace_id: Uuid,
    expert_id: Uuid,
    version: i32,
    content: serde_json::Value,
    saved_at: DateTime<Utc>,
}

impl TryFrom<DraftRow> for Draft {
    type Error = StoreError;
    fn try_from(row: DraftRow) -> Result<Self> {
        Ok(Self {
            trace: TraceId::from_uuid(row.trace_id),
            expert: ExpertId::from_uuid(row.expert_id),
            version: row.version,
            content: serde_json::from_value(row.content)?,
            saved_at: row.saved_at,
        })
    }
}

impl Tx {
    /// Saves a draft that was made from a version, 0 where there was none. One that was changed since is left as it is
    /// (review_draft_pkey).
    ///
    /// # Errors
    /// If the database refuses or is out of reach. A trace that is not there is a constraint error named
    /// `review_draft_trace_fkey`.
    pub async fn save_draft(
        &mut self,
        trace: TraceId,
        expert: ExpertId,
        from: i32,
        content: &DraftContent,
    ) -> Result<Saved> {
        let (project, now, content) = (self.project_uuid(), self.now(), serde_json::to_value(content)?);
        let kept = if from == 0 {
            sqlx::query_as!(
                DraftRow,
                "insert into review_draft (project_id, trace_id, expert_id, version, content, saved_at)
                 values ($1, $2, $3, 1, $4, $5)
                 on conflict on constraint review_draft_pkey do nothing
                 returning trace_id, expert_id, version, content, saved_at",
                project,
                trace.uuid(),
                expert.uuid(),
                content,
                now,
            )
            .fetch_optional(self.connection())
            .await?
        } else {
            sqlx::query_as!(
                DraftRow,
                "update review_draft set version = version + 1, content = $4, saved_at = $5
                 where project_id = $1 and trace_id = $2 and expert_id = $3 and version = $6
                 returning trace_id, expert_id, version, content, saved_at",
                project,
                trace.uuid(),
                expert.uuid(),
                content,
                now,
                from,
            )
            .fetch_optional(self.connection())
            .await?
        };
        match kept {
            Some(row) => Ok(Saved::Kept(row.try_into()?)),
            None => Ok(Saved::Overtaken(self.draft(trace, expert).await?)),
        }
    }

    /// What an expert has written of a review (review_draft_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn draft(&mut self, trace: TraceId, expert: ExpertId) -> Result<Option<Draft>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            DraftRow,
            "select trace_id, expert_id, version, content, saved_at from review_draft
             where project_id = $1 and trace_id = $2 and expert_id = $3",
            project,
            trace.uuid(),
            expert.uuid(),
        )
        .fetch_optional(self.connection())
        .await?
        .map(Draft::try_from)
        .transpose()
    }

    /// Removes a draft; tells whether there was one.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn discard_draft(&mut self, trace: TraceId, expert: ExpertId) -> Result<bool> {
        let project = self.project_uuid();
        let done = sqlx::query!(
            "delete from review_draft where project_id = $1 and trace_id = $2 and expert_id = $3",
            project,
            trace.uuid(),
            expert.uuid(),
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes the drafts that reviews came of.
    pub(super) async fn discard_drafts_of(&mut self, reviews: &[&Review]) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!(
            "delete from review_draft d using unnest($2::uuid[], $3::uuid[]) as t (trace_id, expert_id)
             where d.project_id = $1 and d.trace_id = t.trace_id and d.expert_id = t.expert_id",
            project,
            &reviews.iter().map(|review| review.trace.uuid()).collect::<Vec<_>>(),
            &reviews.iter().map(|review| review.expert.uuid()).collect::<Vec<_>>(),
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
