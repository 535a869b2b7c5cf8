//! Verifying a snapshot: everything that its manifest says is computed again from the files.
//!
//! This proves that the files are those of the manifest. That the manifest is the right one, its hash proves, which whoever
//! asks compares with the hash that the service keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, BufRead as _, BufReader, Lines, Read as _};
use std::path::Path;

use super::formats::Format;
use super::manifest::{Fell, File, Manifest};
use super::provenance::Provenance;
use super::write::{BUILD, DECISIONS, MANIFEST, PROVENANCE, Roots};

/// A snapshot of which every hash holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Its manifest.
    pub manifest: Manifest,
    /// BLAKE3 of the manifest's bytes, to be compared with the one that the service keeps.
    pub manifest_hash: blake3::Hash,
}

/// Something that is not as the manifest says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// A file cannot be read.
    #[error("{path} cannot be read: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: String,
    },
    /// The manifest is not the canonical JSON of a manifest.
    #[error("manifest.json is not a manifest in canonical form: {0}")]
    Manifest(String),
    /// The recipe in the manifest has another hash.
    #[error("the recipe's hash is {found}, and the manifest says {expected}")]
    Recipe {
        /// As the manifest says.
        expected: String,
        /// As computed.
        found: String,
    },
    /// A file that the manifest does not name.
    #[error("{0} is not in the manifest")]
    Unexpected(String),
    /// A file has another size.
    #[error("{path} has {found} bytes, and the manifest says {expected}")]
    Bytes {
        /// The file.
        path: String,
        /// As the manifest says.
        expected: u64,
        /// As found.
        found: u64,
    },
    /// A file has another hash.
    #[error("{path} has the hash {found}, and the manifest says {expected}")]
    Hash {
        /// The file.
        path: String,
        /// As the manifest says.
        expected: String,
        /// As computed.
        found: String,
    },
    /// A count is another.
    #[error("{what}: {found} found, and the manifest says {expected}")]
    Count {
        /// What is counted.
        what: String,
        /// As the manifest says.
        expected: u64,
        /// As counted.
        found: u64,
    },
    /// The rows have another Merkle root.
    #[error("the rows have the root {found}, and the manifest says {expected}")]
    RowsRoot {
        /// As the manifest says.
        expected: String,
        /// As computed.
        found: String,
    },
}

/// Computes every hash, count and root of the snapshot in `dir` again.
///
/// # Errors
/// All that is not as the manifest says.
pub fn verify(dir: &Path) -> Result<Verified, Vec<Mismatch>> {
    let bytes = fs::read(dir.join(MANIFEST)).map_err(|error| vec![unreadable(MANIFEST, &error)])?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| vec![Mismatch::Manifest(error.to_string())])?;
    let mut wrong = Vec::new();
    if manifest.to_bytes() != bytes {
        wrong.push(Mismatch::Manifest("it is written otherwise".to_owned()));
    }
    if manifest.recipe.hash() != manifest.recipe_hash {
        let (expected, found) = (manifest.recipe_hash.to_string(), manifest.recipe.hash().to_string());
        wrong.push(Mismatch::Recipe { expected, found });
    }
    strangers(dir, &manifest, &mut wrong);
    for file in &manifest.files {
        if let Err(error) = check_file(dir, file, &mut wrong) {
            wrong.push(unreadable(&file.path, &error));
        }
    }
    // Rows and lines can be read only from files that are what they should be.
    check_rowless(&manifest, &mut wrong);
    if wrong.is_empty() {
        if let Err(error) = check_rows(dir, &manifest, &mut wrong) {
            wrong.push(unreadable("provenance.jsonl", &error));
        }
        if let Err(error) = check_fell(dir, &manifest, &mut wrong) {
            wrong.push(unreadable(DECISIONS, &error));
        }
    }
    if wrong.is_empty() { Ok(Verified { manifest_hash: blake3::hash(&bytes), manifest }) } else { Err(wrong) }
}

fn unreadable(path: &str, error: &io::Error) -> Mismatch {
    Mismatch::Unreadable { path: path.to_owned(), error: error.to_string() }
}

