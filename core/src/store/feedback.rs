//! Users' feedback.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::{
        Rejection,
        feedback::{Feedback, Said, Subject},
        span::{SpanId, SpanTraceId},
        trace::Trace,
    },
    hash::Digest,
    ids::{BatchId, FeedbackId, Id, TraceId, uuids},
};

/// Which feedback is asked for. What is `None` does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedbackFilter {
    /// What finds the answer bad, or what does not; a comment alone is neither (feedback_bad_idx, feedback_not_bad_idx).
    pub bad: Option<bool>,
    /// What has this sender's id (feedback_external_idx).
    pub external_id: Option<String>,
    /// What is about this trace, by its sender's id (feedback_subject_idx).
    pub trace_external_id: Option<String>,
}

/// Feedback to be stored.
#[derive(Debug, Clone)]
pub(super) struct Write<'a> {
    pub(super) id: FeedbackId,
    pub(super) external_id: Option<&'a str>,
    pub(super) subject: &'a Subject,
    pub(super) span: Option<SpanId>,
    pub(super) said: &'a Said,
    pub(super) hash: Digest,
}

/// What users think of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Opinions {
    /// How many have an opinion.
    pub count: i32,
    /// The sum of their opinions, each -1 to 1.
    pub sum: f64,
}

#[derive(FromRow)]
struct FeedbackRow {
    id: Uuid,
    external_id: Option<String>,
    subject: String,
    span_id: Option<Vec<u8>>,
    rating: Option<f64>,
    correction: Option<String>,
    comment: Option<String>,
    opinion: Option<f64>,
    batch_id: Uuid,
    received_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct OfTrace {
    of_trace: Uuid,
    #[sqlx(flatten)]
    feedback: FeedbackRow,
}

impl TryFrom<FeedbackRow> for Feedback {
    type Error = StoreError;
    fn try_from(row: FeedbackRow) -> Result<Self> {
        let corrupt = |refused: Rejection| StoreError::Corrupt(refused.to_string());
        Ok(Self {
            id: FeedbackId::from_uuid(row.id),
            external_id: row.external_id,
            subject: subject(&row.subject)?,
            span: row.span_id.map(|id| SpanId::from_bytes(&id)).transpose().map_err(corrupt)?,
            said: Said { rating: row.rating, correction: row.correction, comment: row.comment },
            opinion: row.opinion,
            batch: BatchId::from_uuid(row.batch_id),
            received_at: row.received_at,
        })
    }
}

/// As `subject_of_trace()` says it.
fn subject(text: &str) -> Result<Subject> {
    let corrupt = || StoreError::Corrupt(format!("`{text}` is no subject of feedback"));
    match text.split_at_checked(1).ok_or_else(corrupt)? {
        ("n", name) => Ok(Subject::Named(name.to_owned())),
        ("i", id) => Ok(Subject::Unnamed(TraceId::from_uuid(id.parse().map_err(|_| corrupt())?))),
        _ => Err(corrupt()),
    }
}

fn subject_text(subject: &Subject) -> String {
    match subject {
        Subject::Named(name) => format!("n{name}"),
        Subject::Unnamed(id) => format!("i{}", id.uuid()),
    }
}

impl Tx {
    /// How feedback names these traces; those that are not there are left out (error_trace_pkey).
    pub(super) async fn subjects_of_traces(&mut self, traces: &[TraceId]) -> Result<HashMap<TraceId, Subject>> {
        if traces.is_empty() {
            return Ok(HashMap::new());
        }
        let (project, ids) = (self.project_uuid(), uuids(traces));
        sqlx::query!(
            r#"select t.id as "id!", subject_of_trace($1, t.id) as subject from unnest($2::uuid[]) t (id)"#,
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .filter_map(|row| Some((TraceId::from_uuid(row.id), row.subject?)))
        .map(|(id, text)| Ok((id, subject(&text)?)))
        .collect()
    }

    /// Takes keys, each once, for feedback that this transaction stores; returns what stands under each key, in no order.
    /// Keys are taken in their order, so that two batches cannot wait for each other.
    pub(super) async fn take_feedback_keys(
        &mut self,
        keys: &[(Digest, FeedbackId, Digest)],
    ) -> Result<HashMap<Digest, (FeedbackId, Digest)>> {
        let bytes: Vec<_> = keys.iter().map(|(key, ..)| key.as_bytes().to_vec()).collect();
        let ids: Vec<_> = keys.iter().map(|(_, id, _)| id.uuid()).collect();
        let hashes: Vec<_> = keys.iter().map(|(.., hash)| hash.as_bytes().to_vec()).collect();
        let project = self.project_uuid();
        sqlx::query!(
            "insert into feedback_key (project_id, key, feedback_id, content_hash)
             select $1, t.key, t.id, t.hash
             from unnest($2::bytea[], $3::uuid[], $4::bytea[]) with ordinality as t (key, id, hash, place)
             order by t.key, t.place
             on conflict on constraint feedback_key_pkey do nothing",
            project,
            &bytes,
            &ids,
            &hashes,
        )
        .execute(self.connection())
        .await?;
        // A statement of its own: it sees what another transaction committed while the insertion waited for it.
        sqlx::query!(
            "select key, feedback_id, content_hash from feedback_key where project_id = $1 and key = any($2)",
            project,
            &bytes
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            let stands = (FeedbackId::from_uuid(row.feedback_id), super::entered::stored_hash(&row.content_hash)?);
            Ok((super::entered::stored_hash(&row.key)?, stands))
        })
        .collect()
    }

