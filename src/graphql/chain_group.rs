//! Groups of chains of reasoning for one query.

use async_graphql::{Context, ID, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{
    domain::trace,
    ids::{ChainGroupId, TraceId},
    store,
};
use chrono::{DateTime, Utc};

use super::{
    consensus::Consensus,
    fault::OrFault,
    loading::{self, ConsensusOf, TracesOf, children, found},
    paging::{Connection, PageArgs, connect},
    scalars::IntoId,
    session::reading,
    trace::Trace,
};

/// Several chains of reasoning for one query.
#[derive(Debug, Clone)]
pub struct ChainGroup(pub(super) trace::ChainGroup);

/// Several chains of reasoning for one query.
#[at_hand]
#[Object]
impl ChainGroup {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The name the sender gave it.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// The query its chains answer.
    async fn query(&self) -> &str {
        &self.0.query
    }

    /// When its first chain came in.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Its chains, newest first.
    async fn traces(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Trace>> {
        let page = PageArgs { first, last, after, before }.by_id::<TraceId>()?;
        let page = loading::page(ctx, TracesOf(self.0.id, (), page)).await?;
        Ok(connect(page, |record| record.0.id.to_string()))
    }

    /// What its chains agree on, by the newest comparison.
    async fn consensus(&self, ctx: &Context<'_>) -> Result<Option<Consensus>> {
        Ok(children(ctx, ConsensusOf(self.0.id)).await?.pop())
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct ChainGroupQuery;

#[Object]
impl ChainGroupQuery {
    /// A group of chains by its id; null if this project has none of that id.
    async fn chain_group(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<ChainGroup>> {
        found::<ChainGroupId, _>(ctx, &id).await
    }

    /// Groups of chains, newest first.
    async fn chain_groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the one with this name.")] key: Option<String>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<ChainGroup>> {
        let page = PageArgs { first, last, after, before }.by_id::<ChainGroupId>()?;
        let filter = store::ChainGroupFilter { key };
        let mut tx = reading(ctx).await?;
        let page = tx.chain_groups(&filter, page).await.or_fault()?;
        Ok(connect(page.map(ChainGroup), |record| record.0.id.to_string()))
    }
}