fn strangers(dir: &Path, manifest: &Manifest, wrong: &mut Vec<Mismatch>) {
    let known: BTreeSet<&str> = manifest.files.iter().map(|file| file.path.as_str()).chain([MANIFEST, BUILD]).collect();
    match fs::read_dir(dir)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>())
    {
        Err(error) => wrong.push(unreadable(".", &error)),
        Ok(names) => {
            let mut names: Vec<String> = names.iter().map(|name| name.to_string_lossy().into_owned()).collect();
            names.retain(|name| !known.contains(name.as_str()));
            names.sort();
            wrong.extend(names.into_iter().map(Mismatch::Unexpected));
        }
    }
}

fn check_file(dir: &Path, file: &File, wrong: &mut Vec<Mismatch>) -> io::Result<()> {
    let mut disk = fs::File::open(dir.join(&file.path))?;
    let mut hasher = blake3::Hasher::new();
    let mut found = 0;
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = disk.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        found += read as u64;
    }
    let path = file.path.clone();
    if found != file.bytes {
        wrong.push(Mismatch::Bytes { path, expected: file.bytes, found });
    } else if hasher.finalize() != file.blake3 {
        let (expected, found) = (file.blake3.to_string(), hasher.finalize().to_string());
        wrong.push(Mismatch::Hash { path, expected, found });
    }
    Ok(())
}

/// Reads each format's lines beside those of the provenance, and builds the Merkle root again.
fn check_rows(dir: &Path, manifest: &Manifest, wrong: &mut Vec<Mismatch>) -> io::Result<()> {
    let mut tables: BTreeMap<Format, Lines<BufReader<fs::File>>> = BTreeMap::new();
    let mut found: BTreeMap<Format, u64> = manifest.counts.rows.keys().map(|format| (*format, 0)).collect();
    let mut roots = Roots::default();
    for origin in lines(dir, &format!("{PROVENANCE}.jsonl"))? {
        let origin = origin?;
        let format = serde_json::from_str::<Provenance>(&origin)?.format;
        let table = match tables.entry(format) {
            std::collections::btree_map::Entry::Occupied(table) => table.into_mut(),
            std::collections::btree_map::Entry::Vacant(none) => {
                none.insert(lines(dir, &format!("{}.jsonl", format.name()))?)
            }
        };
        let row = table.next().ok_or_else(|| io::Error::other(format!("a {} row is missing", format.name())))??;
        roots.push(format, row.as_bytes(), origin.as_bytes());
        *found.entry(format).or_default() += 1;
    }
    for (format, mut table) in tables {
        *found.entry(format).or_default() += table.try_fold(0, |count, line| line.map(|_| count + 1))?;
    }
    for (format, found) in found {
        let expected = manifest.counts.rows.get(&format).copied().unwrap_or(0);
        if found != expected {
            wrong.push(Mismatch::Count { what: format!("{} rows", format.name()), expected, found });
        }
    }
    if roots.root() != manifest.rows_root {
        let (expected, found) = (manifest.rows_root.to_string(), roots.root().to_string());
        wrong.push(Mismatch::RowsRoot { expected, found });
    }
    Ok(())
}

/// Each candidate that was kept has a row of each format, or a reason why it has none.
fn check_rowless(manifest: &Manifest, wrong: &mut Vec<Mismatch>) {
    let counts = &manifest.counts;
    let Some(expected) = counts.stages.last().map(|stage| stage.left) else { return };
    for (format, why) in &counts.rowless {
        let found = counts.rows.get(format).copied().unwrap_or(0) + why.values().sum::<u64>();
        if found != expected {
            wrong.push(Mismatch::Count { what: format!("{} rows and reasons", format.name()), expected, found });
        }
    }
}

fn check_fell(dir: &Path, manifest: &Manifest, wrong: &mut Vec<Mismatch>) -> io::Result<()> {
    let mut found = BTreeMap::new();
    for line in lines(dir, DECISIONS)? {
        *found.entry(serde_json::from_str::<Fell>(&line?)?.reason).or_insert(0) += 1;
    }
    let reasons: BTreeSet<_> = found.keys().chain(manifest.counts.fell.keys()).copied().collect();
    for reason in reasons {
        let count = |counts: &BTreeMap<_, u64>| counts.get(&reason).copied().unwrap_or(0);
        let (expected, found) = (count(&manifest.counts.fell), count(&found));
        if expected != found {
            wrong.push(Mismatch::Count { what: format!("fell for {reason:?}"), expected, found });
        }
    }
    Ok(())
}

fn lines(dir: &Path, name: &str) -> io::Result<Lines<BufReader<fs::File>>> {
    Ok(BufReader::new(fs::File::open(dir.join(name))?).lines())
}
