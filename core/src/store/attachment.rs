//! Attached pictures: what is kept beside their bytes.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx, entered::stored_hash};
use crate::{
    domain::attachment::{AttachedFile, NewAttachedFile},
    hash::Digest,
    ids::{AttachmentId, Id, uuids},
};

#[derive(FromRow)]
struct AttachmentRow {
    id: Uuid,
    blob: Vec<u8>,
    sha256: Vec<u8>,
    media_type: String,
    byte_count: i64,
    width: i32,
    height: i32,
    created_at: DateTime<Utc>,
}

impl TryFrom<AttachmentRow> for AttachedFile {
    type Error = StoreError;
    fn try_from(row: AttachmentRow) -> Result<Self> {
        Ok(Self {
            id: AttachmentId::from_uuid(row.id),
            file: NewAttachedFile {
                blob: stored_hash(&row.blob)?,
                sha256: *stored_hash(&row.sha256)?.as_bytes(),
                media_type: row.media_type.parse()?,
                byte_count: row.byte_count,
                width: row.width,
                height: row.height,
            },
            created_at: row.created_at,
        })
    }
}

impl Tx {
    /// Enters a picture, and tells whether it is new: content that the project has already stays the attachment it is.
    /// Its blob is to be stored before.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_attachment(&mut self, file: &NewAttachedFile) -> Result<(AttachedFile, bool)> {
        let made: AttachmentId = self.fresh();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "insert into attachment (project_id, id, blob, sha256, media_type, byte_count, width, height, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (project_id, blob) do nothing",
            project,
            made.uuid(),
            &file.blob.as_bytes()[..],
            &file.sha256[..],
            file.media_type.word(),
            file.byte_count,
            file.width,
            file.height,
            now
        )
        .execute(self.connection())
        .await?;
        // A statement of its own: it sees what another transaction committed while the insertion waited for it.
        let standing = sqlx::query_as!(
            AttachmentRow,
            "select id, blob, sha256, media_type, byte_count, width, height, created_at
             from attachment where project_id = $1 and blob = $2",
            project,
            &file.blob.as_bytes()[..]
        )
        .fetch_one(self.connection())
        .await?;
        let new = standing.id == made.uuid();
        Ok((standing.try_into()?, new))
    }

    /// Attachments by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn attachments_by_id(&mut self, ids: &[AttachmentId]) -> Result<Vec<AttachedFile>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            AttachmentRow,
            "select id, blob, sha256, media_type, byte_count, width, height, created_at
             from attachment where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(AttachedFile::try_from)
        .collect()
    }

    /// Attachments by their content (attachment_blob_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn attachments_by_content(&mut self, contents: &[Digest]) -> Result<Vec<AttachedFile>> {
        let blobs: Vec<_> = contents.iter().map(|digest| digest.as_bytes().as_slice()).collect();
        let project = self.project_uuid();
        sqlx::query_as!(
            AttachmentRow,
            "select id, blob, sha256, media_type, byte_count, width, height, created_at
             from attachment where project_id = $1 and blob = any($2)",
            project,
            &blobs as &[&[u8]]
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(AttachedFile::try_from)
        .collect()
    }

    /// A page of attachments, newest first (attachment_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn attachments(&mut self, page: PageRequest) -> Result<Page<AttachedFile>> {
        let query = attachments_query(self.project_uuid(), page);
        self.page::<AttachmentRow, _>(query, page).await
    }
}

/// The statement of [`Tx::attachments`].
pub(super) fn attachments_query(project: Uuid, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, blob, sha256, media_type, byte_count, width, height, created_at from attachment where project_id = ",
    );
    query.push_bind(project);
    page.push(&mut query, "id");
    query
}
