//! What was retrieved from sources, and where the words of facts stand in it.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::{
    domain::source_copy::{self, CopyText},
    ids::{FactId, SourceCopyId},
};
use chrono::{DateTime, Utc};

use super::{
    fault::OrFault,
    grounding::{Fact, Source},
    loading::{self, PlacesIn, children, found, maybe, one},
    paging::{Connection, PageArgs, connect},
    scalars::{Int64, IntoId, Span, parse_id},
    session::consulting,
    words::{QuoteStanding, RetrievalOutcome, TextChangeKind},
};

/// A content that a source had, as it was retrieved; its bytes are at `/v1/source-copies/{id}`.
#[derive(Debug, Clone)]
pub struct SourceCopy(pub(super) source_copy::SourceCopy);

/// A content that a source had, as it was retrieved; its bytes are at `/v1/source-copies/{id}`.
#[at_hand]
#[Object]
impl SourceCopy {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The source.
    async fn source(&self, ctx: &Context<'_>) -> Result<Source> {
        one(ctx, self.0.source).await
    }

    /// BLAKE3 of the bytes, 64 hex digits.
    async fn digest(&self) -> String {
        self.0.content.blob.to_hex().to_string()
    }

    /// What the bytes are, `type/subtype; parameters`, as who brought them said.
    async fn media_type(&self) -> &str {
        &self.0.content.media_type
    }

    /// How many bytes.
    async fn bytes(&self) -> Int64 {
        Int64(self.0.content.byte_count)
    }

    /// When it came first.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Where the words that facts of the source quote stand in it, by the facts' ids, newest first.
    async fn quotes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<QuotePlace>> {
        let page = PageArgs { first, last, after, before }.by_id::<FactId>()?;
        let page = loading::page(ctx, PlacesIn(self.0.id, (), page)).await?;
        Ok(connect(page, |record| record.0.fact.to_string()))
    }

    /// How many of the facts' quotations stand in it how.
    async fn quote_standings(&self, ctx: &Context<'_>) -> Result<Vec<QuoteStandings>> {
        children(ctx, loading::StandingsIn(self.0.id)).await
    }
}

/// How many quotations stand in a copy in one way: a count, and so without an id.
#[derive(Debug, Clone)]
pub struct QuoteStandings(pub(super) (source_copy::QuoteStanding, i64));

/// How many quotations stand in a copy in one way: a count, and so without an id.
#[Object]
impl QuoteStandings {
    /// How they stand.
    async fn standing(&self) -> QuoteStanding {
        self.0.0.into()
    }

    /// How many.
    async fn count(&self) -> Int64 {
        Int64(self.0.1)
    }
}

/// A reading of a source: what it had, or why that could not be told.
#[derive(Debug, Clone)]
pub struct SourceRetrieval(pub(super) source_copy::SourceRetrieval);

/// A reading of a source: what it had, or why that could not be told.
#[at_hand]
#[Object]
impl SourceRetrieval {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The source.
    async fn source(&self, ctx: &Context<'_>) -> Result<Source> {
        one(ctx, self.0.source).await
    }

    /// How it ended.
    async fn outcome(&self) -> RetrievalOutcome {
        self.0.outcome.into()
    }

    /// What the source had; null where it failed.
    async fn copy(&self, ctx: &Context<'_>) -> Result<Option<SourceCopy>> {
        maybe(ctx, self.0.copy).await
    }

    /// Where it was fetched, at the end of all redirects; null where someone sent it.
    async fn url(&self) -> Option<&str> {
        self.0.fetched.url.as_deref()
    }

    /// The status of the answer; null where there was none, or someone sent it.
    async fn status(&self) -> Option<i32> {
        self.0.fetched.status
    }

    /// The entity tag that came with it.
    async fn etag(&self) -> Option<&str> {
        self.0.fetched.etag.as_deref()
    }

    /// The date of its last change that came with it, as HTTP writes it.
    async fn last_modified(&self) -> Option<&str> {
        self.0.fetched.last_modified.as_deref()
    }

    /// Why it failed.
    async fn problem(&self) -> Option<&str> {
        self.0.problem.as_deref()
    }

