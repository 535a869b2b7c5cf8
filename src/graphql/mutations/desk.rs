//! What an expert does at their desk: the items they hold, and what they write before it is given.

use async_graphql::{Context, ID, Json, Object, Result, SimpleObject};
use atr_core::{domain::review::DraftContent, store::Saved};
use serde_json::Value;

use super::{id, payload};
use crate::{
    app::{AppError, assignments, review_drafts},
    graphql::{expert::Assignment, review_draft::ReviewDraft, session::session},
};

payload! {
    /// What became of an item.
    AssignmentPayload {
        /// The item.
        assignment: Assignment
    }
}

/// What became of a draft.
#[derive(Debug, SimpleObject)]
pub struct SavedDraft {
    /// Whether it is kept. Where it is not, it was saved elsewhere since, or given or discarded: nothing was overwritten.
    kept: bool,
    /// What stands now; null where it was given or discarded meanwhile.
    draft: Option<ReviewDraft>,
}

payload! {
    /// What became of a draft.
    SaveReviewDraftPayload {
        /// Whether it is kept, and what stands now.
        saved: SavedDraft
    }
}

payload! {
    /// What became of a draft that was to go.
    DiscardReviewDraftPayload {
        /// Whether there was one.
        discarded: bool
    }
}

/// Mutations of an expert's desk.
#[derive(Debug, Default)]
pub struct DeskMutation;

#[Object]
impl DeskMutation {
    /// Says that the expert whose key this is looks at an item that they hold: it stays theirs for a day from now at least.
    /// For experts.
    async fn open_assignment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The item.")] assignment: ID,
    ) -> Result<AssignmentPayload> {
        let session = session(ctx)?;
        let opened = async { assignments::open(&session.app, &session.actor, id("assignment", &assignment)?).await };
        AssignmentPayload::of(opened.await, Assignment)
    }

    /// Gives back an item that the expert whose key this is holds: someone else is asked. For experts.
    async fn return_assignment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The item.")] assignment: ID,
    ) -> Result<AssignmentPayload> {
        let session = session(ctx)?;
        let returned =
            async { assignments::give_back(&session.app, &session.actor, id("assignment", &assignment)?).await };
        AssignmentPayload::of(returned.await, Assignment)
    }

    /// Gives the expert whose key this is one item more in the open cycle: what is worth most of what others passed on or
    /// left. For experts.
    async fn take_assignment(&self, ctx: &Context<'_>) -> Result<AssignmentPayload> {
        let session = session(ctx)?;
        AssignmentPayload::of(assignments::take(&session.app, &session.actor).await, Assignment)
    }

    /// Saves what the expert whose key this is has written of a review so far. What was saved elsewhere since is never
    /// overwritten. For experts.
    async fn save_review_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The trace.")] trace: ID,
        #[graphql(desc = "The version of the draft it was made from; 0 where there was none.")] from: i32,
        #[graphql(desc = "Fields of a review, as the lines of POST /v1/ingest/reviews name them; none must be there.")]
        content: Json<Value>,
    ) -> Result<SaveReviewDraftPayload> {
        let session = session(ctx)?;
        let saved = async {
            let content = DraftContent::parse(content.0.to_string().as_bytes())
                .map_err(|refused| AppError::from(refused.within("content")))?;
            review_drafts::save(&session.app, &session.actor, id("trace", &trace)?, from, &content).await
        };
        SaveReviewDraftPayload::of(saved.await, |saved| match saved {
            Saved::Kept(draft) => SavedDraft { kept: true, draft: Some(ReviewDraft(draft)) },
            Saved::Overtaken(draft) => SavedDraft { kept: false, draft: draft.map(ReviewDraft) },
        })
    }

    /// Discards what the expert whose key this is has written of a review. For experts.
    async fn discard_review_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The trace.")] trace: ID,
    ) -> Result<DiscardReviewDraftPayload> {
        let session = session(ctx)?;
        let discarded = async { review_drafts::discard(&session.app, &session.actor, id("trace", &trace)?).await };
        DiscardReviewDraftPayload::of(discarded.await, |was| was)
    }
}
