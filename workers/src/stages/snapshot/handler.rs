//! Builds a curated snapshot: files, blobs, rows, lineage, the seal.

use std::path::{Path, PathBuf};

use atr_core::{
    domain::{
        lineage::{Edge, Relation},
        snapshot::{Seal, Snapshot, SnapshotFile, SnapshotState},
    },
    ids::{ProjectId, SnapshotId},
    queue::{Claim, Work},
    store::{OrdinalRequest, Store, Tx, page::MOST},
};

use super::{
    Build, MANIFEST,
    assemble::{AssembleError, Assembled, assemble},
};
use crate::{Context, StageError, stages::curate};

/// Rows and edges that are written in one statement.
const WRITTEN_AT_ONCE: usize = 1000;

/// Builds the snapshot of a claim. The files go into the blob store first, under their digests; rows, lineage and the
/// seal become visible together. Done again after a crash it gives the same files, and nothing twice.
pub(crate) async fn run(cx: &Context, claim: &Claim) -> Result<(), StageError> {
    let Work::BuildSnapshot { snapshot: id } = claim.work else {
        return Err(StageError::Lasting(format!("snapshot does not do {:?}", claim.work)));
    };
    let mut tx = cx.store.begin_for(claim).await?;
    let snapshot = tx.snapshot(id).await?.ok_or_else(|| StageError::Lasting(format!("there is no snapshot {id}")))?;
    if snapshot.state != SnapshotState::Curated {
        tx.succeed(claim).await?;
        return Ok(tx.commit().await?);
    }
    tx.rollback().await?;

    let folder = folder(&cx.work_dir, id);
    // Each attempt has a directory of its own: one that was overtaken may still be writing.
    let dir = folder.join(format!("{}-{}", claim.id, claim.attempt));
    let made = build(cx, claim, &snapshot, &dir).await;
    let mut tx = cx.store.begin_for(claim).await?;
    let done = match made {
        Ok(made) => {
            let files = store_files(cx, &dir, &made).await?;
            seal(&mut tx, &snapshot, &made, &files).await?
        }
        Err(AssembleError::Impossible(why)) => tx.fail_snapshot(id, &why).await?,
        Err(AssembleError::Stage(error)) => return Err(error),
        Err(AssembleError::Store(error)) => return Err(error.into()),
        Err(AssembleError::Write(error)) => return Err(StageError::Passing(error.to_string())),
    };
    if !done {
        return Err(StageError::Passing(format!("snapshot {id} is no longer curated")));
    }
    tx.succeed(claim).await?;
    tx.commit().await?;
    if let Err(error) = tokio::fs::remove_dir_all(&folder).await {
        tracing::warn!(%error, folder = %folder.display(), "a snapshot is stored, but its working files are left");
    }
    Ok(())
}

fn folder(work_dir: &Path, id: SnapshotId) -> PathBuf {
    work_dir.join("snapshots").join(id.to_string())
}

async fn build(cx: &Context, claim: &Claim, snapshot: &Snapshot, dir: &Path) -> Result<Assembled, AssembleError> {
    let build =
        Build { program: format!("atr {}", env!("CARGO_PKG_VERSION")), built_at: cx.store.clock().now().to_rfc3339() };
    let made = assemble(&cx.store, claim.project, snapshot, dir, &build).await?;
    same_decisions(&cx.store, claim.project, snapshot.id, &made).await?;
    Ok(made)
}