    /// The key that sent it; null where it was fetched.
    async fn key_id(&self) -> Option<ID> {
        self.0.key.map(|id| id.into_id())
    }

    /// When.
    async fn retrieved_at(&self) -> DateTime<Utc> {
        self.0.at
    }
}

/// Where the words that a fact quotes stand in a copy of its source: no record but the tie of two, and so without an id.
#[derive(Debug, Clone)]
pub struct QuotePlace(pub(super) source_copy::QuotePlace);

/// Where the words that a fact quotes stand in a copy of its source: no record but the tie of two, and so without an id.
#[at_hand]
#[Object]
impl QuotePlace {
    /// The copy.
    async fn copy(&self, ctx: &Context<'_>) -> Result<SourceCopy> {
        one(ctx, self.0.copy).await
    }

    /// The fact.
    async fn fact(&self, ctx: &Context<'_>) -> Result<Fact> {
        one(ctx, self.0.fact).await
    }

    /// How they stand there.
    async fn standing(&self) -> QuoteStanding {
        self.0.standing.into()
    }

    /// The share of the quoted words that stand there, in order, 0 to 1.
    async fn similarity(&self) -> f64 {
        self.0.similarity
    }

    /// Byte offsets of the passage in the copy's text; null where there is none.
    async fn span(&self) -> Option<Span> {
        self.0.span.map(Into::into)
    }

    /// The passage.
    async fn passage(&self) -> Option<&str> {
        self.0.passage.as_deref()
    }
}

/// The text of a copy, which offsets count in; or why there is none.
#[derive(Debug, Clone, SimpleObject)]
pub struct SourceCopyText {
    /// Its text, without markup; null where none could be read.
    text: Option<String>,
    /// Whether it went on and was cut.
    cut: bool,
    /// Why none could be read.
    problem: Option<String>,
}

impl From<CopyText> for SourceCopyText {
    fn from(read: CopyText) -> Self {
        match read {
            CopyText::Read { text, cut } => Self { text: Some(text), cut, problem: None },
            CopyText::Unread(problem) => Self { text: None, cut: false, problem: Some(problem) },
        }
    }
}

/// Lines of a text that follow each other and are new, or are no more.
#[derive(Debug, Clone, SimpleObject)]
pub struct TextChange {
    /// What became of them.
    kind: TextChangeKind,
    /// The lines.
    text: String,
}

/// What changed with a copy.
#[derive(Debug, Clone, SimpleObject)]
pub struct SourceCopyChanges {
    /// The copy that the source had before; null where this is its first.
    before: Option<SourceCopy>,
    /// What changed in its text, in order: the first thousand changes. Empty where one of the two has no text.
    changes: Vec<TextChange>,
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct SourceCopyQuery;

#[Object]
impl SourceCopyQuery {
    /// A copy of a source by its id; null if this project has none of that id.
    async fn source_copy(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<SourceCopy>> {
        found::<SourceCopyId, _>(ctx, &id).await
    }

    /// The text of a copy, up to 2 MiB of it; null until it was read.
    async fn source_copy_text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The copy.")] id: ID,
    ) -> Result<Option<SourceCopyText>> {
        let id: SourceCopyId = parse_id("id", &id)?;
        let read = consulting(ctx).await?.texts_of_copies(&[id]).await.or_fault()?.pop();
        Ok(read.map(|(_, text)| text.into()))
    }

    /// What changed in a source with one of its copies, the last time that it came; null if this project has none of that id.
    async fn source_copy_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The copy.")] id: ID,
    ) -> Result<Option<SourceCopyChanges>> {
        let id: SourceCopyId = parse_id("id", &id)?;
        let Some((before, changes)) =
            crate::app::source_copies::changes(&mut *consulting(ctx).await?, id).await.or_fault()?
        else {
            return Ok(None);
        };
        let changes = changes.into_iter().map(|change| TextChange { kind: change.kind.into(), text: change.text });
        Ok(Some(SourceCopyChanges { before: before.map(SourceCopy), changes: changes.collect() }))
    }
}
