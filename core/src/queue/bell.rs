//! The doorbell of the Postgres transport: NOTIFY with the names of stages, after commits and coalesced.
//!
//! Rung inside the inserting transaction it would take a lock that serialises commits (measured: 2.6 times slower
//! with 32 clients). A lost ring harms nothing: workers also poll, slowly.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::Notify;

use super::Stage;
use crate::store::{Result, Store};

const CHANNEL: &str = "atr_task";

#[derive(Debug, Default)]
struct Pending {
    stages: Mutex<BTreeSet<Stage>>,
    some: Notify,
}

/// Rings for stages that have work. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bell(Arc<Pending>);

impl Bell {
    /// Starts the task that rings. It ends when the last clone of the bell is gone or the pool is closed.
    pub(crate) fn start(pool: PgPool) -> Self {
        let pending = Arc::new(Pending::default());
        let weak = Arc::downgrade(&pending);
        tokio::spawn(async move {
            while let Some(pending) = weak.upgrade() {
                let stages = std::mem::take(&mut *pending.stages.lock().unwrap_or_else(PoisonError::into_inner));
                if stages.is_empty() {
                    // Woken at times, to notice that nobody holds the bell any more.
                    let wait = tokio::time::timeout(std::time::Duration::from_secs(1), pending.some.notified());
                    drop(wait.await);
                    continue;
                }
                drop(pending);
                let names: Vec<String> = stages.iter().map(|stage| stage.word().to_owned()).collect();
                let rung = sqlx::query!("select pg_notify($1, name) from unnest($2::text[]) name", CHANNEL, &names)
                    .execute(&pool)
                    .await;
                match rung {
                    Ok(_) => {}
                    Err(sqlx::Error::PoolClosed) => break,
                    Err(error) => tracing::warn!(%error, "could not ring; workers will find the tasks when they poll"),
                }
            }
        });
        Self(pending)
    }

    /// Rings at once for what is still to be rung for: before the pool is closed.
    pub(crate) async fn flush(&self, pool: &PgPool) {
        let stages = std::mem::take(&mut *self.0.stages.lock().unwrap_or_else(PoisonError::into_inner));
        let names: Vec<String> = stages.iter().map(|stage| stage.word().to_owned()).collect();
        let rung = sqlx::query!("select pg_notify($1, name) from unnest($2::text[]) name", CHANNEL, &names)
            .execute(pool)
            .await;
        if let Err(error) = rung {
            tracing::warn!(%error, "could not ring; workers will find the tasks when they poll");
        }
    }

    /// Rings for stages, soon.
    pub(crate) fn ring(&self, stages: &BTreeSet<Stage>) {
        if !stages.is_empty() {
            self.0.stages.lock().unwrap_or_else(PoisonError::into_inner).extend(stages);
            self.0.some.notify_one();
        }
    }
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
        loop {
            match self.0.try_recv().await? {
                None => return Ok(None),
                Some(ring) => {
                    if let Ok(stage) = ring.payload().parse() {
                        return Ok(Some(stage));
                    }
                }
            }
        }
    }
}
