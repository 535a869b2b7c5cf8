//! Grounding: sources and facts.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::{
    domain::{grounding, source_copy},
    ids::{FactId, FactStateId, SourceCopyId, SourceId, SourceRetrievalId},
    store,
};
use chrono::{DateTime, NaiveDate, Utc};

use super::{
    attachment::AttachedFile,
    fault::{OrFault, fault, invalid},
    loading::{
        self, AttachedToFact, CopiesOf, CurrentCopyOf, FactsOf, FreshnessOf, NewestStateOf, PlaceOf, RetrievalsOf,
        StatesOf, children, found, many, maybe, one,
    },
    paging::{Connection, PageArgs, connect},
    review::Review,
    scalars::{IntoId, Span, maybe_id},
    session::consulting,
    source_copy::{QuotePlace, SourceCopy, SourceRetrieval},
    words::{FactStanding, TrustTier},
};
use crate::app::AppError;

/// Where facts come from.
#[derive(Debug, Clone)]
pub struct Source(pub(super) grounding::Source);

/// Where facts come from.
#[at_hand]
#[Object]
impl Source {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The curator's id for it.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// Who published it.
    async fn publisher(&self) -> &str {
        &self.0.publisher
    }

    /// Its title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Where it is found.
    async fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// Its DOI, in lower case.
    async fn doi(&self) -> Option<&str> {
        self.0.doi.as_deref()
    }

    /// SPDX id or the publisher's words.
    async fn licence(&self) -> &str {
        &self.0.licence
    }

    /// How far it is trusted.
    async fn trust_tier(&self) -> TrustTier {
        self.0.trust_tier.into()
    }

    /// When it was read.
    async fn retrieved_at(&self) -> Option<DateTime<Utc>> {
        self.0.retrieved_at
    }

    /// After how many hours it is to be read again; null: never.
    async fn refresh_hours(&self) -> Option<i32> {
        self.0.refresh_hours
    }

    /// How fresh it is.
    async fn freshness(&self, ctx: &Context<'_>) -> Result<SourceFreshness> {
        let found = children(ctx, FreshnessOf(self.0.id)).await?.pop();
        found.ok_or_else(|| fault(&AppError::NotFound { what: "source", name: self.0.id.to_string() }))
    }

    /// What it had when it was last read; null where it never was.
    async fn current_copy(&self, ctx: &Context<'_>) -> Result<Option<SourceCopy>> {
        Ok(children(ctx, CurrentCopyOf(self.0.id)).await?.pop())
    }

    /// The contents that it had, newest first.
    async fn copies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<SourceCopy>> {
        let page = PageArgs { first, last, after, before }.by_id::<SourceCopyId>()?;
        let page = loading::page(ctx, CopiesOf(self.0.id, (), page)).await?;
        Ok(connect(page, |record| record.0.id.to_string()))
    }

    /// When it was read, and how that ended, newest first.
    async fn retrievals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<SourceRetrieval>> {
        let page = PageArgs { first, last, after, before }.by_id::<SourceRetrievalId>()?;
        let page = loading::page(ctx, RetrievalsOf(self.0.id, (), page)).await?;
        Ok(connect(page, |record| record.0.id.to_string()))
    }

    /// Hash of its content.
    async fn content_hash(&self) -> String {
        self.0.content_hash.to_hex().to_string()
    }

    /// When it was entered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The facts it states, newest first.
    async fn facts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Fact>> {
        let page = PageArgs { first, last, after, before }.by_id::<FactId>()?;
        let page = loading::page(ctx, FactsOf(self.0.id, (), page)).await?;
        Ok(connect(page, |record| record.0.id.to_string()))
    }
}

/// How fresh a source is. It belongs to the source, and so has no id.
#[derive(Debug, Clone)]
pub struct SourceFreshness(pub(super) source_copy::Freshness);

/// How fresh a source is. It belongs to the source, and so has no id.
#[Object]
impl SourceFreshness {
    /// When it was last read, or entered where it never was.
    async fn read_at(&self) -> DateTime<Utc> {
        self.0.read_at
    }

    /// Until when what it says is taken for current; null where it need not be read again.
    async fn fresh_until(&self) -> Option<DateTime<Utc>> {
        self.0.fresh_until
    }

    /// Whether it should have been read again by now: no claim is held against its facts until it is.
    async fn stale(&self) -> bool {
        self.0.stale
    }

    /// Whether its last retrieval failed.
    async fn failing(&self) -> bool {
        self.0.failing
    }
}

/// A statement that a source makes.
#[derive(Debug, Clone)]
pub struct Fact(pub(super) grounding::Fact);

/// A statement that a source makes.
#[at_hand]
#[Object]
impl Fact {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The curator's id for it.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// The source that says so.
    async fn source(&self, ctx: &Context<'_>) -> Result<Source> {
        one(ctx, self.0.source).await
    }

    /// The field of knowledge.
    async fn domain(&self) -> &str {
        &self.0.domain
    }

    /// What it is about.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The fact, in one sentence.
    async fn statement(&self) -> &str {
        &self.0.statement
    }

    /// The words of the source.
    async fn quote(&self) -> Option<&str> {
        self.0.quote.as_deref()
    }

    /// From when it holds in the world.
    async fn valid_from(&self) -> Option<NaiveDate> {
        self.0.valid_from
    }

    /// Until when it holds in the world.
    async fn valid_to(&self) -> Option<NaiveDate> {
        self.0.valid_to
    }

    /// Hash of its content.
    async fn content_hash(&self) -> String {
        self.0.content_hash.to_hex().to_string()
    }

    /// When it was entered.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }

    /// Its state when it was read: the newest of its `FactChange`s.
    async fn state(&self) -> FactStanding {
        self.0.state.into()
    }

