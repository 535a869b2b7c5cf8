//! The doorbells of Postgres: NOTIFY, after commits and coalesced. One names stages that have work, one what changed.
//!
//! Rung inside the inserting transaction it would take a lock that serialises commits (measured: 2.6 times slower
//! with 32 clients). A lost ring harms nothing: whoever listens also polls, slowly.

use std::{
    collections::BTreeSet,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::Notify;

use super::Stage;
use crate::store::{Result, Store};

const CHANNEL: &str = "atr_task";

/// What one bell is told to say.
type Rings = BTreeSet<String>;

#[derive(Debug, Default)]
struct Pending {
    rings: Mutex<Rings>,
    some: Notify,
}

/// Rings on a channel. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bell {
    channel: &'static str,
    pending: Arc<Pending>,
}

impl Bell {
    /// The bell that rings for stages.
    pub(crate) fn for_stages(pool: PgPool) -> Self {
        Self::start(pool, CHANNEL, Duration::ZERO)
    }

    /// Starts the task that rings, with at least a pause between two rings. It ends when the last clone of the bell is
    /// gone or the pool is closed.
    pub(crate) fn start(pool: PgPool, channel: &'static str, pause: Duration) -> Self {
        let pending = Arc::new(Pending::default());
        let weak = Arc::downgrade(&pending);
        tokio::spawn(async move {
            while let Some(pending) = weak.upgrade() {
                let rings = pending.take();
                if rings.is_empty() {
                    // Woken at times, to notice that nobody holds the bell any more.
                    let wait = tokio::time::timeout(Duration::from_secs(1), pending.some.notified());
                    drop(wait.await);
                    continue;
                }
                drop(pending);
                match notify(&pool, channel, rings).await {
                    Ok(()) => {}
                    Err(sqlx::Error::PoolClosed) => break,
                    Err(error) => tracing::warn!(%error, channel, "could not ring; who listens finds it by polling"),
                }
                tokio::time::sleep(pause).await;
            }
        });
        Self { channel, pending }
    }

    /// Rings at once for what is still to be rung for: before the pool is closed.
    pub(crate) async fn flush(&self, pool: &PgPool) {
        let rings = self.pending.take();
        if !rings.is_empty()
            && let Err(error) = notify(pool, self.channel, rings).await
        {
            tracing::warn!(%error, channel = self.channel, "could not ring; who listens finds it by polling");
        }
    }

    /// Rings soon.
    pub(crate) fn ring(&self, rings: impl IntoIterator<Item = impl ToString>) {
        let mut rings = rings.into_iter().map(|ring| ring.to_string()).peekable();
        if rings.peek().is_some() {
            self.pending.rings.lock().unwrap_or_else(PoisonError::into_inner).extend(rings);
            self.pending.some.notify_one();
        }
    }
}

impl Pending {
    fn take(&self) -> Rings {
        std::mem::take(&mut *self.rings.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn notify(pool: &PgPool, channel: &str, rings: Rings) -> Result<(), sqlx::Error> {
    let rings: Vec<String> = rings.into_iter().collect();
    sqlx::query!("select pg_notify($1, name) from unnest($2::text[]) name", channel, &rings).execute(pool).await?;
    Ok(())
}

/// Hears the bell, from whichever process it was rung.
#[derive(Debug)]
pub struct Listener(PgListener);

impl Listener {
    /// Starts to listen.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn start(store: &Store) -> Result<Self> {
        let mut listener = PgListener::connect_with(&store.pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(Self(listener))
    }

    /// Waits for the next ring. After a broken connection it listens again by itself, and answers `None`: rings may
    /// have been missed, so look at every stage.
    ///
    /// # Errors
    /// If the database stays out of reach.
    pub async fn heard(&mut self) -> Result<Option<Stage>> {
        next(&mut self.0).await
    }
}

/// The next notification that can be read, or `None` after a broken connection.
pub(crate) async fn next<T: FromStr>(listener: &mut PgListener) -> Result<Option<T>> {
    loop {
        let Some(told) = listener.try_recv().await? else { return Ok(None) };
        if let Ok(read) = told.payload().parse() {
            return Ok(Some(read));
        }
    }
}
