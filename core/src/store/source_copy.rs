//! What was retrieved from sources, and its text.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Branch, Page, PageRequest, Result, StoreError, Tx, entered::stored_hash};
use crate::{
    domain::source_copy::{CopyText, NewSourceCopy, SourceCopy},
    ids::{Id, SourceCopyId, SourceId, uuids},
};

#[derive(FromRow)]
struct CopyRow {
    id: Uuid,
    source_id: Uuid,
    blob: Vec<u8>,
    media_type: String,
    byte_count: i64,
    created_at: DateTime<Utc>,
}

impl TryFrom<CopyRow> for SourceCopy {
    type Error = StoreError;
    fn try_from(row: CopyRow) -> Result<Self> {
        Ok(Self {
            id: SourceCopyId::from_uuid(row.id),
            source: SourceId::from_uuid(row.source_id),
            content: NewSourceCopy {
                blob: stored_hash(&row.blob)?,
                media_type: row.media_type,
                byte_count: row.byte_count,
            },
            created_at: row.created_at,
        })
    }
}

/// From a source to the contents it had.
pub(super) const COPIES_OF_SOURCES: Branch<'_> = Branch {
    select: "select id, source_id, blob, media_type, byte_count, created_at from source_copy",
    project: "project_id",
    parent: "source_id",
    id: "id",
};

impl Tx {
    pub(super) async fn enter_copy(&mut self, source: SourceId, content: &NewSourceCopy) -> Result<SourceCopy> {
        let (project, at, made) = (self.project_uuid(), self.now(), self.fresh::<SourceCopyId>());
        sqlx::query!(
            "insert into source_copy (project_id, id, source_id, blob, media_type, byte_count, created_at)
             values ($1, $2, $3, $4, $5, $6, $7) on conflict (project_id, source_id, blob) do nothing",
            project,
            made.uuid(),
            source.uuid(),
            &content.blob.as_bytes()[..],
            content.media_type,
            content.byte_count,
            at,
        )
        .execute(self.connection())
        .await?;
        sqlx::query_as!(
            CopyRow,
            "select id, source_id, blob, media_type, byte_count, created_at from source_copy
             where project_id = $1 and source_id = $2 and blob = $3",
            project,
            source.uuid(),
            &content.blob.as_bytes()[..],
        )
        .fetch_one(self.connection())
        .await?
        .try_into()
    }

    /// Copies by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn source_copies_by_id(&mut self, ids: &[SourceCopyId]) -> Result<Vec<SourceCopy>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            CopyRow,
            "select id, source_id, blob, media_type, byte_count, created_at from source_copy
             where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(SourceCopy::try_from)
        .collect()
    }

    /// A page of the contents that each source had, newest first (source_copy_source_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn copies_of_sources(
        &mut self,
        sources: &[SourceId],
        page: PageRequest,
    ) -> Result<HashMap<SourceId, Page<SourceCopy>>> {
        self.page_of_each::<CopyRow, _, _>(&COPIES_OF_SOURCES, sources, page, |copy: &SourceCopy| Some(copy.source))
            .await
    }

    /// The copy of each source that it had when it was last read; of those that ever were (source_retrieval_current_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn current_copies_of_sources(&mut self, sources: &[SourceId]) -> Result<Vec<SourceCopy>> {
        let (project, sources) = (self.project_uuid(), uuids(sources));
        sqlx::query_as!(
            CopyRow,
            r#"
            select c.id as "id!", c.source_id as "source_id!", c.blob as "blob!", c.media_type as "media_type!",
                   c.byte_count as "byte_count!", c.created_at as "created_at!"
            from (select distinct s from unnest($2::uuid[]) s) asked
            cross join lateral (
                select r.copy_id from source_retrieval r
                where r.project_id = $1 and r.source_id = asked.s and r.copy_id is not null order by r.id desc limit 1
            ) newest
            join source_copy c on c.project_id = $1 and c.id = newest.copy_id
            "#,
            project,
            &sources
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(SourceCopy::try_from)
        .collect()
    }

    /// The copy that a source had before another of its copies came for the last time (source_retrieval_current_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn copy_before(&mut self, copy: &SourceCopy) -> Result<Option<SourceCopyId>> {
        let project = self.project_uuid();
        Ok(sqlx::query_scalar!(
            r#"
            select r.copy_id as "copy_id!" from source_retrieval r
            where r.project_id = $1 and r.source_id = $2 and r.copy_id is not null and r.copy_id <> $3
              and r.id < (
                  select n.id from source_retrieval n
                  where n.project_id = $1 and n.source_id = $2 and n.copy_id = $3 and n.outcome = 'changed'
                  order by n.id desc limit 1
              )
            order by r.id desc limit 1
            "#,
            project,
            copy.source.uuid(),
            copy.id.uuid(),
        )
        .fetch_optional(self.connection())
        .await?
        .map(SourceCopyId::from_uuid))
    }

    /// Notes the text of a copy, or why there is none; what is noted stays.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_copy_text(&mut self, copy: SourceCopyId, read: &CopyText) -> Result<()> {
        let (project, now) = (self.project_uuid(), self.now());
        let (text, cut, problem) = match read {
            CopyText::Read { text, cut } => (Some(text.as_str()), *cut, None),
            CopyText::Unread(problem) => (None, false, Some(problem.as_str())),
        };
        sqlx::query!(
            "insert into source_copy_text (project_id, copy_id, text, cut, problem, at) values ($1, $2, $3, $4, $5, $6)
             on conflict (project_id, copy_id) do nothing",
            project,
            copy.uuid(),
            text,
            cut,
            problem,
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The texts of copies, of those that were read (source_copy_text_pkey). A text has up to
    /// [`TEXT_BYTES`](crate::domain::source_copy::TEXT_BYTES).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn texts_of_copies(&mut self, copies: &[SourceCopyId]) -> Result<Vec<(SourceCopyId, CopyText)>> {
        let (project, copies) = (self.project_uuid(), uuids(copies));
        sqlx::query!(
            "select copy_id, text, cut, problem from source_copy_text where project_id = $1 and copy_id = any($2)",
            project,
            &copies
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            let copy = SourceCopyId::from_uuid(row.copy_id);
            match (row.text, row.problem) {
                (Some(text), None) => Ok((copy, CopyText::Read { text, cut: row.cut })),
                (None, Some(problem)) => Ok((copy, CopyText::Unread(problem))),
                _ => Err(StoreError::Corrupt(format!("the text of {copy}"))),
            }
        })
        .collect()
    }
}
