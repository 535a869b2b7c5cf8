//! What was retrieved from sources, and its text.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Branch, Page, PageRequest, Result, StoreError, Tx, entered::stored_hash};
use crate::{
    domain::source_copy::{CopyText, Fetched, Freshness, NewSourceCopy, RetrievalOutcome, SourceCopy, SourceRetrieval},
    ids::{ApiKeyId, FactId, Id, SourceCopyId, SourceId, SourceRetrievalId, uuids},
    queue::Work,
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

/// From a source to the contents it had.
pub(super) const COPIES_OF_SOURCES: Branch<'_> = Branch {
    select: "select id, source_id, blob, media_type, byte_count, created_at from source_copy",
    project: "project_id",
    parent: "source_id",
    id: "id",
};

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

    async fn enter_copy(&mut self, source: SourceId, content: &NewSourceCopy) -> Result<SourceCopy> {
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

    /// How fresh sources are (grounding_source_pkey, source_retrieval_current_idx, source_retrieval_source_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn freshness_of_sources(&mut self, sources: &[SourceId]) -> Result<Vec<(SourceId, Freshness)>> {
        let (project, now, sources) = (self.project_uuid(), self.now(), uuids(sources));
        Ok(sqlx::query!(
            r#"
            select s.id, coalesce(greatest(s.retrieved_at, r.retrieved_at), s.created_at) as "read_at!", s.refresh_hours,
                   coalesce((
                       select n.outcome = 'failed' from source_retrieval n
                       where n.project_id = s.project_id and n.source_id = s.id order by n.id desc limit 1
                   ), false) as "failing!"
            from grounding_source s
            left join lateral (
                select c.retrieved_at from source_retrieval c
                where c.project_id = s.project_id and c.source_id = s.id and c.copy_id is not null
                order by c.id desc limit 1
            ) r on true
            where s.project_id = $1 and s.id = any($2)
            "#,
            project,
            &sources
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            let fresh_until = row.refresh_hours.map(|hours| row.read_at + TimeDelta::hours(hours.into()));
            let stale = fresh_until.is_some_and(|until| until < now);
            let freshness = Freshness { read_at: row.read_at, fresh_until, stale, failing: row.failing };
            (SourceId::from_uuid(row.id), freshness)
        })
        .collect())
    }

    /// Those of these facts whose source should have been read again before now; of a project without a source that is to be read
    /// again nothing more is looked up (grounding_source_refreshed_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn stale_facts(&mut self, facts: &[FactId]) -> Result<Vec<FactId>> {
        if facts.is_empty() {
            return Ok(vec![]);
        }
        let (project, now, facts) = (self.project_uuid(), self.now(), uuids(facts));
        Ok(sqlx::query_scalar!(
            r#"
            select f.id from grounding_fact f
            join grounding_source s on s.project_id = f.project_id and s.id = f.source_id and s.refresh_hours is not null
            left join lateral (
                select c.retrieved_at from source_retrieval c
                where c.project_id = s.project_id and c.source_id = s.id and c.copy_id is not null
                order by c.id desc limit 1
            ) r on true
            where f.project_id = $1 and f.id = any($2)
              and exists (select from grounding_source g where g.project_id = $1 and g.refresh_hours is not null)
              and coalesce(greatest(s.retrieved_at, r.retrieved_at), s.created_at) + s.refresh_hours * interval '1 hour' < $3
            "#,
            project,
            &facts,
            now
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(FactId::from_uuid)
        .collect())
    }

    /// Says after how many hours a source is to be read again, from when it was read last; `None`: never. Answers what held
    /// before; `None` if there is no such source.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn set_refresh_hours(&mut self, source: SourceId, hours: Option<i32>) -> Result<Option<Option<i32>>> {
        let project = self.project_uuid();
        // Locked, so that of two who say so the later sees what the earlier said.
        let before = sqlx::query_scalar!(
            "select refresh_hours from grounding_source where project_id = $1 and id = $2 for no key update",
            project,
            source.uuid()
        )
        .fetch_optional(self.connection())
        .await?;
        let Some(before) = before else { return Ok(None) };
        sqlx::query!(
            "update grounding_source set refresh_hours = $3 where project_id = $1 and id = $2",
            project,
            source.uuid(),
            hours
        )
        .execute(self.connection())
        .await?;
        for (_, freshness) in self.freshness_of_sources(&[source]).await? {
            if let Some(due) = freshness.fresh_until {
                self.enqueue_at(Work::RefreshSource { source }, due).await?;
            }
        }
        Ok(Some(before))
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
