//! `atr snapshot`: asking for snapshots, looking at them, and checking that they are what they say.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use atr_core::{
    domain::snapshot::{Snapshot, SnapshotFile, SnapshotFilter, SnapshotState},
    hash::Digest,
    ids::SnapshotId,
    store::{DifferentRow, PageRequest, Tx},
};
use atr_workers::stages::{curate::Recipe, snapshot};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{installation::Installation, output::Output, pages::Pages, progress};
use crate::{
    app::request_snapshot::{SnapshotRequest, request_snapshot},
    config::Place,
};

#[derive(Debug, Args)]
pub(crate) struct Snapshots {
    /// The project, by its slug
    #[arg(long, global = true, value_name = "SLUG")]
    project: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Freeze what is reviewed now and ask workers to build the snapshot
    Create {
        /// Its name [default: snapshot-<n>]
        name: Option<String>,
        /// Seed of every random choice [default: the recipe's]
        #[arg(long)]
        seed: Option<u64>,
        /// A recipe as JSON [default: the built-in one]
        #[arg(long, value_name = "FILE")]
        recipe: Option<PathBuf>,
    },
    /// List snapshots, newest first
    List(Pages),
    /// Which rows two snapshots do not share
    Diff {
        /// The earlier one, by name or id
        from: String,
        /// The later one, by name or id
        to: String,
    },
    /// Write a snapshot's files into a folder
    Pull {
        /// Which, by name or id
        snapshot: String,
        /// The folder, which must not be there yet
        folder: PathBuf,
    },
    /// Check a snapshot: every file against its hash, every row against the Merkle root
    Verify {
        /// Which, by name or id
        snapshot: String,
        /// Build it again from its frozen membership too, and compare the bytes
        #[arg(long)]
        rebuild: bool,
    },
}

impl Snapshots {
    /// Runs the command; false where a snapshot is not what it says.
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<bool> {
        Installation::lend(place, async |installation| self.run_on(installation, place, out).await).await
    }

    async fn run_on(self, installation: &Installation, place: &Place, out: Output) -> anyhow::Result<bool> {
        let app = &installation.app;
        let actor = installation.actor(self.project.as_deref()).await?;
        let mut tx = app.store.begin(actor.project).await?;
        match self.command {
            Command::Create { name, seed, recipe } => {
                let mut recipe: Recipe = match recipe {
                    None => Recipe::default(),
                    Some(file) => {
                        let text = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
                        serde_json::from_slice(&text).with_context(|| format!("{} is no recipe", file.display()))?
                    }
                };
                recipe.seed = seed.unwrap_or(recipe.seed);
                let made = request_snapshot(app, &actor, SnapshotRequest { name, recipe: Some(recipe) }).await?;
                out.result(&line(&made), || {
                    format!(
                        "Snapshot {} “{}” is frozen with {} members; workers build it.",
                        made.id, made.name, made.members
                    )
                })?;
            }
            Command::List(pages) => {
                let filter = SnapshotFilter::default();
                let read = async |page| Ok(tx.snapshots(&filter, page).await?);
                let words =
                    |one: &Snapshot| format!("{}  {:8}  {:>6} members  {}", one.id, one.state, one.members, one.name);
                pages.print(out, "snapshots", read, |one| one.id.into(), line, words).await?;
            }
            Command::Diff { from, to } => {
                let (from, to) = (find(&mut tx, &from).await?, find(&mut tx, &to).await?);
                let (changed, added): (Vec<_>, Vec<_>) =
                    different(&mut tx, to.id, from.id).await?.into_iter().partition(|row| row.changed);
                let mut removed = different(&mut tx, from.id, to.id).await?;
                removed.retain(|row| !row.changed);
                out.result(&json!({ "added": added, "removed": removed, "changed": changed }), || {
                    format!(
                        "{} rows added, {} removed, {} changed in weight or origin",
                        added.len(),
                        removed.len(),
                        changed.len()
                    )
                })?;
            }
            Command::Pull { snapshot, folder } => {
                let one = sealed(&mut tx, &snapshot).await?;
                ensure!(!folder.exists(), "{} is there already: name a folder that is not", folder.display());
                let (files, faults) = fetch(installation, &mut tx, &one, &folder).await?;
                if !faults.is_empty() {
                    bail!(
                        "“{}” is in {} but for what is wrong with it:\n{}",
                        one.name,
                        folder.display(),
                        faults.join("\n")
                    );
                }
                let written = files.len() + 1;
                out.result(&json!({ "folder": folder, "files": written }), || {
                    format!("{written} files of “{}” are in {}", one.name, folder.display())
                })?;
            }
            Command::Verify { snapshot, rebuild } => {
                let one = sealed(&mut tx, &snapshot).await?;
                return verify(installation, place, &mut tx, &one, rebuild, out).await;
            }
        }
        Ok(true)
    }
}

fn line(of: &Snapshot) -> Value {
    let hex = |digest: Option<Digest>| digest.map(|digest| digest.to_string());
    json!({
        "id": of.id, "name": of.name, "parent": of.parent, "state": of.state, "members": of.members,
        "recipe_hash": of.recipe_hash.to_string(), "membership_root": of.membership_root.to_string(),
        "merkle_root": hex(of.merkle_root), "manifest_hash": hex(of.manifest_hash), "counts": of.counts,
        "error": of.error, "created_at": of.created_at, "sealed_at": of.sealed_at,
    })
}

