//! How one request reads: its fields share a transaction, and hold no connection beside it.
//!
//! A request that waited for a second connection while it holds one could wait for ever, when all others do the same.

use std::{
    ops::{Deref, DerefMut},
    sync::atomic::{AtomicBool, Ordering},
};

use atr_core::{domain::access::Permission, store::Tx};
use tokio::sync::{Mutex, MutexGuard};

use crate::app::{Actor, App, AppError};

/// Reads records for one caller.
pub struct Reader {
    app: App,
    pub(super) actor: Actor,
    /// Open from the first read on, where it is shared.
    tx: Mutex<Option<Tx>>,
    shares: AtomicBool,
}

/// A transaction to read in, until this is dropped.
pub(super) struct Reading<'a> {
    tx: MutexGuard<'a, Option<Tx>>,
    shared: bool,
}

/// While it is there, no transaction of the request's is open.
pub(super) type Apart<'a> = MutexGuard<'a, Option<Tx>>;

impl Reader {
    pub(super) fn new(app: App, actor: Actor) -> Self {
        Self { app, actor, tx: Mutex::default(), shares: AtomicBool::new(false) }
    }

    /// From now on one transaction serves all reads. Not where something is changed between them: what changes it has a
    /// transaction of its own.
    pub(super) fn share(&self) {
        self.shares.store(true, Ordering::Relaxed);
    }

    /// A transaction to read in, if the caller may.
    ///
    /// # Errors
    /// If they may not, or the database is out of reach.
    pub(super) async fn begin(&self, what: Permission) -> Result<Reading<'_>, AppError> {
        self.actor.may(what)?;
        self.open().await
    }

    /// A transaction to read in what a judgement is made with, if the caller may.
    ///
    /// # Errors
    /// As of [`Self::begin`].
    pub(super) async fn consult(&self) -> Result<Reading<'_>, AppError> {
        self.actor.may_consult()?;
        self.open().await
    }

    async fn open(&self) -> Result<Reading<'_>, AppError> {
        let mut tx = self.tx.lock().await;
        if tx.is_none() {
            *tx = Some(self.app.store.begin(self.actor.project).await?);
        }
        Ok(Reading { tx, shared: self.shares.load(Ordering::Relaxed) })
    }

    /// Gives the connection back, for a use case that takes one itself.
    pub(super) async fn apart(&self) -> Apart<'_> {
        let mut tx = self.tx.lock().await;
        *tx = None;
        tx
    }
}

impl Deref for Reading<'_> {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        self.tx.as_ref().expect("open as long as it is read in")
    }
}

impl DerefMut for Reading<'_> {
    fn deref_mut(&mut self) -> &mut Tx {
        self.tx.as_mut().expect("open as long as it is read in")
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if !self.shared {
            *self.tx = None;
        }
    }
}
