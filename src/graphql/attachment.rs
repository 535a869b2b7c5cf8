//! Attached pictures.

use async_graphql::{Context, ID, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{domain::attachment, hash::hex, ids::AttachmentId};
use chrono::{DateTime, Utc};

use super::{
    fault::OrFault,
    loading::{self, ReferencesTo, TextOf, children, found},
    node::{Node, node_of},
    paging::{Connection, PageArgs, connect},
    redaction::Redaction,
    scalars::{Int64, IntoId},
    session::reading,
    words::ReadingOutcome,
};

/// A picture that was attached; its bytes are at `/v1/attachments/{id}`.
#[derive(Debug, Clone)]
pub struct AttachedFile(pub(super) attachment::AttachedFile);

/// A picture that was attached; its bytes are at `/v1/attachments/{id}`.
#[at_hand]
#[Object]
impl AttachedFile {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// SHA-256 of what is kept, 64 hex digits.
    async fn sha256(&self) -> String {
        hex(&self.0.file.sha256)
    }

    /// BLAKE3 of what is kept, 64 hex digits: what a trace's attachments name it by.
    async fn digest(&self) -> String {
        self.0.file.blob.to_hex().to_string()
    }

    /// Its media type, `type/subtype`, by its bytes.
    async fn media_type(&self) -> &str {
        self.0.file.media_type.word()
    }

    /// Its length in bytes.
    async fn bytes(&self) -> Int64 {
        Int64(self.0.file.byte_count)
    }

    /// Pixels across, as it is shown.
    async fn width(&self) -> i32 {
        self.0.file.width
    }

    /// Pixels down, as it is shown.
    async fn height(&self) -> i32 {
        self.0.file.height
    }

    /// When it came first.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// What was read in it; null until it was.
    async fn text(&self, ctx: &Context<'_>) -> Result<Option<PictureText>> {
        Ok(children(ctx, TextOf(self.0.id)).await?.pop())
    }

    /// What refers to it: traces, steps, facts and reviews, the newest first.
    async fn references(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<AttachmentReference>> {
        let page = PageArgs { first, last, after, before }.by_any_id()?;
        let page = loading::page(ctx, ReferencesTo(self.0.file.blob, (), page)).await?;
        Ok(connect(page, |reference| reference.0.record.to_string()))
    }
}

/// A record and a picture that it refers to: no record but the tie of two, and so without an id.
#[derive(Debug, Clone)]
pub struct AttachmentReference(pub(super) attachment::Reference);

/// A record and a picture that it refers to: no record but the tie of two, and so without an id.
#[at_hand]
#[Object]
impl AttachmentReference {
    /// The id of what refers to it.
    async fn record_id(&self) -> ID {
        ID(self.0.record.to_string())
    }

    /// What refers to it: a trace, a step, a fact or a review.
    async fn record(&self, ctx: &Context<'_>) -> Result<Option<Node>> {
        node_of(ctx, self.0.record).await
    }

    /// The picture's place among what that record refers to, from 0.
    async fn place(&self) -> i32 {
        self.0.place
    }
}

/// The newest reading of the text in a picture. It belongs to the picture, and so has no id.
#[derive(Debug, Clone)]
pub struct PictureText(pub(super) attachment::PictureText);

/// The newest reading of the text in a picture. It belongs to the picture, and so has no id.
#[Object]
impl PictureText {
    /// How it ended.
    async fn outcome(&self) -> ReadingOutcome {
        self.0.found.outcome.into()
    }

    /// What stands in the picture, without what the project wants replaced; null where nothing was read.
    async fn text(&self) -> Option<&str> {
        self.0.found.text.as_deref()
    }

    /// Whether the text went on and was cut.
    async fn cut(&self) -> bool {
        self.0.found.cut
    }

    /// The program that read, with its version; null where there was none.
    async fn program(&self) -> Option<&str> {
        self.0.found.program.as_deref()
    }

    /// The language data that it read with, by the names of its files: `eng`.
    async fn languages(&self) -> &[String] {
        &self.0.found.languages
    }

    /// What the program said where it failed, or why it could not be started.
    async fn problem(&self) -> Option<&str> {
        self.0.found.problem.as_deref()
    }

    /// What was replaced in the text before it was stored.
    async fn redactions(&self) -> Vec<Redaction> {
        Redaction::of(self.0.found.text.as_deref())
    }

    /// When it was read.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct AttachmentQuery;

#[Object]
impl AttachmentQuery {
    /// An attached picture by its id; null if this project has none of that id.
    async fn attached_file(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Result<Option<AttachedFile>> {
        found::<AttachmentId, _>(ctx, &id).await
    }

    /// Attached pictures, newest first.
    async fn attached_files(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<AttachedFile>> {
        let page = PageArgs { first, last, after, before }.by_id::<AttachmentId>()?;
        let mut tx = reading(ctx).await?;
        let page = tx.attachments(page).await.or_fault()?;
        Ok(connect(page.map(AttachedFile), |record| record.0.id.to_string()))
    }
}
