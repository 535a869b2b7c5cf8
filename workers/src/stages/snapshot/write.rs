//! Writing a snapshot: rows in, one after another, files and manifest out.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::formats::{Format, Row, Tables};
use super::manifest::{Counts, Fell, Manifest, Rowless, StageCount};
use super::merkle::Merkle;
use super::provenance::Provenance;
use super::staging::Staging;
use super::table::{HashedFile, Table, TableError, WRITER_VERSION};
use crate::stages::curate::Recipe;

/// File of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// File of what is not hashed.
pub const BUILD: &str = "build.json";
/// File of the candidates that fell.
pub const DECISIONS: &str = "decisions.jsonl";
/// Name of the provenance table.
pub(super) const PROVENANCE: &str = "provenance";

/// A row and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The row.
    pub row: Row,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// What the manifest says beyond what is counted while writing.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// Id of the snapshot.
    pub snapshot: String,
    /// Id of the project.
    pub project: String,
    /// Id of the snapshot from which this one goes on.
    pub parent: Option<String>,
    /// The recipe.
    pub recipe: Recipe,
    /// What entered and left each stage of curation.
    pub stages: Vec<StageCount>,
    /// Merkle root of the frozen membership.
    pub membership_root: blake3::Hash,
}

/// What may differ between two builds of one snapshot; `build.json`, which nothing hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Version of the program.
    pub program: String,
    /// When it was built, RFC 3339.
    pub built_at: String,
}

/// A snapshot that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Its manifest.
    pub manifest: Manifest,
    /// BLAKE3 of the manifest's bytes.
    pub manifest_hash: blake3::Hash,
    /// Whether the same snapshot stood there before, by an earlier attempt; it was left as it is.
    pub was_there: bool,
}

/// Why a snapshot could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A row or its file.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A row of a format that the recipe does not ask for.
    #[error("row {row}: the recipe does not ask for {format} rows; add the format to `formats` or leave the row out", format = format.name())]
    Format {
        /// Id of the row.
        row: String,
        /// Its format.
        format: Format,
    },
    /// A row whose provenance is another's.
    #[error("row {row}: its provenance names another row or format")]
    Provenance {
        /// Id in the provenance.
        row: String,
    },
    /// Another writer makes the same snapshot now.
    #[error("another worker is writing {path}; try again when it has ended", path = .0.display())]
    Busy(PathBuf),
    /// Something else stands where the snapshot should be.
    #[error("{path} holds something else than this snapshot; verify it, and move it away before writing again", path = .0.display())]
    Differs(PathBuf),
    /// The disk refused.
    #[error("cannot write the snapshot to {path}: {source}", path = path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A snapshot being written. Dropping it leaves nothing that a reader could take for a snapshot.
pub struct Writer {
    target: PathBuf,
    staging: Staging,
    inputs: Inputs,
    tables: Tables,
    provenance: Table<Provenance>,
    decisions: HashedFile,
    rows: BTreeMap<Format, u64>,
    fell: BTreeMap<crate::stages::curate::Reason, u64>,
    rowless: BTreeMap<Format, BTreeMap<Rowless, u64>>,
    roots: Roots,
}

impl Writer {
    /// Starts a snapshot that will appear as the directory `dir`.
    ///
    /// # Errors
    /// Another writer of the same snapshot, or the disk.
    pub fn create(dir: &Path, inputs: Inputs) -> Result<Self, WriteError> {
        let io = |source| WriteError::Io { path: dir.to_owned(), source };
        let staging = Staging::start(dir).map_err(io)?.ok_or_else(|| WriteError::Busy(dir.to_owned()))?;
        let provenance = Table::create(staging.path(), PROVENANCE)?;
        let decisions = HashedFile::create(staging.path(), DECISIONS.to_owned())?;
        let rows = inputs.recipe.formats.iter().map(|format| (*format, 0)).collect();
        Ok(Self {
            target: dir.to_owned(),
            staging,
            inputs,
            tables: Tables::default(),
            provenance,
            decisions,
            rows,
            fell: BTreeMap::new(),
            rowless: BTreeMap::new(),
            roots: Roots::default(),
        })
    }