    /// Stores feedback, in one statement.
    pub(super) async fn insert_feedback(&mut self, batch: BatchId, writes: &[Write<'_>]) -> Result<()> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "insert into feedback (project_id, id, external_id, subject, span_id, rating, correction, comment, opinion,
                                   content_hash, batch_id, received_at)
             select $1, t.*, $2, $3
             from unnest($4::uuid[], $5::text[], $6::text[], $7::bytea[], $8::float8[], $9::text[], $10::text[],
                         $11::float8[], $12::bytea[]) t",
            project,
            batch.uuid(),
            now,
            &writes.iter().map(|one| one.id.uuid()).collect::<Vec<_>>(),
            &writes.iter().map(|one| one.external_id.map(str::to_owned)).collect::<Vec<_>>() as &[Option<String>],
            &writes.iter().map(|one| subject_text(one.subject)).collect::<Vec<_>>(),
            &writes.iter().map(|one| one.span.map(|id| id.bytes().to_vec())).collect::<Vec<_>>()
                as &[Option<Vec<u8>>],
            &writes.iter().map(|one| one.said.rating).collect::<Vec<_>>() as &[Option<f64>],
            &writes.iter().map(|one| one.said.correction.clone()).collect::<Vec<_>>() as &[Option<String>],
            &writes.iter().map(|one| one.said.comment.clone()).collect::<Vec<_>>() as &[Option<String>],
            &writes.iter().map(|one| one.said.opinion()).collect::<Vec<_>>() as &[Option<f64>],
            &writes.iter().map(|one| one.hash.as_bytes().to_vec()).collect::<Vec<_>>(),
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// What users think of these traces, where anyone thinks anything (feedback_subject_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn opinions_of_traces(&mut self, traces: &[TraceId]) -> Result<HashMap<TraceId, Opinions>> {
        let (project, ids) = (self.project_uuid(), uuids(traces));
        Ok(sqlx::query!(
            r#"select t.id as "id!", o.count as "count!", o.sum as "sum!"
               from unnest($2::uuid[]) t (id)
               cross join lateral (
                   select count(f.opinion)::integer as count, sum(f.opinion) as sum from feedback f
                   where f.project_id = $1 and f.subject = (select subject_of_trace($1, t.id)) and f.opinion is not null
               ) o where o.count > 0"#,
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (TraceId::from_uuid(row.id), Opinions { count: row.count, sum: row.sum }))
        .collect())
    }

    /// Which of these traces of spans someone finds bad (feedback_subject_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn found_bad(&mut self, traces: &[SpanTraceId]) -> Result<HashSet<SpanTraceId>> {
        let named: HashMap<String, SpanTraceId> =
            traces.iter().map(|trace| (subject_text(&Subject::Named(trace.to_string())), *trace)).collect();
        let subjects: Vec<_> = named.keys().cloned().collect();
        let project = self.project_uuid();
        let bad = sqlx::query_scalar!(
            "select distinct subject from feedback where project_id = $1 and subject = any($2) and opinion < 0",
            project,
            &subjects
        )
        .fetch_all(self.connection())
        .await?;
        Ok(bad.iter().filter_map(|subject| named.get(subject).copied()).collect())
    }

