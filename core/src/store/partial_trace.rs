//! Traces of which staged spans were removed.

use std::collections::HashSet;

use chrono::TimeDelta;

use super::{
    Result, Tx,
    staged_span::{REMOVED, span_trace},
};
use crate::domain::span::SpanTraceId;

/// For so long it is known that spans of a trace were removed; nobody sends the rest of a trace later.
const KNOWN: TimeDelta = TimeDelta::days(30);

impl Tx {
    /// Those of the traces of which spans were removed (partial_trace_pkey). Asked after the spans were read, it
    /// answers for what was read.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn partial_traces(&mut self, of: &[SpanTraceId]) -> Result<HashSet<SpanTraceId>> {
        let traces: Vec<_> = of.iter().map(SpanTraceId::bytes).collect();
        let project = self.project_uuid();
        sqlx::query_scalar!(
            "select trace_id from partial_trace where project_id = $1 and trace_id = any($2)",
            project,
            &traces as &[&[u8]],
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|trace| span_trace(&trace))
        .collect()
    }

    /// Forgets some of the traces whose spans were removed long ago (partial_trace_at_idx). What another forgets is
    /// passed over.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn forget_partial_traces(&mut self) -> Result<u64> {
        let (project, before) = (self.project_uuid(), self.now() - KNOWN);
        let done = sqlx::query!(
            "delete from partial_trace p using (
                 select trace_id from partial_trace where project_id = $1 and at < $2
                 order by at limit $3 for update skip locked
             ) o where p.project_id = $1 and p.trace_id = o.trace_id",
            project,
            before,
            REMOVED,
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected())
    }
}
