//! Readings of sources: what they had, or why that could not be told.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Branch, Page, PageRequest, Result, StoreError, Tx};
use crate::{
    domain::source_copy::{Fetched, NewSourceCopy, RetrievalOutcome, SourceCopy, SourceRetrieval},
    ids::{ApiKeyId, Id, SourceCopyId, SourceId, SourceRetrievalId, uuids},
    queue::Work,
};

#[derive(FromRow)]
struct RetrievalRow {
    id: Uuid,
    source_id: Uuid,
    outcome: String,
    copy_id: Option<Uuid>,
    url: Option<String>,
    status: Option<i32>,
    etag: Option<String>,
    last_modified: Option<String>,
    problem: Option<String>,
    key_id: Option<Uuid>,
    retrieved_at: DateTime<Utc>,
}

impl TryFrom<RetrievalRow> for SourceRetrieval {
    type Error = StoreError;
    fn try_from(row: RetrievalRow) -> Result<Self> {
        Ok(Self {
            id: SourceRetrievalId::from_uuid(row.id),
            source: SourceId::from_uuid(row.source_id),
            outcome: row.outcome.parse()?,
            copy: row.copy_id.map(SourceCopyId::from_uuid),
            fetched: Fetched { url: row.url, status: row.status, etag: row.etag, last_modified: row.last_modified },
            problem: row.problem,
            key: row.key_id.map(ApiKeyId::from_uuid),
            at: row.retrieved_at,
        })
    }
}

/// What a retrieval brought.
#[derive(Debug, Clone, Copy)]
pub enum Retrieved<'a> {
    /// A content.
    Content(&'a NewSourceCopy),
    /// What it had before, as it says itself.
    Unchanged,
    /// Nothing, and why.
    Nothing(&'a str),
}

/// What became of a retrieval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The record of it.
    pub retrieval: SourceRetrieval,
    /// The content, where there is one.
    pub copy: Option<SourceCopy>,
}

/// From a source to its retrievals.
pub(super) const RETRIEVALS_OF_SOURCES: Branch<'_> =
    Branch { select: "select * from source_retrieval", project: "project_id", parent: "source_id", id: "id" };

impl Tx {
    /// Notes a retrieval of a source; a content that it has not had yet becomes a copy, whose bytes are stored before. A
    /// content that is another than the last is to be read, and the next retrieval is due by the source's own hours. `None`
    /// if there is no such source. Retrievals of one source wait for each other.
    ///
    /// # Errors
    /// If the database refuses or is out of reach; or where it is said to be unchanged and was never read.
    pub async fn note_retrieval(
        &mut self,
        source: SourceId,
        retrieved: Retrieved<'_>,
        fetched: Fetched,
        key: Option<ApiKeyId>,
    ) -> Result<Option<Noted>> {
        let (project, at) = (self.project_uuid(), self.now());
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 1))", source.uuid())
            .execute(self.connection())
            .await?;
        // source_retrieval_current_idx.
        let Some(before) = sqlx::query!(
            r#"select s.refresh_hours, r.copy_id as "copy_id?" from grounding_source s
               left join lateral (
                   select c.copy_id from source_retrieval c
                   where c.project_id = s.project_id and c.source_id = s.id and c.copy_id is not null
                   order by c.id desc limit 1
               ) r on true
               where s.project_id = $1 and s.id = $2"#,
            project,
            source.uuid()
        )
        .fetch_optional(self.connection())
        .await?
        else {
            return Ok(None);
        };
        let last = before.copy_id.map(SourceCopyId::from_uuid);
        let was_stale = self.freshness_of_sources(&[source]).await?.iter().any(|(_, found)| found.stale);
        let copy = match retrieved {
            Retrieved::Content(content) => Some(self.enter_copy(source, content).await?),
            Retrieved::Unchanged => {
                let last =
                    last.ok_or_else(|| StoreError::Corrupt(format!("{source} is unchanged and was never read")))?;
                self.source_copies_by_id(&[last]).await?.pop()
            }
            Retrieved::Nothing(_) => None,
        };
        let (outcome, problem) = match (&copy, retrieved) {
            (None, Retrieved::Nothing(why)) => (RetrievalOutcome::Failed, Some(why.to_owned())),
            (Some(copy), _) if Some(copy.id) == last => (RetrievalOutcome::Unchanged, None),
            _ => (RetrievalOutcome::Changed, None),
        };
        let retrieval = SourceRetrieval {
            id: self.fresh(),
            source,
            outcome,
            copy: copy.as_ref().map(|copy| copy.id),
            fetched,
            problem,
            key,
            at,
        };
        self.insert_retrieval(&retrieval).await?;
        if let (RetrievalOutcome::Changed, Some(copy)) = (outcome, &copy) {
            self.enqueue(Work::ReadCopy { copy: copy.id }).await?;
        }
        if was_stale && copy.is_some() {
            // What it says counts again.
            self.verify_what_rests_on_source(source).await?;
        }
        if let Some(hours) = before.refresh_hours {
            self.enqueue_at(Work::RefreshSource { source }, at + TimeDelta::hours(hours.into())).await?;
        }
        Ok(Some(Noted { retrieval, copy }))
    }

    /// Enqueues that what rests on a source's facts, and what cites it, is verified again: whether it counts has changed.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn verify_what_rests_on_source(&mut self, source: SourceId) -> Result<()> {
        let rests = [Work::VerifySource { source, after: None }, Work::VerifyCiting { source, after: None }];
        self.enqueue_all(rests).await.map(drop)
    }

    async fn insert_retrieval(&mut self, of: &SourceRetrieval) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!(
            "insert into source_retrieval (project_id, id, source_id, outcome, copy_id, url, status, etag, last_modified,
                                           problem, key_id, retrieved_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            project,
            of.id.uuid(),
            of.source.uuid(),
            of.outcome.word(),
            of.copy.map(Id::uuid),
            of.fetched.url.as_deref(),
            of.fetched.status,
            of.fetched.etag.as_deref(),
            of.fetched.last_modified.as_deref(),
            of.problem.as_deref(),
            of.key.map(Id::uuid),
            of.at,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Retrievals by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn source_retrievals_by_id(&mut self, ids: &[SourceRetrievalId]) -> Result<Vec<SourceRetrieval>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            RetrievalRow,
            "select id, source_id, outcome, copy_id, url, status, etag, last_modified, problem, key_id, retrieved_at
             from source_retrieval where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(SourceRetrieval::try_from)
        .collect()
    }

    /// A page of the retrievals of each source, newest first (source_retrieval_source_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn retrievals_of_sources(
        &mut self,
        sources: &[SourceId],
        page: PageRequest,
    ) -> Result<HashMap<SourceId, Page<SourceRetrieval>>> {
        let parent = |retrieval: &SourceRetrieval| Some(retrieval.source);
        self.page_of_each::<RetrievalRow, _, _>(&RETRIEVALS_OF_SOURCES, sources, page, parent).await
    }

    /// The retrieval by which it is known what a source has now (source_retrieval_current_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn current_retrieval_of_source(&mut self, source: SourceId) -> Result<Option<SourceRetrieval>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            RetrievalRow,
            "select id, source_id, outcome, copy_id, url, status, etag, last_modified, problem, key_id, retrieved_at
             from source_retrieval where project_id = $1 and source_id = $2 and copy_id is not null
             order by id desc limit 1",
            project,
            source.uuid()
        )
        .fetch_optional(self.connection())
        .await?
        .map(SourceRetrieval::try_from)
        .transpose()
    }
}
