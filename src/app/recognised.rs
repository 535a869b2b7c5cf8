//! Whom keys belong to, for a second: a key that asks often is not looked up for each request.
//!
//! A key that is withdrawn in this process is forgotten at once; by another process, it is answered for a second more.

use std::fmt;

use atr_core::{hash::Digest, store::Authenticated};
use chrono::{DateTime, TimeDelta, Utc};
use quick_cache::sync::Cache;

/// For so long what was looked up holds.
const HOLDS: TimeDelta = TimeDelta::seconds(1);
/// The most keys that are remembered; those that ask least make room.
const KEYS: usize = 10_000;

/// The keys that this process looked up of late.
pub struct Recognised(Cache<Digest, Held>);

#[derive(Debug, Clone)]
struct Held {
    of: Authenticated,
    from: DateTime<Utc>,
}

impl Default for Recognised {
    fn default() -> Self {
        Self(Cache::new(KEYS))
    }
}

impl fmt::Debug for Recognised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recognised").field("keys", &self.0.len()).finish()
    }
}

impl Recognised {
    /// Whom a secret with this hash belongs to, if that was looked up just now. A clock that was set back makes it old.
    pub(super) fn get(&self, hash: &Digest, now: DateTime<Utc>) -> Option<Authenticated> {
        self.0.get(hash).filter(|held| (held.from..held.from + HOLDS).contains(&now)).map(|held| held.of)
    }

    /// Remembers whom a secret belongs to, as it was looked up.
    pub(super) fn keep(&self, hash: Digest, of: Authenticated, from: DateTime<Utc>) {
        self.0.insert(hash, Held { of, from });
    }

    /// Forgets all of them: a key was withdrawn or ends otherwise than it did.
    pub(super) fn forget(&self) {
        self.0.clear();
    }
}