    /// Writes a row, and answers its leaf of the Merkle tree. Rows of a format keep their order.
    ///
    /// # Errors
    /// A row that no trainer could use or the recipe does not ask for, or the disk.
    pub fn row(&mut self, entry: Entry) -> Result<blake3::Hash, WriteError> {
        let Entry { row, provenance } = entry;
        let format = row.format();
        let named = match &row {
            Row::Reward(reward) => reward.row == provenance.row,
            _ => true,
        };
        if provenance.format != format || !named {
            return Err(WriteError::Provenance { row: provenance.row });
        }
        let Some(count) = self.rows.get_mut(&format) else {
            return Err(WriteError::Format { row: provenance.row, format });
        };
        *count += 1;
        let line = self.tables.push(self.staging.path(), row)?;
        let origin = self.provenance.push(provenance)?;
        Ok(self.roots.push(format, &line, &origin))
    }

    /// Counts a kept candidate that has no row of a format to itself.
    pub fn rowless(&mut self, format: Format, why: Rowless) {
        *self.rowless.entry(format).or_default().entry(why).or_default() += 1;
    }

    /// Writes that a candidate fell.
    ///
    /// # Errors
    /// The disk.
    pub fn fell(&mut self, fell: &Fell) -> Result<(), WriteError> {
        *self.fell.entry(fell.reason).or_default() += 1;
        self.decisions.line(&super::canonical::to_vec(fell))?;
        Ok(())
    }

    /// Makes the snapshot appear, whole and durable. If the same one stands there already, by an attempt of which the
    /// outcome was lost, that one stays.
    ///
    /// # Errors
    /// Another snapshot in its place, or the disk.
    pub fn finish(self, build: &Build) -> Result<Written, WriteError> {
        let io = |source| WriteError::Io { path: self.target.clone(), source };
        let mut files = self.tables.finish()?;
        files.extend(self.provenance.finish()?);
        files.push(self.decisions.finish(self.fell.values().sum())?);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let Inputs { snapshot, project, parent, recipe, stages, membership_root } = self.inputs;
        let manifest = Manifest {
            version: 1,
            snapshot,
            project,
            parent,
            recipe_hash: recipe.hash(),
            seed: recipe.seed,
            recipe,
            counts: Counts { rows: self.rows, stages, fell: self.fell, rowless: self.rowless },
            files,
            rows_root: self.roots.root(),
            membership_root,
        };
        let bytes = manifest.to_bytes();
        let build = serde_json::json!({
            "program": build.program, "built_at": build.built_at, "writer_version": WRITER_VERSION,
        });
        for (name, bytes) in [(MANIFEST, &bytes), (BUILD, &build.to_string().into_bytes())] {
            durable(&self.staging.path().join(name), bytes).map_err(io)?;
        }
        let published = self.staging.publish().map_err(io)?;
        let same = || fs::read(self.target.join(MANIFEST)).is_ok_and(|there| there == bytes);
        if !published && !same() {
            return Err(WriteError::Differs(self.target));
        }
        Ok(Written { manifest_hash: blake3::hash(&bytes), manifest, was_there: !published })
    }
}

/// Writes a whole snapshot: every row, then every candidate that fell.
///
/// # Errors
/// As [`Writer`].
pub fn write(
    dir: &Path,
    inputs: Inputs,
    rows: impl IntoIterator<Item = Entry>,
    fell: impl IntoIterator<Item = Fell>,
    build: &Build,
) -> Result<Written, WriteError> {
    let mut writer = Writer::create(dir, inputs)?;
    for entry in rows {
        writer.row(entry)?;
    }
    fell.into_iter().try_for_each(|line| writer.fell(&line))?;
    writer.finish(build)
}

fn durable(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_all()
}

/// Merkle trees of the rows, one a format, so that the root does not depend on how formats were interleaved.
#[derive(Default)]
pub(super) struct Roots {
    formats: BTreeMap<Format, Merkle>,
}

impl Roots {
    /// Adds a row: a leaf over its line of JSON and the line of its provenance.
    pub(super) fn push(&mut self, format: Format, line: &[u8], provenance: &[u8]) -> blake3::Hash {
        self.formats.entry(format).or_default().push(&[line, provenance])
    }

    /// The root over the formats in order, each a leaf of its name and root.
    pub(super) fn root(&self) -> blake3::Hash {
        let mut merkle = Merkle::default();
        for (format, rows) in &self.formats {
            merkle.push(&[format.name().as_bytes(), rows.root().as_bytes()]);
        }
        merkle.root()
    }
}
