//! Snapshots: freezing, curation decisions, rows and files, and reading them.

pub(super) mod curation;
mod diff;
mod freeze;
pub(super) mod members;
pub(super) mod sealing;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

pub use diff::DifferentRow;
pub use freeze::Freeze;

use super::{Page, PageRequest, Paging, Result, StoreError, Topic, Tx};
use crate::{
    domain::snapshot::{Snapshot, SnapshotFilter, SnapshotState, SnapshotStep},
    hash::{self, Digest},
    ids::{Id, SnapshotId, uuids},
};

#[derive(FromRow)]
struct SnapshotRecord {
    id: Uuid,
    name: String,
    parent_id: Option<Uuid>,
    state: String,
    recipe: serde_json::Value,
    recipe_hash: Vec<u8>,
    seed: i64,
    members: i32,
    membership_root: Vec<u8>,
    merkle_root: Option<Vec<u8>>,
    manifest_hash: Option<Vec<u8>>,
    counts: Option<serde_json::Value>,
    error: Option<String>,
    created_at: DateTime<Utc>,
    sealed_at: Option<DateTime<Utc>>,
}

fn digest(bytes: &[u8]) -> Result<Digest> {
    hash::from_bytes(bytes).map_err(|_| StoreError::Corrupt("a hash is not 32 bytes long".to_owned()))
}

impl TryFrom<SnapshotRecord> for Snapshot {
    type Error = StoreError;
    fn try_from(row: SnapshotRecord) -> Result<Self> {
        Ok(Self {
            id: SnapshotId::from_uuid(row.id),
            name: row.name,
            parent: row.parent_id.map(SnapshotId::from_uuid),
            state: row.state.parse()?,
            recipe: row.recipe,
            recipe_hash: digest(&row.recipe_hash)?,
            seed: row.seed,
            members: row.members,
            membership_root: digest(&row.membership_root)?,
            merkle_root: row.merkle_root.as_deref().map(digest).transpose()?,
            manifest_hash: row.manifest_hash.as_deref().map(digest).transpose()?,
            counts: row.counts,
            error: row.error,
            created_at: row.created_at,
            sealed_at: row.sealed_at,
        })
    }
}

/// The guard of a step's update.
fn guard(step: SnapshotStep) -> (Vec<String>, &'static str) {
    super::guard::guard(SnapshotState::ALL, SnapshotState::word, |state| state.after(step).ok())
}

impl Tx {
    /// A page of snapshots, newest first.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn snapshots(&mut self, filter: &SnapshotFilter, page: PageRequest) -> Result<Page<Snapshot>> {
        let query = snapshots_query(self.project_uuid(), filter, page);
        self.page::<SnapshotRecord, _>(query, page).await
    }

    /// Snapshots by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn snapshots_by_id(&mut self, ids: &[SnapshotId]) -> Result<Vec<Snapshot>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            SnapshotRecord,
            "select id, name, parent_id, state, recipe, recipe_hash, seed, members, membership_root, merkle_root,
                    manifest_hash, counts, error, created_at, sealed_at
             from snapshot where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Snapshot::try_from)
        .collect()
    }

    /// A snapshot by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn snapshot(&mut self, id: SnapshotId) -> Result<Option<Snapshot>> {
        Ok(self.snapshots_by_id(&[id]).await?.pop())
    }

    /// Notes why a snapshot cannot be made; `false` if it is sealed or has failed already.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn fail_snapshot(&mut self, id: SnapshotId, error: &str) -> Result<bool> {
        self.changed.insert(Topic::Snapshots);
        let (before, after) = guard(SnapshotStep::Fail);
        let project = self.project_uuid();
        let done = sqlx::query!(
            "update snapshot set state = $3, error = $4 where project_id = $1 and id = $2 and state = any($5)",
            project,
            id.uuid(),
            after,
            error,
            &before
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// The statement of [`Tx::snapshots`].
pub(in crate::store) fn snapshots_query(
    project: Uuid,
    filter: &SnapshotFilter,
    page: PageRequest,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from snapshot where project_id = ");
    query.push_bind(project);
    if let Some(state) = filter.state {
        query.push(" and state = ").push_bind(state.word());
    }
    if let Some(name) = &filter.name {
        query.push(" and name = ").push_bind(name.clone());
    }
    page.push(&mut query, "id");
    query
}
