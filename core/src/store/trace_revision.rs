//! Error traces that were assembled from spans, and their revisions.

use chrono::{DateTime, Utc};

use super::{Result, StoreError, Tx, ledger::Ledger, staged_span::span_trace};
use crate::{
    domain::{
        intake::{Balance, Door, ItemOutcome},
        new_trace::NewTrace,
        span::SpanTraceId,
    },
    hash::{self, Digest},
    ids::{BatchId, Id, TraceId, uuids},
};

/// A revision of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The trace of the spans.
    pub spans_of: SpanTraceId,
    /// The error trace it is.
    pub trace: TraceId,
    /// From 1.
    pub revision: i32,
    /// When the first revision was assembled.
    pub since: DateTime<Utc>,
    /// The hash of the error trace's content.
    pub hash: Digest,
}

/// An error trace's place among the revisions of its spans' trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceRevision {
    /// The error trace.
    pub trace: TraceId,
    /// The trace of the spans.
    pub spans_of: SpanTraceId,
    /// From 1.
    pub revision: i32,
    /// From how many spans it was assembled.
    pub spans: i32,
    /// The error trace of the revision before.
    pub supersedes: Option<TraceId>,
    /// The error trace of the revision after.
    pub superseded_by: Option<TraceId>,
    /// When it was assembled.
    pub at: DateTime<Utc>,
}

/// A trace put together from spans, with what the project's rule says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Assembled {
    /// The trace of the spans.
    pub spans_of: SpanTraceId,
    /// From how many spans it was assembled.
    pub spans: i32,
    /// The newest revision before.
    pub before: Option<Revision>,
    /// The error trace; or the name of the rule that leaves it out.
    pub kept: Result<NewTrace, String>,
}

impl Tx {
    /// The newest revisions of traces (trace_revision_trace_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn newest_revisions(&mut self, of: &[SpanTraceId]) -> Result<Vec<Revision>> {
        let traces: Vec<_> = of.iter().map(SpanTraceId::bytes).collect();
        let project = self.project_uuid();
        sqlx::query!(
            r#"select v.trace_id, v.error_trace_id, v.revision, t.content_hash, (
                 select r.at from trace_revision r where r.project_id = $1 and r.trace_id = asked.trace_id
                 order by r.revision limit 1
             ) as "since!"
             from unnest($2::bytea[]) as asked (trace_id)
             cross join lateral (
                 select * from trace_revision r where r.project_id = $1 and r.trace_id = asked.trace_id
                 order by r.revision desc limit 1
             ) v
             join error_trace t on t.project_id = $1 and t.id = v.error_trace_id"#,
            project,
            &traces as &[&[u8]],
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            Ok(Revision {
                spans_of: span_trace(&row.trace_id)?,
                trace: TraceId::from_uuid(row.error_trace_id),
                revision: row.revision,
                since: row.since,
                hash: hash::from_bytes(&row.content_hash).map_err(|error| StoreError::Corrupt(error.to_string()))?,
            })
        })
        .collect()
    }

    /// Which revisions error traces are (trace_revision_pkey, trace_revision_superseded_idx); one that was not assembled
    /// from spans is none.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn revisions_of_traces(&mut self, of: &[TraceId]) -> Result<Vec<TraceRevision>> {
        let (project, traces) = (self.project_uuid(), uuids(of));
        sqlx::query!(
            r#"select v.error_trace_id, v.trace_id, v.revision, v.spans, v.supersedes, v.at, (
                 select n.error_trace_id from trace_revision n
                 where n.project_id = $1 and n.supersedes = v.error_trace_id order by n.revision desc limit 1
             ) as superseded_by
             from trace_revision v where v.project_id = $1 and v.error_trace_id = any($2)"#,
            project,
            &traces,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            Ok(TraceRevision {
                trace: TraceId::from_uuid(row.error_trace_id),
                spans_of: span_trace(&row.trace_id)?,
                revision: row.revision,
                spans: row.spans,
                supersedes: row.supersedes.map(TraceId::from_uuid),
                superseded_by: row.superseded_by.map(TraceId::from_uuid),
                at: row.at,
            })
        })
        .collect()
    }

    /// Stores what was assembled and is kept, as every door stores traces, notes which revision each is, and accounts
    /// for all of it; the outcomes come in the order of the items.
    ///
    /// # Errors
    /// If the database refuses or is out of reach; then nothing of it may be committed.
    pub async fn record_assembled(&mut self, items: &[Assembled]) -> Result<Vec<ItemOutcome>> {
        let mut outcomes = vec![None; items.len()];
        let mut kept = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            match &item.kept {
                Ok(trace) => kept.push((at, Ok(trace.clone()))),
                Err(rule) => outcomes[at] = Some(ItemOutcome::Filtered { rule: rule.clone() }),
            }
        }
        let filtered: Balance = outcomes.iter().flatten().collect();
        if filtered.received() > 0 {
            let batch: BatchId = self.fresh();
            self.insert_batch(batch, Door::Assembled, &filtered).await?;
        }
        let (places, kept): (Vec<_>, Vec<_>) = kept.into_iter().unzip();
        let recorded = self.take_in_traces(&kept, Ledger::new(Door::Assembled, kept.len())).await?;
        let mut revisions = vec![];
        for (at, outcome) in places.into_iter().zip(recorded.items) {
            if let ItemOutcome::Stored(id) = &outcome {
                let id = id.parse().map_err(|_| StoreError::Corrupt(format!("`{id}` was stored and is no trace")))?;
                revisions.push((id, &items[at]));
            }
            outcomes[at] = Some(outcome);
        }
        self.insert_revisions(&revisions).await?;
        Ok(outcomes.into_iter().flatten().collect())
    }

    async fn insert_revisions(&mut self, of: &[(TraceId, &Assembled)]) -> Result<()> {
        if of.is_empty() {
            return Ok(());
        }
        let before = |item: &Assembled| item.before.as_ref().map(|before| (before.revision, before.trace.uuid()));
        let ids: Vec<_> = of.iter().map(|(id, _)| id.uuid()).collect();
        let traces: Vec<_> = of.iter().map(|(_, item)| item.spans_of.bytes()).collect();
        let revisions: Vec<_> =
            of.iter().map(|(_, item)| before(item).map_or(1, |(revision, _)| revision + 1)).collect();
        let superseded: Vec<_> = of.iter().map(|(_, item)| before(item).map(|(_, trace)| trace)).collect();
        let spans: Vec<_> = of.iter().map(|(_, item)| item.spans).collect();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "insert into trace_revision (project_id, error_trace_id, trace_id, revision, supersedes, spans, at)
             select $1, t.id, t.trace_id, t.revision, t.supersedes, t.spans, $2
             from unnest($3::uuid[], $4::bytea[], $5::integer[], $6::uuid[], $7::integer[])
                  as t (id, trace_id, revision, supersedes, spans)",
            project,
            now,
            &ids,
            &traces as &[&[u8]],
            &revisions,
            &superseded as &[Option<uuid::Uuid>],
            &spans,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