/// Holds what was decided now against what was recorded: a program of another version must not write files that its
/// own decisions contradict.
async fn same_decisions(
    store: &Store,
    project: ProjectId,
    id: SnapshotId,
    made: &Assembled,
) -> Result<(), AssembleError> {
    let mut tx = store.begin(project).await?;
    let mut page = OrdinalRequest::first(MOST);
    let mut same = 0;
    loop {
        let recorded = tx.decisions(id, &Default::default(), page).await?;
        for record in &recorded.rows {
            let position = record.decision.position;
            let now = usize::try_from(position).ok().and_then(|at| made.decided.decisions.get(at));
            let now = now.map(|decision| curate::recorded(position, decision));
            let agrees = now.is_some_and(|now| {
                (now.kept, now.reason.as_str(), now.weight)
                    == (record.decision.kept, record.decision.reason.as_str(), record.decision.weight)
            });
            if !agrees {
                return Err(AssembleError::Impossible(format!(
                    "the decision on {} is not the one that was recorded: this program curates otherwise than the one \
                     that did; ask for a new snapshot",
                    record.trace
                )));
            }
            same += 1;
            page = page.after(position);
        }
        if !recorded.has_next {
            break;
        }
    }
    if same == made.decided.decisions.len() {
        Ok(())
    } else {
        let wanted = made.decided.decisions.len();
        Err(AssembleError::Impossible(format!("{same} decisions are recorded and {wanted} members were frozen")))
    }
}

async fn store_files(cx: &Context, dir: &Path, made: &Assembled) -> Result<Vec<SnapshotFile>, StageError> {
    let mut files = Vec::new();
    for file in &made.written.manifest.files {
        let (digest, bytes) = cx.blobs.put_file(&dir.join(&file.path)).await?;
        if digest != file.blake3 || bytes != file.bytes {
            return Err(StageError::Passing(format!("{} changed between writing and storing it", file.path)));
        }
        let whole = |number: u64| i64::try_from(number).map_err(|_| StageError::Lasting("a file is too large".into()));
        files.push(SnapshotFile { path: file.path.clone(), bytes: whole(bytes)?, digest, rows: whole(file.rows)? });
    }
    let (digest, _) = cx.blobs.put_file(&dir.join(MANIFEST)).await?;
    if digest != made.written.manifest_hash {
        return Err(StageError::Passing("the manifest changed between writing and storing it".to_owned()));
    }
    Ok(files)
}

async fn seal(tx: &mut Tx, of: &Snapshot, made: &Assembled, files: &[SnapshotFile]) -> Result<bool, StageError> {
    let id = of.id;
    let mut edges: Vec<Edge> =
        made.origins.iter().map(|origin| Edge::new(id, Relation::WasDerivedFrom, *origin)).collect();
    // What its parent kept is not taken again.
    edges.extend(of.parent.map(|parent| Edge::new(id, Relation::Used, parent)));
    for (rows, merged) in made.rows.chunks(WRITTEN_AT_ONCE).zip(made.merged.chunks(WRITTEN_AT_ONCE)) {
        let ids = tx.record_snapshot_rows(id, rows).await?;
        for ((id, row), others) in ids.iter().zip(rows).zip(merged) {
            let examples = [row.example].into_iter().chain(others.iter().copied());
            edges.extend(examples.map(|example| Edge::new(*id, Relation::WasDerivedFrom, example)));
        }
    }
    for edges in edges.chunks(WRITTEN_AT_ONCE) {
        tx.note_lineage(edges).await?;
    }
    tx.record_snapshot_files(id, files).await?;
    let seal = Seal { merkle_root: made.written.manifest.rows_root, manifest_hash: made.written.manifest_hash };
    Ok(tx.seal_snapshot(id, &seal).await?)
}

/// Makes the files of a snapshot again, from its frozen membership alone, as the directory `dir`. They are the ones
/// that were sealed if the manifest's hash is the snapshot's.
///
/// # Errors
/// If there is no such snapshot, it cannot be made, or the database or the disk refuses.
pub async fn rebuild(
    store: &Store,
    project: ProjectId,
    snapshot: SnapshotId,
    dir: &Path,
) -> Result<super::Written, AssembleError> {
    let mut tx = store.begin(project).await?;
    let found = tx.snapshot(snapshot).await?;
    let snapshot = found.ok_or_else(|| AssembleError::Impossible(format!("there is no snapshot {snapshot}")))?;
    tx.rollback().await?;
    let build =
        Build { program: format!("atr {}", env!("CARGO_PKG_VERSION")), built_at: store.clock().now().to_rfc3339() };
    Ok(assemble(store, project, &snapshot, dir, &build).await?.written)
}
