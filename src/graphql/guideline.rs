//! How answers are to be judged.

use async_graphql::{Context, ID, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{domain::guideline, ids::GuidelineId};
use chrono::{DateTime, Utc};

use super::{
    fault::OrFault,
    paging::{Connection, PageArgs, connect},
    scalars::IntoId,
    session::consulting,
};

/// A version of a guideline: how answers of a domain are to be judged.
#[derive(Debug, Clone)]
pub struct Guideline(pub(super) guideline::Guideline);

/// A version of a guideline: how answers of a domain are to be judged.
#[at_hand]
#[Object]
impl Guideline {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The domain; empty is every domain that has none of its own.
    async fn domain(&self) -> &str {
        &self.0.domain
    }

    /// From 1; the highest of a domain holds.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What it says, as Markdown.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// When it was written.
    async fn written_at(&self) -> DateTime<Utc> {
        self.0.written_at
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct GuidelineQuery;

#[Object]
impl GuidelineQuery {
    /// The guideline that holds for a domain: the newest version of its own, else of the one for all; null where there is
    /// neither.
    async fn guideline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The domain.")] domain: String,
    ) -> Result<Option<Guideline>> {
        let mut tx = consulting(ctx).await?;
        Ok(tx.guideline_for(&domain).await.or_fault()?.map(Guideline))
    }

    /// The versions of all guidelines, newest first.
    async fn guidelines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Guideline>> {
        let page = PageArgs { first, last, after, before }.by_id::<GuidelineId>()?;
        let mut tx = consulting(ctx).await?;
        let page = tx.guidelines(page).await.or_fault()?;
        Ok(connect(page.map(Guideline), |record| record.0.id.to_string()))
    }
}
