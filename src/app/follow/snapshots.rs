//! How far a snapshot is.

use atr_core::{
    domain::snapshot::{self, Snapshot},
    ids::SnapshotId,
    store::{Topic, Tx},
};

use super::{Follow, Step, Then};
use crate::app::AppError;

/// A snapshot in its present state, and whenever that is another one; it ends with the state that is its last.
#[derive(Debug)]
pub struct SnapshotState {
    snapshot: SnapshotId,
    told: Option<snapshot::SnapshotState>,
}

impl SnapshotState {
    /// Of this snapshot.
    pub fn new(snapshot: SnapshotId) -> Self {
        Self { snapshot, told: None }
    }
}

impl Follow for SnapshotState {
    type Event = Snapshot;
    const TOPIC: Topic = Topic::Snapshots;

    async fn read(&mut self, tx: &mut Tx) -> Result<Step<Snapshot>, AppError> {
        use snapshot::SnapshotState::{Failed, Sealed};
        let missing = || AppError::NotFound { what: "snapshot", name: self.snapshot.to_string() };
        let found = tx.snapshot(self.snapshot).await?.ok_or_else(missing)?;
        let then = if matches!(found.state, Sealed | Failed) { Then::End } else { Then::Later };
        let news = self.told.replace(found.state) != Some(found.state);
        Ok(Step { event: news.then_some(found), then })
    }
}
