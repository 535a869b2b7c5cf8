//! Spans that wait until their trace is quiet.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Result, StoreError, Tx, ledger::Ledger};
use crate::{
    domain::{
        Rejection,
        intake::{BatchOutcome, Door},
        span::{NewSpan, SpanId, SpanTraceId},
    },
    hash,
    ids::{BatchId, Id},
    queue::{NewTask, Work},
};

/// For so long after they came spans wait for others of their trace.
pub(super) const KEPT: TimeDelta = TimeDelta::days(7);
/// How many of those that are older are removed at a time.
pub(super) const REMOVED: i64 = 1000;

type Key = (SpanTraceId, SpanId);

/// What is staged of each trace, as it came.
pub type OfTraces = HashMap<SpanTraceId, Vec<Vec<u8>>>;

/// How far what is staged is counted: more costs more, and tells nobody more.
const COUNTED: i64 = 100_000;

/// What waits for its trace to be assembled, or was part of one and is kept for what may come late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// How many spans, counted to 100,000.
    pub spans: i64,
    /// How many events, counted to 100,000.
    pub events: i64,
    /// When the oldest of the spans came.
    pub oldest: Option<DateTime<Utc>>,
}

impl Tx {
    /// How much is staged in this project (staged_span_received_idx, staged_event_received_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn staged(&mut self) -> Result<Staged> {
        let project = self.project_uuid();
        let row = sqlx::query!(
            r#"
            select (select count(*) from (select from staged_span where project_id = $1 limit $2) s) as "spans!",
                   (select count(*) from (select from staged_event where project_id = $1 limit $2) e) as "events!",
                   (select received_at from staged_span where project_id = $1 order by received_at limit 1) as oldest
            "#,
            project,
            COUNTED
        )
        .fetch_one(self.connection())
        .await?;
        Ok(Staged { spans: row.spans, events: row.events, oldest: row.oldest })
    }

    /// Stages spans and accounts for every one; refused ones are only counted. With them goes a task for each trace,
    /// put off until the trace is quiet. A span that was staged already is a duplicate; one that has the ids of
    /// another is quarantined.
    ///
    /// # Errors
    /// If the database refuses or is out of reach; then nothing of it may be committed.
    pub async fn stage_spans(&mut self, items: &[Result<NewSpan, Rejection>], quiet: Duration) -> Result<BatchOutcome> {
        if items.is_empty() {
            return Ok(BatchOutcome::default());
        }
        let batch: BatchId = self.fresh();
        let mut ledger = Ledger::new(Door::Spans, items.len());
        let mut first: BTreeMap<Key, (usize, &NewSpan)> = BTreeMap::new();
        let mut rest = vec![];
        for (at, item) in items.iter().enumerate() {
            match item {
                Err(refused) => ledger.reject(at, refused.clone()),
                Ok(span) => match first.entry((span.trace, span.span)) {
                    std::collections::btree_map::Entry::Occupied(_) => rest.push((at, span)),
                    std::collections::btree_map::Entry::Vacant(free) => {
                        free.insert((at, span));
                    }
                },
            }
        }
        let taken = self.insert_spans(batch, &first).await?;
        for (key, (at, span)) in &first {
            if taken.contains(key) {
                ledger.stored(*at, name(span));
            } else {
                rest.push((*at, *span));
            }
        }
        let known = self.span_contents(&rest).await?;
        for (at, span) in rest {
            match known.get(&(span.trace, span.span)) {
                Some(content) if *content == span.content => ledger.duplicate(at, name(span)),
                Some(_) => ledger.set_aside(
                    at,
                    "span_id",
                    format!("the span {} is staged with other content: give each span an id of its own", name(span)),
                    Some(name(span)),
                    json!({ "resource_spans_hex": hash::hex(&span.content) }),
                ),
                None => return Err(StoreError::Corrupt(format!("the span {} came and went", name(span)))),
            }
        }
        let traces: BTreeSet<SpanTraceId> = taken.iter().map(|(trace, _)| *trace).collect();
        self.assemble_when_quiet(traces, quiet).await?;
        ledger.close(self, batch).await
    }

    /// Enqueues that traces are put together once nothing of them has come for so long.
    pub(super) async fn assemble_when_quiet(&mut self, traces: BTreeSet<SpanTraceId>, quiet: Duration) -> Result<()> {
        let assemble = |spans| NewTask { delay: quiet, ..Work::AssembleTrace { spans }.into() };
        self.enqueue_all(traces.into_iter().map(assemble).collect::<Vec<_>>()).await?;
        Ok(())
    }

    /// In the order of their ids, so that two batches cannot wait for each other.
    async fn insert_spans(&mut self, batch: BatchId, spans: &BTreeMap<Key, (usize, &NewSpan)>) -> Result<HashSet<Key>> {
        let traces: Vec<_> = spans.keys().map(|(trace, _)| trace.bytes()).collect();
        let ids: Vec<_> = spans.keys().map(|(_, span)| span.bytes()).collect();
        let contents: Vec<_> = spans.values().map(|(_, span)| span.content.as_slice()).collect();
        let responses: Vec<_> = spans.values().map(|(_, span)| span.response.clone()).collect();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "insert into staged_span (project_id, trace_id, span_id, content, batch_id, received_at, response_id)
             select $1, t.trace_id, t.span_id, t.content, $2, $3, t.response_id
             from unnest($4::bytea[], $5::bytea[], $6::bytea[], $7::text[])
                  as t (trace_id, span_id, content, response_id)
             order by t.trace_id, t.span_id
             on conflict on constraint staged_span_pkey do nothing
             returning trace_id, span_id",
            project,
            batch.uuid(),
            now,
            &traces as &[&[u8]],
            &ids as &[&[u8]],
            &contents as &[&[u8]],
            &responses as &[Option<String>],
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| key(&row.trace_id, &row.span_id))
        .collect()
    }

    async fn span_contents(&mut self, of: &[(usize, &NewSpan)]) -> Result<HashMap<Key, Vec<u8>>> {
        if of.is_empty() {
            return Ok(HashMap::new());
        }
        let traces: Vec<_> = of.iter().map(|(_, span)| span.trace.bytes()).collect();
        let ids: Vec<_> = of.iter().map(|(_, span)| span.span.bytes()).collect();
        let project = self.project_uuid();
        sqlx::query!(
            "select s.trace_id, s.span_id, s.content
             from (select distinct * from unnest($2::bytea[], $3::bytea[])) as t (trace_id, span_id)
             join staged_span s on s.project_id = $1 and s.trace_id = t.trace_id and s.span_id = t.span_id",
            project,
            &traces as &[&[u8]],
            &ids as &[&[u8]],
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| Ok((key(&row.trace_id, &row.span_id)?, row.content)))
        .collect()
    }

    /// The spans of each trace in the order of their ids, at most `most` and at most `bytes` of them a trace, each a
    /// `ResourceSpans` message of OTLP (staged_span_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn staged_spans(&mut self, of: &[SpanTraceId], most: i64, bytes: i64) -> Result<OfTraces> {
        let traces: Vec<_> = of.iter().map(SpanTraceId::bytes).collect();
        let project = self.project_uuid();
        let rows = sqlx::query!(
            r#"select asked.trace_id as "trace_id!", s.content
             from unnest($2::bytea[]) as asked (trace_id)
             cross join lateral (
                 select span_id, content, sum(octet_length(content)) over (order by span_id) as upto from (
                     select span_id, content from staged_span
                     where project_id = $1 and trace_id = asked.trace_id order by span_id limit $3
                 ) first
             ) s
             where s.upto <= $4
             order by asked.trace_id, s.span_id"#,
            project,
            &traces as &[&[u8]],
            most,
            bytes,
        )
        .fetch_all(self.connection())
        .await?;
        by_trace(rows.into_iter().map(|row| (row.trace_id, row.content)))
    }

    /// Those of these traces of which a span is staged (staged_span_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn staged_traces(&mut self, of: &[SpanTraceId]) -> Result<Vec<SpanTraceId>> {
        let traces: Vec<_> = of.iter().map(SpanTraceId::bytes).collect();
        let project = self.project_uuid();
        sqlx::query_scalar!(
            r#"select t.id as "id!" from unnest($2::bytea[]) t (id)
               where exists (select from staged_span s where s.project_id = $1 and s.trace_id = t.id)"#,
            project,
            &traces as &[&[u8]],
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|trace| span_trace(&trace))
        .collect()
    }

    /// Removes some of the spans that no others are waited for any more (staged_span_received_idx), and notes whose they
    /// were. What another removes is passed over.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn remove_old_spans(&mut self) -> Result<u64> {
        let (project, now) = (self.project_uuid(), self.now());
        let removed = sqlx::query_scalar!(
            r#"with removed as (
                 delete from staged_span s using (
                     select trace_id, span_id from staged_span
                     where project_id = $1 and received_at < $2
                     order by received_at limit $3 for update skip locked
                 ) o where s.project_id = $1 and s.trace_id = o.trace_id and s.span_id = o.span_id
                 returning s.trace_id
             ), noted as (
                 insert into partial_trace (project_id, trace_id, at)
                 select distinct $1, trace_id, $4::timestamptz from removed order by trace_id
                 on conflict on constraint partial_trace_pkey do update set at = excluded.at
             )
             select count(*) as "removed!" from removed"#,
            project,
            now - KEPT,
            REMOVED,
            now,
        )
        .fetch_one(self.connection())
        .await?;
        Ok(removed.unsigned_abs())
    }
}

fn key(trace: &[u8], span: &[u8]) -> Result<Key> {
    let span = SpanId::from_bytes(span).map_err(|refused| StoreError::Corrupt(refused.to_string()))?;
    Ok((span_trace(trace)?, span))
}

/// Reads a trace's id from the database's 16 bytes.
pub(super) fn span_trace(bytes: &[u8]) -> Result<SpanTraceId> {
    SpanTraceId::from_bytes(bytes).map_err(|refused| StoreError::Corrupt(refused.to_string()))
}

/// Gathers what is staged of each trace, in the order in which it comes.
pub(super) fn by_trace(rows: impl Iterator<Item = (Vec<u8>, Vec<u8>)>) -> Result<OfTraces> {
    let mut staged = OfTraces::new();
    for (trace, content) in rows {
        staged.entry(span_trace(&trace)?).or_default().push(content);
    }
    Ok(staged)
}

/// As people and W3C Trace Context write it.
fn name(span: &NewSpan) -> String {
    format!("{}-{}", span.trace, span.span)
}
