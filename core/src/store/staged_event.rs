//! Events of log records that wait until their trace is quiet.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

use super::{
    Result, Tx,
    ledger::Ledger,
    staged_span::{KEPT, OfTraces, REMOVED, by_trace, span_trace},
};
use crate::{
    domain::{
        Rejection,
        intake::{BatchOutcome, Door},
        span::{NewEvent, SpanTraceId},
    },
    ids::{BatchId, Id},
};

impl Tx {
    /// Stages events and accounts for every log record: `None` is one that tells nothing of a model, and is filtered.
    /// With them goes a task for each trace they tell of, put off until the trace is quiet. An event that names a
    /// response alone waits until its span has come.
    ///
    /// # Errors
    /// If the database refuses or is out of reach; then nothing of it may be committed.
    pub async fn stage_events(
        &mut self,
        items: &[Result<Option<NewEvent>, Rejection>],
        quiet: Duration,
    ) -> Result<BatchOutcome> {
        if items.is_empty() {
            return Ok(BatchOutcome::default());
        }
        let batch: BatchId = self.fresh();
        let mut ledger = Ledger::new(Door::Spans, items.len());
        let mut first: BTreeMap<[u8; 32], &NewEvent> = BTreeMap::new();
        let mut read = vec![];
        for (at, item) in items.iter().enumerate() {
            match item {
                Err(refused) => ledger.reject(at, refused.clone()),
                Ok(None) => ledger.filtered(at, "no_event"),
                Ok(Some(event)) => {
                    let digest = *blake3::hash(&event.content).as_bytes();
                    let is_first = first.insert(digest, event).is_none();
                    read.push((at, digest, is_first));
                }
            }
        }
        let taken = self.insert_events(batch, &first).await?;
        for (at, digest, is_first) in read {
            let name = blake3::Hash::from_bytes(digest).to_hex();
            if is_first && taken.contains(digest.as_slice()) {
                ledger.stored(at, name);
            } else {
                ledger.duplicate(at, name);
            }
        }
        let new = first.iter().filter(|(digest, _)| taken.contains(digest.as_slice())).map(|(_, event)| *event);
        let (placed, unplaced): (Vec<_>, Vec<_>) = new.partition(|event| event.trace.is_some());
        let mut traces: BTreeSet<SpanTraceId> = placed.iter().filter_map(|event| event.trace).collect();
        let responses: Vec<&str> = unplaced.iter().filter_map(|event| event.response.as_deref()).collect();
        traces.extend(self.traces_of_responses(&responses).await?);
        self.assemble_when_quiet(traces, quiet).await?;
        ledger.close(self, batch).await
    }

    /// In the order of their digests, so that two batches cannot wait for each other.
    async fn insert_events(
        &mut self,
        batch: BatchId,
        events: &BTreeMap<[u8; 32], &NewEvent>,
    ) -> Result<HashSet<Vec<u8>>> {
        let digests: Vec<_> = events.keys().map(<[u8; 32]>::as_slice).collect();
        let traces: Vec<_> = events.values().map(|event| event.trace.map(|trace| trace.bytes().to_vec())).collect();
        let responses: Vec<_> = events.values().map(|event| event.response.clone()).collect();
        let contents: Vec<_> = events.values().map(|event| event.content.as_slice()).collect();
        let (project, now) = (self.project_uuid(), self.now());
        let taken = sqlx::query_scalar!(
            "insert into staged_event (project_id, digest, trace_id, response_id, content, batch_id, received_at)
             select $1, t.digest, t.trace_id, t.response_id, t.content, $2, $3
             from unnest($4::bytea[], $5::bytea[], $6::text[], $7::bytea[]) as t (digest, trace_id, response_id, content)
             order by t.digest
             on conflict on constraint staged_event_pkey do nothing
             returning digest",
            project,
            batch.uuid(),
            now,
            &digests as &[&[u8]],
            &traces as &[Option<Vec<u8>>],
            &responses as &[Option<String>],
            &contents as &[&[u8]],
        )
        .fetch_all(self.connection())
        .await?;
        Ok(taken.into_iter().collect())
    }

    /// The traces that got these responses (staged_span_response_idx).
    async fn traces_of_responses(&mut self, responses: &[&str]) -> Result<Vec<SpanTraceId>> {
        if responses.is_empty() {
            return Ok(vec![]);
        }
        let project = self.project_uuid();
        sqlx::query_scalar!(
            "select distinct trace_id from staged_span where project_id = $1 and response_id = any($2)",
            project,
            responses as &[&str],
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|trace| span_trace(&trace))
        .collect()
    }

    /// The events of each trace and of the responses that its spans got, in the order of their digests, at most `most`
    /// and at most `bytes` of them a trace (staged_event_trace_idx, staged_span_pkey, staged_event_response_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn staged_events(&mut self, of: &[SpanTraceId], most: i64, bytes: i64) -> Result<OfTraces> {
        let traces: Vec<_> = of.iter().map(SpanTraceId::bytes).collect();
        let project = self.project_uuid();
        let rows = sqlx::query!(
            r#"select asked.trace_id as "trace_id!", e.content as "content!"
             from unnest($2::bytea[]) as asked (trace_id)
             cross join lateral (
                 select digest, content, sum(octet_length(content)) over (order by digest) as upto from (
                     select digest, content from staged_event where project_id = $1 and trace_id = asked.trace_id
                     union
                     select e.digest, e.content from staged_span s
                     join staged_event e on e.project_id = $1 and e.response_id = s.response_id and e.trace_id is null
                     where s.project_id = $1 and s.trace_id = asked.trace_id and s.response_id is not null
                     order by digest limit $3
                 ) first
             ) e
             where e.upto <= $4
             order by asked.trace_id, e.digest"#,
            project,
            &traces as &[&[u8]],
            most,
            bytes,
        )
        .fetch_all(self.connection())
        .await?;
        by_trace(rows.into_iter().map(|row| (row.trace_id, row.content)))
    }

    /// Removes some of the events whose traces are waited for no longer (staged_event_received_idx). What another
    /// removes is passed over.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn remove_old_events(&mut self) -> Result<u64> {
        let (project, before) = (self.project_uuid(), self.now() - KEPT);
        let done = sqlx::query!(
            "delete from staged_event s using (
                 select digest from staged_event where project_id = $1 and received_at < $2
                 order by received_at limit $3 for update skip locked
             ) o where s.project_id = $1 and s.digest = o.digest",
            project,
            before,
            REMOVED,
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected())
    }
}