    /// The trace that each of these is about, the newest revision of it; nothing where it has not come yet
    /// (feedback_pkey, trace_revision_trace_idx, trace_key_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn subjects_of_feedback(&mut self, feedback: &[FeedbackId]) -> Result<Vec<(FeedbackId, TraceId)>> {
        let (project, ids) = (self.project_uuid(), uuids(feedback));
        Ok(sqlx::query!(
            "select f.id, coalesce(
                 case when f.subject ~ '^i' then substr(f.subject, 2)::uuid end,
                 (
                     select v.error_trace_id from trace_revision v
                     where v.project_id = $1
                       and v.trace_id = case when f.subject ~ '^n[0-9a-f]{32}$' then decode(substr(f.subject, 2), 'hex') end
                     order by v.revision desc limit 1
                 ),
                 (select k.trace_id from trace_key k where k.project_id = $1 and k.external_id = substr(f.subject, 2))
             ) as trace
             from feedback f where f.project_id = $1 and f.id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .filter_map(|row| Some((FeedbackId::from_uuid(row.id), TraceId::from_uuid(row.trace?))))
        .collect())
    }

    /// The same with the traces themselves.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn traces_of_feedback(&mut self, feedback: &[FeedbackId]) -> Result<Vec<(FeedbackId, Trace)>> {
        let subjects = self.subjects_of_feedback(feedback).await?;
        let ids: HashSet<TraceId> = subjects.iter().map(|(_, trace)| *trace).collect();
        let traces = self.traces_by_id(&ids.into_iter().collect::<Vec<_>>()).await?;
        let traces: HashMap<TraceId, Trace> = traces.into_iter().map(|trace| (trace.id, trace)).collect();
        Ok(subjects.into_iter().filter_map(|(of, trace)| Some((of, traces.get(&trace)?.clone()))).collect())
    }

    /// A page of feedback, newest first.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn feedback(&mut self, filter: &FeedbackFilter, page: PageRequest) -> Result<Page<Feedback>> {
        let query = feedback_query(self.project_uuid(), filter, page);
        self.page::<FeedbackRow, _>(query, page).await
    }

    /// A page of what was said of each trace or of an earlier revision of it, newest first (feedback_subject_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn feedback_of_traces(
        &mut self,
        traces: &[TraceId],
        page: PageRequest,
    ) -> Result<HashMap<TraceId, Page<Feedback>>> {
        let mut query = feedback_of_traces_query(self.project_uuid(), &uuids(traces), page);
        let rows: Vec<OfTrace> = query.build_query_as().fetch_all(self.connection()).await?;
        let rows = rows.into_iter().map(|row| Ok((TraceId::from_uuid(row.of_trace), row.feedback.try_into()?)));
        Ok(page.pages(traces, rows.collect::<Result<Vec<(TraceId, Feedback)>>>()?))
    }

    /// Feedback by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn feedback_by_id(&mut self, ids: &[FeedbackId]) -> Result<Vec<Feedback>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            FeedbackRow,
            "select id, external_id, subject, span_id, rating, correction, comment, opinion, batch_id, received_at
             from feedback where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Feedback::try_from)
        .collect()
    }
}

/// The statement of [`Tx::feedback`].
pub(super) fn feedback_query(project: Uuid, filter: &FeedbackFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from feedback where project_id = ");
    query.push_bind(project);
    if let Some(bad) = filter.bad {
        // As the indexes say it: a bound value would not match their condition.
        query.push(if bad { " and opinion < 0" } else { " and opinion >= 0" });
    }
    if let Some(external_id) = &filter.external_id {
        query.push(" and external_id = ").push_bind(external_id.clone());
    }
    if let Some(name) = &filter.trace_external_id {
        query.push(" and subject = ").push_bind(subject_text(&Subject::Named(name.clone())));
    }
    page.push(&mut query, "id");
    query
}

/// The statement of [`Tx::feedback_of_traces`].
pub(super) fn feedback_of_traces_query(project: Uuid, traces: &[Uuid], page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select r.* from (select distinct p as id from unnest(");
    query.push_bind(traces.to_vec()).push("::uuid[]) p) as asked cross join lateral (");
    query.push("select asked.id as of_trace, f.* from feedback f where f.project_id = ").push_bind(project);
    query.push(" and f.subject = (select subject_of_trace(").push_bind(project).push(", asked.id))");
    page.push(&mut query, "f.id");
    query.push(") r");
    page.push_order_of_all(&mut query, "r.id");
    query
}
