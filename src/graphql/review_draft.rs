//! What experts have written of reviews that are not given yet.

use async_graphql::{Context, ID, Json, Object, Result};
use atr_core::domain::review;
use chrono::{DateTime, Utc};

use super::{
    expert::Expert,
    fault::{OrFault, invalid},
    loading::one,
    session::{consulting, session},
    trace::Trace,
};
use crate::app::review_drafts;

/// What an expert has written of a review that is not given yet.
#[derive(Debug, Clone)]
pub struct ReviewDraft(pub(super) review::Draft);

/// What an expert has written of a review that is not given yet. Its writer alone reads it.
#[Object]
impl ReviewDraft {
    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// Who writes.
    async fn expert(&self, ctx: &Context<'_>) -> Result<Expert> {
        one(ctx, self.0.expert).await
    }

    /// From 1; each saving is the next.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What is written: fields of a review, as the lines of POST /v1/ingest/reviews name them.
    async fn content(&self) -> Json<&review::DraftContent> {
        Json(&self.0.content)
    }

    /// When it was saved last.
    async fn saved_at(&self) -> DateTime<Utc> {
        self.0.saved_at
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct ReviewDraftQuery;

#[Object]
impl ReviewDraftQuery {
    /// What the expert whose key this is has written of a review that is not given yet; null where there is nothing.
    async fn review_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The trace.")] trace: ID,
    ) -> Result<Option<ReviewDraft>> {
        let trace = trace.parse().map_err(|error: atr_core::ids::IdError| invalid("trace", &error.to_string()))?;
        let mut tx = consulting(ctx).await?;
        let draft = review_drafts::read(&mut tx, &session(ctx)?.actor, trace).await.or_fault()?;
        Ok(draft.map(ReviewDraft))
    }
}
