//! The keys that make traces idempotent by their senders' ids.

use super::{Result, StoreError, Tx};
use crate::{
    hash::{self, Digest},
    ids::{Id, TraceId},
};

/// What is stored under a sender's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TraceKey {
    /// The sender's id.
    pub(super) external_id: String,
    /// The trace.
    pub(super) trace: TraceId,
    /// The hash of its content.
    pub(super) hash: Digest,
}

impl Tx {
    /// What is stored under these senders' ids (trace_key_pkey).
    pub(super) async fn trace_keys(&mut self, external_ids: &[&str]) -> Result<Vec<TraceKey>> {
        if external_ids.is_empty() {
            return Ok(vec![]);
        }
        let project = self.project_uuid();
        sqlx::query!(
            "select external_id, trace_id, content_hash from trace_key where project_id = $1 and external_id = any($2)",
            project,
            external_ids as &[&str],
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            Ok(TraceKey {
                external_id: row.external_id,
                trace: TraceId::from_uuid(row.trace_id),
                hash: hash::from_bytes(&row.content_hash).map_err(|error| StoreError::Corrupt(error.to_string()))?,
            })
        })
        .collect()
    }

    /// Takes senders' ids, each once, for traces that this transaction stores; returns those of the traces that got
    /// theirs. Where another transaction is taking the same id, this one waits for its end; ids are taken in their
    /// order, so that two batches cannot wait for each other.
    pub(super) async fn take_trace_keys(&mut self, keys: &[(&str, TraceId, Digest)]) -> Result<Vec<TraceId>> {
        if keys.is_empty() {
            return Ok(vec![]);
        }
        let external: Vec<_> = keys.iter().map(|(external_id, ..)| *external_id).collect();
        let traces: Vec<_> = keys.iter().map(|(_, trace, _)| trace.uuid()).collect();
        let hashes: Vec<_> = keys.iter().map(|(.., hash)| hash.as_bytes().as_slice()).collect();
        let project = self.project_uuid();
        let taken = sqlx::query_scalar!(
            "insert into trace_key (project_id, external_id, trace_id, content_hash)
             select $1, t.external_id, t.trace_id, t.hash
             from unnest($2::text[], $3::uuid[], $4::bytea[]) as t (external_id, trace_id, hash)
             order by t.external_id
             on conflict on constraint trace_key_pkey do nothing
             returning trace_id",
            project,
            &external as &[&str],
            &traces,
            &hashes as &[&[u8]],
        )
        .fetch_all(self.connection())
        .await?;
        Ok(taken.into_iter().map(TraceId::from_uuid).collect())
    }
}
