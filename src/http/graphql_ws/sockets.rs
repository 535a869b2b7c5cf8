//! How many sockets are open, and that they close when the server stops.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use atr_core::ids::ApiKeyId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// The most sockets of this server.
const MOST: usize = 1000;
/// The most sockets of a key.
const MOST_OF_KEY: usize = 20;

/// The sockets of this server. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Sockets {
    /// Fires when they are to close.
    pub(super) stop: CancellationToken,
    open: TaskTracker,
    free: Arc<Semaphore>,
    of_keys: Arc<Mutex<HashMap<ApiKeyId, usize>>>,
}

/// A socket's place among those that are open, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _open: TaskTrackerToken,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("atr_graphql_sockets").decrement(1.0);
    }
}

/// The same among those of its key.
#[derive(Debug)]
pub(super) struct PlaceOfKey {
    of_keys: Arc<Mutex<HashMap<ApiKeyId, usize>>>,
    key: ApiKeyId,
}

impl Drop for PlaceOfKey {
    fn drop(&mut self) {
        let mut of_keys = self.of_keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = of_keys.get_mut(&self.key) {
            *open -= 1;
            if *open == 0 {
                of_keys.remove(&self.key);
            }
        }
    }
}

impl Sockets {
    /// None yet; they close when `stop` fires.
    pub(crate) fn new(stop: CancellationToken) -> Self {
        Self { stop, open: TaskTracker::new(), free: Arc::new(Semaphore::new(MOST)), of_keys: Arc::default() }
    }

    /// A place for another, unless there are as many as this server takes.
    pub(super) fn enter(&self) -> Option<Place> {
        let permit = Arc::clone(&self.free).try_acquire_owned().ok()?;
        metrics::gauge!("atr_graphql_sockets").increment(1.0);
        Some(Place { _open: self.open.token(), _permit: permit })
    }

    /// A place for another of a key, unless it has as many as a key may have.
    pub(super) fn enter_as(&self, key: ApiKeyId) -> Option<PlaceOfKey> {
        let mut of_keys = self.of_keys.lock().unwrap_or_else(PoisonError::into_inner);
        let open = of_keys.entry(key).or_default();
        if *open >= MOST_OF_KEY {
            return None;
        }
        *open += 1;
        Some(PlaceOfKey { of_keys: Arc::clone(&self.of_keys), key })
    }

    /// Waits until all are closed that are open.
    pub(crate) async fn closed(&self) {
        self.open.close();
        self.open.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use atr_core::{clock::Clock, ids::Ids};

    use super::*;

    #[test]
    fn a_key_gets_a_bounded_number_of_sockets_and_each_that_closes_makes_room() {
        let sockets = Sockets::new(CancellationToken::new());
        let ids = Ids::seeded(Clock::system(), 1);
        let (one, other) = (ids.make(), ids.make());
        let mut open: Vec<_> = (0..MOST_OF_KEY).map(|_| sockets.enter_as(one).expect("a place")).collect();
        assert!(sockets.enter_as(one).is_none());
        assert!(sockets.enter_as(other).is_some());
        open.pop();
        assert!(sockets.enter_as(one).is_some());
        open.clear();
        assert!(sockets.of_keys.lock().expect("no panic").is_empty());
    }

    #[test]
    fn a_server_takes_a_bounded_number_of_sockets() {
        let sockets = Sockets::new(CancellationToken::new());
        let mut open: Vec<_> = (0..MOST).map(|_| sockets.enter().expect("a place")).collect();
        assert!(sockets.enter().is_none());
        open.pop();
        assert!(sockets.enter().is_some());
    }
}