    /// The review whose cited correction proposed it.
    async fn review(&self, ctx: &Context<'_>) -> Result<Option<Review>> {
        maybe(ctx, self.0.review).await
    }

    /// Where the words it quotes stand in what its source had when it was last read; null where it quotes none, or that was not
    /// looked up.
    async fn quote_place(&self, ctx: &Context<'_>) -> Result<Option<QuotePlace>> {
        Ok(children(ctx, PlaceOf(self.0.id)).await?.pop())
    }

    /// The fact that holds instead; null where none does.
    async fn superseded_by(&self, ctx: &Context<'_>) -> Result<Option<Self>> {
        let newest = children(ctx, NewestStateOf(self.0.id)).await?.pop();
        maybe(ctx, newest.and_then(|change| change.0.successor)).await
    }

    /// The attached pictures that it refers to, in the order in which it names them.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<AttachedFile>> {
        children(ctx, AttachedToFact(self.0.id)).await
    }

    /// Its changes of state, newest first.
    async fn states(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<FactChange>> {
        let page = PageArgs { first, last, after, before }.by_id::<FactStateId>()?;
        let page = loading::page(ctx, StatesOf(self.0.id, (), page)).await?;
        Ok(connect(page, |record| record.0.id.to_string()))
    }
}

/// A change of a fact's state. The newest of a fact holds.
#[derive(Debug, Clone)]
pub struct FactChange(pub(super) grounding::FactStateChange);

/// A change of a fact's state. The newest of a fact holds.
#[at_hand]
#[Object]
impl FactChange {
    /// Its id; ids of one fact's changes ascend.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The fact.
    async fn fact(&self, ctx: &Context<'_>) -> Result<Fact> {
        one(ctx, self.0.fact).await
    }

    /// The state from then on.
    async fn state(&self) -> FactStanding {
        self.0.state.into()
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The key that said so.
    async fn key_id(&self) -> Option<ID> {
        self.0.key.map(|id| id.into_id())
    }

    /// What its source had as it was verified, if anything of it was kept.
    async fn copy(&self, ctx: &Context<'_>) -> Result<Option<SourceCopy>> {
        maybe(ctx, self.0.copy).await
    }

    /// Byte offsets of the words it quotes in that copy's text.
    async fn quote_span(&self) -> Option<Span> {
        self.0.quote_span.map(Into::into)
    }

    /// The fact that holds instead of one that is superseded.
    async fn successor(&self, ctx: &Context<'_>) -> Result<Option<Fact>> {
        maybe(ctx, self.0.successor).await
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }
}

/// A fact that matches a search.
#[derive(Debug, Clone, SimpleObject)]
pub struct FoundFact {
    /// The fact.
    fact: Fact,
    /// How well it matches; larger is better.
    rank: f64,
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct SourceFilter {
    /// The one with this curator's id.
    external_id: Option<String>,
    /// Those of this publisher.
    publisher: Option<String>,
    /// Those trusted so far.
    trust_tier: Option<TrustTier>,
}

impl SourceFilter {
    fn read(self) -> Result<store::SourceFilter> {
        Ok(store::SourceFilter {
            external_id: self.external_id,
            publisher: self.publisher,
            trust_tier: self.trust_tier.map(Into::into),
        })
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct FactFilter {
    /// The one with this curator's id.
    external_id: Option<String>,
    /// Those whose newest state is this.
    state: Option<FactStanding>,
    /// Those of this domain.
    domain: Option<String>,
    /// Those that this source states.
    source: Option<ID>,
    /// Those about this subject.
    subject: Option<String>,
    /// Those that hold no more in the world on this day.
    lapsed_by: Option<NaiveDate>,
}

impl FactFilter {
    fn read(self) -> Result<store::FactFilter> {
        Ok(store::FactFilter {
            external_id: self.external_id,
            state: self.state.map(Into::into),
            domain: self.domain,
            source: maybe_id("source", self.source.as_ref())?,
            subject: self.subject,
            lapsed_by: self.lapsed_by,
        })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct GroundingQuery;

#[Object]
impl GroundingQuery {
    /// A grounding source by its id; null if this project has none of that id.
    async fn source(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Source>> {
        found::<SourceId, _>(ctx, &id).await
    }

    /// Grounding sources, newest first.
    async fn sources(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<SourceFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Source>> {
        let page = PageArgs { first, last, after, before }.by_id::<SourceId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = consulting(ctx).await?;
        let page = tx.sources(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Source), |record| record.0.id.to_string()))
    }

    /// A grounding fact by its id; null if this project has none of that id.
    async fn fact(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Fact>> {
        found::<FactId, _>(ctx, &id).await
    }

    /// Grounding facts, newest first.
    async fn facts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<FactFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Fact>> {
        let page = PageArgs { first, last, after, before }.by_id::<FactId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = consulting(ctx).await?;
        let page = tx.facts(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Fact), |record| record.0.id.to_string()))
    }

    /// The facts in force that match words best, the best first.
    async fn search_facts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The words.")] query: String,
        #[graphql(desc = "How many at the most, 1 to 100.", default = 10)] most: i32,
    ) -> Result<Vec<FoundFact>> {
        if !(1..=100).contains(&most) {
            return Err(invalid("most", "give a number from 1 to 100"));
        }
        let found = consulting(ctx).await?.search_facts(&query, most).await.or_fault()?;
        let ids: Vec<_> = found.iter().map(|(id, _)| *id).collect();
        let facts = many(ctx, &ids).await?;
        let ranks: std::collections::HashMap<_, _> = found.into_iter().collect();
        Ok(facts
            .into_iter()
            .map(|fact| FoundFact { rank: f64::from(ranks.get(&fact.0.id).copied().unwrap_or(0.0)), fact })
            .collect())
    }
}
