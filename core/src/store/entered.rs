//! What becomes of a record that is entered under an external id.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Result, StoreError};
use crate::{
    hash::{self, Digest},
    ids::Id,
};

/// The record that stands under an external id after an attempt to enter one there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered<I> {
    /// Its id.
    pub id: I,
    /// Hash of its content.
    pub content_hash: Digest,
    /// Whether this attempt entered it; otherwise it stood there before.
    pub new: bool,
}

/// Reads a stored hash.
pub(super) fn stored_hash(bytes: &[u8]) -> Result<Digest> {
    hash::from_bytes(bytes).map_err(|error| StoreError::Corrupt(format!("a content hash: {error}")))
}

/// What stands under each external id, where `standing` was read after records with `ids` were inserted and those
/// whose external id was taken were passed over.
pub(super) fn entered<I: Id>(
    external: &[String],
    ids: &[Uuid],
    standing: &HashMap<String, (Uuid, Vec<u8>)>,
) -> Result<Vec<Entered<I>>> {
    external
        .iter()
        .zip(ids)
        .map(|(external, mine)| {
            let (id, content_hash) = standing.get(external).ok_or_else(|| {
                StoreError::Corrupt(format!("nothing stands under the external id `{external}` after entering it"))
            })?;
            Ok(Entered { id: I::from_uuid(*id), content_hash: stored_hash(content_hash)?, new: id == mine })
        })
        .collect()
}