/// A snapshot by its id or its name.
async fn find(tx: &mut Tx, named: &str) -> anyhow::Result<Snapshot> {
    let found = match named.parse::<SnapshotId>() {
        Ok(id) => tx.snapshot(id).await?,
        Err(_) => {
            let filter = SnapshotFilter { name: Some(named.to_owned()), ..SnapshotFilter::default() };
            tx.snapshots(&filter, PageRequest::first(1)).await?.rows.pop()
        }
    };
    found.with_context(|| {
        format!("there is no snapshot {named} in this project: `atr snapshot list` shows those there are")
    })
}

async fn sealed(tx: &mut Tx, named: &str) -> anyhow::Result<Snapshot> {
    let one = find(tx, named).await?;
    ensure!(one.state == SnapshotState::Sealed, "“{}” is {}, not sealed: it has no files yet", one.name, one.state);
    Ok(one)
}

/// All rows of one snapshot that the other has not, or has otherwise.
async fn different(tx: &mut Tx, of: SnapshotId, other: SnapshotId) -> anyhow::Result<Vec<DifferentRow>> {
    let mut rows: Vec<DifferentRow> = Vec::new();
    loop {
        let page = tx.different_rows(of, other, rows.last().map(|row| row.row)).await?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}

fn bytes_of(files: &[SnapshotFile]) -> u64 {
    files.iter().map(|file| file.bytes.unsigned_abs()).sum()
}

/// Writes a snapshot's files, and its manifest beside them, into a folder, each checked against its hash; says in words
/// which are lost or changed.
async fn fetch(
    installation: &Installation,
    tx: &mut Tx,
    of: &Snapshot,
    folder: &Path,
) -> anyhow::Result<(Vec<SnapshotFile>, Vec<String>)> {
    let blobs = &installation.app.blobs;
    let files = tx.snapshot_files(of.id).await?;
    let manifest = of.manifest_hash.context("a sealed snapshot without a manifest")?;
    let bar = progress::of_bytes(bytes_of(&files))?;
    let mut faults = Vec::new();
    let named = files.iter().map(|file| (file.path.as_str(), file.digest)).chain([(snapshot::MANIFEST, manifest)]);
    for (path, digest) in named {
        let to = folder.join(path);
        match blobs.copy(&digest, &to, |bytes| bar.inc(bytes)).await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                faults.push(format!("{path} is not in {blobs}: its hash is {digest}"));
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => faults.push(format!("{path}: {error}")),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot copy {path} to {}", to.display()));
            }
        }
    }
    bar.finish_and_clear();
    Ok((files, faults))
}

async fn verify(
    installation: &Installation,
    place: &Place,
    tx: &mut Tx,
    of: &Snapshot,
    rebuild: bool,
    out: Output,
) -> anyhow::Result<bool> {
    let work = super::installation::data_folder(place)?.join("work");
    std::fs::create_dir_all(&work)?;
    let scratch = work.join(format!("verify-{}-{}", of.id, std::process::id()));
    let outcome = check(installation, tx, of, rebuild, &scratch).await;
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    let Checked { faults, rebuilt } = outcome?;
    let sound = faults.is_empty();
    out.result(&json!({ "snapshot": of.id, "verified": sound, "rebuilt": rebuilt, "faults": faults }), || {
        if sound {
            let again = if rebuilt == Some(true) { ", and building it again gave the same bytes" } else { "" };
            format!("“{}” is what it says{again}.", of.name)
        } else {
            format!("“{}” is not what it says:\n{}", of.name, faults.join("\n"))
        }
    })?;
    Ok(sound)
}

/// What a check of a snapshot found.
struct Checked {
    /// What is wrong, in words.
    faults: Vec<String>,
    /// Whether building it again gave the same bytes, where that was tried.
    rebuilt: Option<bool>,
}

async fn check(
    installation: &Installation,
    tx: &mut Tx,
    of: &Snapshot,
    rebuild: bool,
    scratch: &Path,
) -> anyhow::Result<Checked> {
    let kept = scratch.join("kept");
    let (files, lost) = fetch(installation, tx, of, &kept).await?;
    let mut faults = match snapshot::verify(&kept) {
        // What did not come could only be told again.
        _ if !lost.is_empty() => lost,
        Ok(found) if Some(found.manifest_hash) == of.manifest_hash => vec![],
        Ok(found) => vec![format!("the manifest's hash is {}, and the database says otherwise", found.manifest_hash)],
        Err(mismatches) => mismatches.iter().map(ToString::to_string).collect(),
    };
    let before = faults.len();
    if rebuild {
        let again = scratch.join("again");
        let building = snapshot::rebuild(&installation.app.store, tx.project(), of.id, &again);
        let written = progress::of_folder(&again, bytes_of(&files), building).await??;
        if Some(written.manifest_hash) != of.manifest_hash {
            faults.push(format!("built again, the manifest's hash is {}", written.manifest_hash));
        }
        for file in files {
            match (std::fs::read(again.join(&file.path)), std::fs::read(kept.join(&file.path))) {
                (Ok(again), Ok(kept)) if again == kept => {}
                (Ok(_), Ok(_)) => faults.push(format!("built again, {} has other bytes", file.path)),
                (Err(error), _) | (_, Err(error)) => faults.push(format!("{} cannot be read: {error}", file.path)),
            }
        }
    }
    let rebuilt = rebuild.then_some(faults.len() == before);
    Ok(Checked { faults, rebuilt })
}
