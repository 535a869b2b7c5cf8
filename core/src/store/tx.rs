//! A transaction opened for one project.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Postgres, Transaction};

use super::{Change, Result, Store, Topic};
use crate::{
    domain::intake::Sender,
    ids::{Id, ProjectId},
    queue::Stage,
};

/// A transaction in which one project's records can be read and written, and no other's.
/// Dropped without [`Tx::commit`], it changes nothing.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    project: ProjectId,
    store: Store,
    now: DateTime<Utc>,
    /// Who sent what is taken in.
    sender: Sender,
    /// Stages whose bell rings after the commit.
    pub(crate) rings: BTreeSet<Stage>,
    /// What is told to have changed after the commit.
    pub(crate) changed: BTreeSet<Topic>,
}

impl Tx {
    /// Begins at once with the project: one way to the database and back.
    pub(super) async fn begin(store: &Store, project: ProjectId, isolation: &'static str) -> Result<Self> {
        let begin = format!("begin {isolation}; set local atr.project = '{}'", project.uuid());
        let inner = store.pool.begin_with(sqlx::AssertSqlSafe(begin)).await?;
        Ok(Self {
            inner,
            project,
            store: store.clone(),
            now: store.clock.now(),
            sender: Sender::default(),
            rings: BTreeSet::new(),
            changed: BTreeSet::new(),
        })
    }

    /// The project it is open for.
    pub fn project(&self) -> ProjectId {
        self.project
    }

    /// When it was opened: the time of every record that it writes.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Who sent what is taken in from here on: its batches say so.
    pub fn sent_by(&mut self, sender: Sender) {
        self.sender = sender;
    }

    /// Who sent what is taken in.
    pub(super) fn sender(&self) -> Sender {
        self.sender
    }

    /// A new id.
    pub fn fresh<I: Id>(&self) -> I {
        self.store.ids.make()
    }

    /// Bytes that nobody can foresee, for a salt.
    pub(crate) fn salt(&self) -> [u8; 32] {
        self.store.ids.random()
    }

    /// Makes everything written durable and visible, and then rings for the tasks that were enqueued and tells what
    /// changed.
    ///
    /// # Errors
    /// If the database refuses or is out of reach; whether it was committed is then unknown to the caller only if the
    /// connection broke.
    pub async fn commit(self) -> Result<()> {
        self.inner.commit().await?;
        // After the commit and coalesced: inside the transaction NOTIFY takes a lock that serialises all commits.
        self.store.bell.ring(self.rings);
        let project = self.project;
        self.store.changes.ring(self.changed.into_iter().map(|topic| Change { project, topic }));
        Ok(())
    }

    /// Undoes everything written.
    ///
    /// # Errors
    /// If the database is out of reach (then it undoes it by itself).
    pub async fn rollback(self) -> Result<()> {
        Ok(self.inner.rollback().await?)
    }

    /// From here on this transaction keeps plans: for where many rows are inserted whose foreign keys are checked one by
    /// one. Made anew for each (see [`Store::connect`]), the plans of these checks cost more than all the rest (measured:
    /// 0.24 ms of PostgreSQL's time for a trace of five steps instead of 0.13). What is looked up belongs before this.
    pub(crate) async fn keep_plans(&mut self) -> Result<()> {
        sqlx::query("set local plan_cache_mode = auto").execute(&mut *self.inner).await?;
        Ok(())
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.inner
    }

    /// The project's UUID, for statements.
    pub(crate) fn project_uuid(&self) -> uuid::Uuid {
        self.project.uuid()
    }
}
