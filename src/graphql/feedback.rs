//! What users say of answers.

use async_graphql::{Context, ID, InputObject, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{
    domain::feedback::{self, Subject},
    ids::FeedbackId,
    store,
};
use chrono::{DateTime, Utc};

use super::{
    fault::OrFault,
    intake::Batch,
    loading::{TraceOf, children, found, one},
    paging::{Connection, PageArgs, connect},
    scalars::IntoId,
    session::reading,
    trace::Trace,
};

/// What a user said of an answer. It is no verdict: experts alone give those.
#[derive(Debug, Clone)]
pub struct Feedback(pub(super) feedback::Feedback);

/// What a user said of an answer. It is no verdict: experts alone give those.
#[at_hand]
#[Object]
impl Feedback {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The sender's id.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// The trace it is about, the newest revision of it; null until it has come.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Option<Trace>> {
        Ok(children(ctx, TraceOf(self.0.id)).await?.pop())
    }

    /// The sender's id of the trace, which is OpenTelemetry's for a trace of spans; null where the trace has none.
    async fn trace_external_id(&self) -> Option<&str> {
        match &self.0.subject {
            Subject::Named(name) => Some(name),
            Subject::Unnamed(_) => None,
        }
    }

    /// The span that it is about, 16 hex digits; null for the whole trace.
    async fn span_id(&self) -> Option<String> {
        self.0.span.map(|id| id.to_string())
    }

    /// From -1 (bad) to 1 (good): a thumb up is 1, down -1; of five stars, n are (n - 3) / 2.
    async fn rating(&self) -> Option<f64> {
        self.0.said.rating
    }

    /// What the answer should have been, by the user.
    async fn correction(&self) -> Option<&str> {
        self.0.said.correction.as_deref()
    }

    /// In the user's words.
    async fn comment(&self) -> Option<&str> {
        self.0.said.comment.as_deref()
    }

    /// What it says of the answer, -1 to 1: its rating; -1 for a correction without one; null for a comment alone.
    async fn opinion(&self) -> Option<f64> {
        self.0.opinion
    }

    /// The batch that brought it.
    async fn batch(&self, ctx: &Context<'_>) -> Result<Batch> {
        one(ctx, self.0.batch).await
    }

    /// When it came.
    async fn received_at(&self) -> DateTime<Utc> {
        self.0.received_at
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct FeedbackFilter {
    /// What finds the answer bad, or what does not; a comment alone is neither.
    bad: Option<bool>,
    /// What has this sender's id.
    external_id: Option<String>,
    /// What is about the trace with this sender's id, also before it has come.
    trace_external_id: Option<String>,
}

impl FeedbackFilter {
    fn read(self) -> store::FeedbackFilter {
        store::FeedbackFilter {
            bad: self.bad,
            external_id: self.external_id,
            trace_external_id: self.trace_external_id,
        }
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct FeedbackQuery;

#[Object]
impl FeedbackQuery {
    /// Feedback by its id; null if this project has none of that id.
    async fn feedback(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Feedback>> {
        found::<FeedbackId, _>(ctx, &id).await
    }

    /// Users' feedback, newest first.
    async fn feedbacks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<FeedbackFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Feedback>> {
        let page = PageArgs { first, last, after, before }.by_id::<FeedbackId>()?;
        let filter = filter.unwrap_or_default().read();
        let mut tx = reading(ctx).await?;
        let page = tx.feedback(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Feedback), |record| record.0.id.to_string()))
    }
}
