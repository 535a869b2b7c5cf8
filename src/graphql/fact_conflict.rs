//! Facts that cannot both be true.

use async_graphql::{Context, ID, InputObject, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{domain::grounding, ids::FactConflictId, store};
use chrono::{DateTime, Utc};

use super::{
    fault::OrFault,
    grounding::Fact,
    loading::one,
    paging::{Connection, PageArgs, connect},
    scalars::{IntoId, Span, maybe_id},
    session::consulting,
};

/// Two verified facts that cannot both be true, by the verifier's rules.
#[derive(Debug, Clone)]
pub struct FactConflict(pub(super) grounding::FactConflict);

/// Two verified facts that cannot both be true, by the verifier's rules.
#[at_hand]
#[Object]
impl FactConflict {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// That of the two that was entered first.
    async fn earlier(&self, ctx: &Context<'_>) -> Result<Fact> {
        one(ctx, self.0.found.earlier).await
    }

    /// The other.
    async fn later(&self, ctx: &Context<'_>) -> Result<Fact> {
        one(ctx, self.0.found.later).await
    }

    /// The part of the earlier's statement in which they differ.
    async fn earlier_span(&self) -> Span {
        self.0.found.earlier_span.into()
    }

    /// The part of the later's statement in which they differ.
    async fn later_span(&self) -> Span {
        self.0.found.later_span.into()
    }

    /// When this was found, the last time.
    async fn found_at(&self) -> DateTime<Utc> {
        self.0.found_at
    }

    /// Since when one of them is verified no more; null while both are.
    async fn settled_at(&self) -> Option<DateTime<Utc>> {
        self.0.settled_at
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct FactConflictFilter {
    /// Those that this fact is part of.
    fact: Option<ID>,
    /// Those that are settled, or those that are not.
    settled: Option<bool>,
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct FactConflictQuery;

#[Object]
impl FactConflictQuery {
    /// Facts that cannot both be true, those found last first.
    async fn fact_conflicts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<FactConflictFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<FactConflict>> {
        let page = PageArgs { first, last, after, before }.by_id::<FactConflictId>()?;
        let FactConflictFilter { fact, settled } = filter.unwrap_or_default();
        let filter = store::FactConflictFilter { fact: maybe_id("fact", fact.as_ref())?, settled };
        let mut tx = consulting(ctx).await?;
        let page = tx.fact_conflicts(&filter, page).await.or_fault()?;
        Ok(connect(page.map(FactConflict), |record| record.0.id.to_string()))
    }
}
