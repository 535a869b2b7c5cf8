//! Traces of which it is known what is right. Who judges does not learn which they are.

use async_graphql::{Context, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{domain::gold, ids::TraceId};
use chrono::{DateTime, Utc};

use super::{
    fault::OrFault,
    loading::one,
    paging::{Connection, PageArgs, connect},
    session::reading,
    trace::Trace,
    words::Verdict,
};

/// A trace of which it is known what is right: it tells how often an expert is. It is trained on never.
#[derive(Debug, Clone)]
pub struct GoldItem(pub(super) gold::GoldItem);

/// A trace of which it is known what is right: it tells how often an expert is. It is trained on never.
#[at_hand]
#[Object]
impl GoldItem {
    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// What is right.
    async fn verdict(&self) -> Verdict {
        self.0.known.verdict.into()
    }

    /// Ordinal of the first flawed step, from 0.
    async fn suspect_step(&self) -> Option<i32> {
        self.0.known.suspect_step
    }

    /// How it is known.
    async fn note(&self) -> Option<&str> {
        self.0.known.note.as_deref()
    }

    /// When it was entered.
    async fn entered_at(&self) -> DateTime<Utc> {
        self.0.entered_at
    }

    /// Since when nobody is asked about it.
    async fn retired_at(&self) -> Option<DateTime<Utc>> {
        self.0.retired_at
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct GoldQuery;

#[Object]
impl GoldQuery {
    /// Traces of which it is known what is right, those of the newest traces first.
    async fn gold_items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<GoldItem>> {
        let page = PageArgs { first, last, after, before }.by_id::<TraceId>()?;
        let mut tx = reading(ctx).await?;
        let page = tx.gold_items(page).await.or_fault()?;
        Ok(connect(page.map(GoldItem), |record| record.0.trace.to_string()))
    }
}
