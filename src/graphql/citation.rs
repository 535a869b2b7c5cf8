//! Citations and whether they hold.

use async_graphql::{Context, ID, InputObject, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{
    domain::citation,
    ids::{CitationId, ReviewId, VerificationId},
    store,
};

use super::{
    fault::OrFault,
    grounding::{Fact, Source},
    loading::{found, maybe, one},
    paging::{Connection, PageArgs, connect},
    review::Review,
    scalars::{IntoId, Span, maybe_id},
    session::reading,
    source_copy::SourceCopy,
    trace::Trace,
    verification::Verification,
    words::{CitationKind, CitationState},
};

/// A reference in an answer or in a review.
#[derive(Debug, Clone)]
pub struct Citation(pub(super) citation::Citation);

/// A reference in an answer or in a review.
#[at_hand]
#[Object]
impl Citation {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The trace it is about.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// How it names what it refers to.
    async fn kind(&self) -> CitationKind {
        self.0.kind.into()
    }

    /// As written.
    async fn raw(&self) -> &str {
        &self.0.raw
    }

    /// Byte offsets in the answer, begin and end.
    async fn span(&self) -> Option<Span> {
        self.0.span.map(Into::into)
    }

    /// The source it names.
    async fn source(&self, ctx: &Context<'_>) -> Result<Option<Source>> {
        maybe(ctx, self.0.source).await
    }

    /// The fact it names.
    async fn fact(&self, ctx: &Context<'_>) -> Result<Option<Fact>> {
        maybe(ctx, self.0.fact).await
    }

    /// The words it claims to quote.
    async fn quoted(&self) -> Option<&str> {
        self.0.quoted.as_deref()
    }

    /// Whether it holds.
    async fn state(&self) -> CitationState {
        self.0.state.into()
    }

    /// The copy of the source that it was held against.
    async fn copy(&self, ctx: &Context<'_>) -> Result<Option<SourceCopy>> {
        maybe(ctx, self.0.copy).await
    }

    /// Byte offsets of the nearest passage in that copy's text.
    async fn copy_span(&self) -> Option<Span> {
        self.0.copy_span.map(Into::into)
    }

    /// Why, in words.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The review that gave it; null if it stands in the answer.
    async fn review(&self, ctx: &Context<'_>) -> Result<Option<Review>> {
        match self.0.origin {
            citation::CitationOrigin::Review(review) => maybe(ctx, Some(review)).await,
            citation::CitationOrigin::Verification(_) => Ok(None),
        }
    }

    /// The run of the verifier that found it in the answer; null if a review gave it.
    async fn verification(&self, ctx: &Context<'_>) -> Result<Option<Verification>> {
        match self.0.origin {
            citation::CitationOrigin::Verification(run) => maybe(ctx, Some(run)).await,
            citation::CitationOrigin::Review(_) => Ok(None),
        }
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct CitationFilter {
    /// Those about this trace, from its answer and from its reviews.
    trace: Option<ID>,
    /// Those of this state.
    state: Option<CitationState>,
    /// Those that name this source.
    source: Option<ID>,
    /// Those that name this fact.
    fact: Option<ID>,
}

impl CitationFilter {
    fn read(self) -> Result<store::CitationFilter> {
        Ok(store::CitationFilter {
            trace: maybe_id("trace", self.trace.as_ref())?,
            state: self.state.map(Into::into),
            source: maybe_id("source", self.source.as_ref())?,
            fact: maybe_id("fact", self.fact.as_ref())?,
        })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct CitationQuery;

#[Object]
impl CitationQuery {
    /// A citation by its id; null if this project has none of that id.
    async fn citation(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Citation>> {
        found::<CitationId, _>(ctx, &id).await
    }

    /// Citations, newest first.
    async fn citations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<CitationFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Citation>> {
        let page = PageArgs { first, last, after, before }.by_id::<CitationId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.citations(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Citation), |record| record.0.id.to_string()))
    }
}

impl Citation {
    pub(super) fn review_id(&self) -> Option<ReviewId> {
        match self.0.origin {
            citation::CitationOrigin::Review(review) => Some(review),
            citation::CitationOrigin::Verification(_) => None,
        }
    }

    pub(super) fn verification_id(&self) -> Option<VerificationId> {
        match self.0.origin {
            citation::CitationOrigin::Verification(run) => Some(run),
            citation::CitationOrigin::Review(_) => None,
        }
    }
}
