//! Stages against a database: what their handlers write, and that doing it again writes nothing twice.

#[path = "../../../../core/tests/support/mod.rs"]
mod support;

mod cycles;
mod judging;
mod lineage;
mod reading;
mod searching;
mod snapshots;
mod training;

use std::time::Duration;

use atr_core::{
    blobs::Blobs,
    domain::snapshot::{NewSnapshot, Snapshot},
    ids::{ProjectId, WorkerId},
    queue::{Claim, ClaimRequest, Stage},
    store::Freeze,
};
use tokio_util::sync::CancellationToken;

use self::support::Database;
use super::curate::Recipe;
use crate::{Context, StageError};

/// A database, and folders for blobs and work.
pub(crate) struct Bench {
    pub db: Database,
    pub cx: Context,
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let db = Database::create().await;
        let folder = tempfile::tempdir().expect("a folder");
        let cx = Context {
            store: db.store.clone(),
            blobs: Blobs::new(folder.path().join("blobs")),
            trainer: folder.path().join("no-trainer"),
            tesseract: folder.path().join("no-tesseract"),
            work_dir: folder.path().join("work"),
            reward_models: Default::default(),
            parsed_facts: Default::default(),
            judge: None,
            delivery: Default::default(),
            fetching: Default::default(),
            cancelled: CancellationToken::new(),
        };
        Self { db, cx, folder }
    }

    /// Claims the next task of a stage.
    pub(crate) async fn claim(&self, stage: Stage) -> Option<Claim> {
        self.db.clock.advance(chrono::TimeDelta::milliseconds(1));
        let owner: WorkerId = self.db.store.ids().make();
        let ask = ClaimRequest { owner, stage, most: 1, lease: Duration::from_secs(60) };
        self.db.store.claim(&ask).await.expect("the database answers").pop()
    }

    pub(crate) async fn run(&self, claim: &Claim) -> Result<(), StageError> {
        super::run(&self.cx, claim.work.stage(), std::slice::from_ref(claim)).await
    }

    /// Does the next task of each stage in turn.
    pub(crate) async fn turn(&self, stages: &[Stage]) {
        for stage in stages {
            let claim = self.claim(*stage).await.unwrap_or_else(|| panic!("no task for {stage}"));
            self.run(&claim).await.unwrap_or_else(|error| panic!("{stage}: {error}"));
        }
    }

    pub(crate) async fn freeze(&self, project: ProjectId) -> Snapshot {
        let recipe = Recipe::default();
        let new = NewSnapshot {
            name: None,
            recipe_hash: recipe.hash(),
            recipe: serde_json::to_value(&recipe).expect("json"),
            seed: 1,
        };
        match self.db.store.freeze_snapshot(project, &new, |_| None).await.expect("the database answers") {
            Freeze::Frozen(snapshot) => *snapshot,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn snapshot(&self, project: ProjectId, of: &Snapshot) -> Snapshot {
        let mut tx = self.db.store.begin(project).await.expect("a transaction");
        tx.snapshot(of.id).await.expect("an answer").expect("the snapshot")
    }
}
