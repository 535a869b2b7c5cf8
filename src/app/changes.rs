//! Tells what waits in this process that something changed, in whichever process it did.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use atr_core::store::{Change, ChangeListener, Store};
use tokio::sync::{OnceCell, watch};

use super::AppError;

/// How long the listener waits before it listens again after a fault.
const AGAIN: Duration = Duration::from_secs(1);
/// How often the listener looks whether anyone may still wait.
const LOOK: Duration = Duration::from_secs(60);

/// What is waited for in this process. One connection beside the pool's listens for all of it.
#[derive(Debug, Default)]
pub struct Changes {
    watched: Mutex<HashMap<Change, watch::Sender<()>>>,
    listening: OnceCell<()>,
}

impl Changes {
    /// What is woken by a change from now on. Whoever looks after this misses nothing.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn watch(self: &Arc<Self>, store: &Store, change: Change) -> Result<watch::Receiver<()>, AppError> {
        let start = async || {
            let listener = ChangeListener::start(store).await?;
            tokio::spawn(listen(Arc::downgrade(self), listener, store.closed()));
            Ok::<_, AppError>(())
        };
        self.listening.get_or_try_init(start).await?;
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|_, waiting| waiting.receiver_count() > 0);
        Ok(watched.entry(change).or_insert_with(|| watch::Sender::new(())).subscribe())
    }

    fn tell(&self, change: Change) {
        if let Some(waiting) = self.watched.lock().unwrap_or_else(PoisonError::into_inner).get(&change) {
            waiting.send_replace(());
        }
    }

    fn tell_all(&self) {
        for waiting in self.watched.lock().unwrap_or_else(PoisonError::into_inner).values() {
            waiting.send_replace(());
        }
    }
}

/// Listens until the database is closed or nobody can wait any more.
async fn listen(changes: Weak<Changes>, mut listener: ChangeListener, closed: impl Future<Output = ()>) {
    let mut closed = std::pin::pin!(closed);
    loop {
        let heard = tokio::select! {
            () = &mut closed => return,
            heard = tokio::time::timeout(LOOK, listener.heard()) => heard,
        };
        let Some(changes) = changes.upgrade() else { return };
        match heard {
            Ok(Ok(Some(change))) => changes.tell(change),
            // Words may have been missed.
            Ok(Ok(None)) => changes.tell_all(),
            Ok(Err(error)) => {
                tracing::warn!(%error, "changes are not heard of; what waits for them looks by itself, more slowly");
                tokio::time::sleep(AGAIN).await;
            }
            Err(_) => {}
        }
    }
}
