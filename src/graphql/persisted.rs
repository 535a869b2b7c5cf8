//! Automatic persisted queries: a client sends the hash of a document alone, and the document once if it is not known.
//! A document is kept once it was read and found within the limits; it is held against them again at each request, with
//! that request's variables.

use std::{fmt, hash::RandomState, sync::Arc};

use async_graphql::{Request, ServerError};
use atr_core::hash::Digest;
use quick_cache::{
    OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};
use sha2::{Digest as _, Sha256};

use super::fault::refused;

/// The most that all documents may hold, in bytes; those asked for least make room.
const BYTES: u64 = 16 << 20;
/// What a document takes beside its text.
const OVERHEAD: u64 = 128;

type Hash = [u8; 32];

#[derive(Debug, Clone)]
struct BySize;

impl Weighter<Hash, Arc<str>> for BySize {
    fn weight(&self, _: &Hash, text: &Arc<str>) -> u64 {
        text.len() as u64 + OVERHEAD
    }
}

/// The documents that this process knows by their hashes.
pub(super) struct Persisted(Cache<Hash, Arc<str>, BySize>);

impl fmt::Debug for Persisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Persisted").field("documents", &self.0.len()).finish_non_exhaustive()
    }
}

impl Persisted {
    pub(super) fn new() -> Self {
        let options = OptionsBuilder::new()
            .shards(4)
            .estimated_items_capacity(4096)
            .weight_capacity(BYTES)
            .build()
            .expect("every option that is needed");
        Self(Cache::with_options(options, BySize, RandomState::new(), DefaultLifecycle::default()))
    }

    /// Puts the document in whose hash a request names. Where it brings both, answers the hash by which to keep it.
    pub(super) fn complete(&self, request: &mut Request) -> Result<Option<Hash>, ServerError> {
        let Some(asked) = request.extensions.get("persistedQuery") else { return Ok(None) };
        let asked = asked.clone().into_json().unwrap_or_default();
        let hash = asked["sha256Hash"].as_str().and_then(|hex| Digest::from_hex(hex).ok()).map(Hash::from);
        let (Some(1), Some(hash)) = (asked["version"].as_u64(), hash) else {
            let message = "extensions.persistedQuery: give {\"version\": 1, \"sha256Hash\": 64 hex digits}";
            return Err(refused("BAD_USER_INPUT", message));
        };
        if request.query.is_empty() {
            // The words and the code that clients know it by.
            let unknown = || refused("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound");
            request.query = self.0.get(&hash).ok_or_else(unknown)?.to_string();
            return Ok(None);
        }
        if Sha256::digest(&request.query).as_slice() != hash {
            let message = "extensions.persistedQuery: the SHA-256 of the document in `query` is another";
            return Err(refused("BAD_USER_INPUT", message));
        }
        Ok(Some(hash))
    }

    /// Keeps a document.
    pub(super) fn keep(&self, hash: Hash, text: &str) {
        self.0.insert(hash, text.into());
    }
}

#[cfg(test)]
mod tests {
    use atr_core::hash;

    use super::*;

    fn asking(query: &str, extension: serde_json::Value) -> Request {
        let mut request = Request::new(query);
        let extension = async_graphql::Value::from_json(extension).expect("a value");
        request.extensions.0.insert("persistedQuery".to_owned(), extension);
        request
    }

    fn by_hash(text: &str) -> serde_json::Value {
        serde_json::json!({"version": 1, "sha256Hash": hash::hex(&Sha256::digest(text))})
    }

    #[test]
    fn a_document_is_known_once_it_was_kept() {
        let known = Persisted::new();
        let mut alone = asking("", by_hash("{ a }"));
        let unknown = known.complete(&mut alone).expect_err("not known yet");
        assert_eq!(unknown.message, "PersistedQueryNotFound");
        let hash = known.complete(&mut asking("{ a }", by_hash("{ a }"))).expect("both").expect("a hash");
        known.keep(hash, "{ a }");
        known.complete(&mut alone).expect("known");
        assert_eq!(alone.query, "{ a }");
        let mut plain = Request::new("{ b }");
        assert_eq!(known.complete(&mut plain), Ok(None));
    }

    #[test]
    fn a_hash_that_is_none_or_anothers_is_refused() {
        let known = Persisted::new();
        let sign = format!("+1{}", "0".repeat(62));
        for (query, extension) in [
            ("{ a }", by_hash("{ b }")),
            ("", serde_json::json!(null)),
            ("", serde_json::json!({"version": 2, "sha256Hash": "0".repeat(64)})),
            ("", serde_json::json!({"version": 1, "sha256Hash": "é".repeat(32)})),
            ("", serde_json::json!({"version": 1, "sha256Hash": sign})),
        ] {
            let refused = known.complete(&mut asking(query, extension.clone())).expect_err("a refusal");
            assert!(refused.message.starts_with("extensions.persistedQuery"), "{extension}: {}", refused.message);
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_even_the_largest_documents_fit() {
        let known = Persisted::new();
        let text = "x".repeat(256 << 10);
        for at in 0..200_u8 {
            known.keep([at; 32], &text);
        }
        assert!(known.0.weight() <= BYTES, "{}", known.0.weight());
        assert!(known.0.len() > 20, "{}", known.0.len());
    }
}
