//! One training job: from the specification to the model's file.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use crate::rows::{self, Example, RowError};
use crate::spec::{Event, JobSpec, METHOD, MODEL_FILE, ModelFile, SPEC_VERSION, SnapshotFile};
use crate::train::{self, Progress, Settings, TrainError};

/// The file of a snapshot that holds the reward rows.
const ROWS: &str = "reward.jsonl";

/// Why a job failed. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The specification asks for what this trainer does not do.
    #[error("the job specification {0}")]
    Spec(String),
    /// A hyperparameter is unknown or of the wrong kind.
    #[error("the hyperparameters of the job specification are not those of `reward`: {0}")]
    Hyperparameters(serde_json::Error),
    /// A file could not be read or written.
    #[error("{path} cannot be {verb}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Read or written.
        verb: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not the one the snapshot names.
    #[error(
        "{path} is not the file of the snapshot: its BLAKE3 is {found} and should be {wanted}; pull the snapshot again"
    )]
    Checksum {
        /// Its path inside the snapshot.
        path: String,
        /// The BLAKE3 of what is there.
        found: String,
        /// The BLAKE3 the specification gives.
        wanted: String,
    },
    /// A file holds more or fewer rows than the snapshot says.
    #[error("{path} holds {found} rows and should hold {wanted}: make the job's specification anew")]
    Count {
        /// Its path inside the snapshot.
        path: String,
        /// The rows that are there.
        found: u64,
        /// The rows the specification gives.
        wanted: u64,
    },
    /// The rows cannot be read.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// The rows cannot be trained on.
    #[error(transparent)]
    Train(#[from] TrainError),
}

/// Runs a job to its end. `tell` hears what happens, the finish included; a failure is the error.
pub fn run(spec: &JobSpec, tell: &mut dyn FnMut(Event)) -> Result<(), JobError> {
    if spec.version != SPEC_VERSION {
        return Err(JobError::Spec(format!("has version {}; this trainer reads {SPEC_VERSION}", spec.version)));
    }
    if spec.method != METHOD {
        return Err(JobError::Spec(format!("asks for `{}`; this trainer does `{METHOD}`", spec.method)));
    }
    let settings: Settings = serde_json::from_value(serde_json::Value::Object(spec.hyperparameters.clone()))
        .map_err(JobError::Hyperparameters)?;
    settings.check()?;

    let files: Vec<&SnapshotFile> = spec.snapshot.files.iter().filter(|f| f.path == ROWS).collect();
    if files.is_empty() {
        return Err(JobError::Spec(format!("names no file `{ROWS}` of the snapshot {}", spec.snapshot.id)));
    }
    let mut examples = Vec::new();
    for file in files {
        check(file)?;
        let found = rows::read(&file.path, BufReader::new(open(&file.location)?), |row| {
            examples.push(Example::of(&row, settings.hash_bits));
        })?;
        if found as u64 != file.rows {
            return Err(JobError::Count { path: file.path.clone(), found: found as u64, wanted: file.rows });
        }
    }
    let groups = examples.iter().map(|e| e.group.as_str()).collect::<BTreeSet<_>>().len();
    let positives = examples.iter().filter(|e| e.label).count();
    tell(Event::Started { rows: examples.len(), groups, positives });

    let (model, metrics) = train::train(examples, &settings, spec.seed, &mut |Progress { step, steps, loss }| {
        tell(Event::Progress { step, steps, loss: Some(loss).filter(|l| l.is_finite()) });
    })?;
    let bytes = model.save();
    write(&spec.output, &bytes)?;
    let blake3 = blake3::hash(&bytes).to_hex().to_string();
    let model = ModelFile { path: MODEL_FILE.to_owned(), blake3, bytes: bytes.len() as u64 };
    tell(Event::Finished { model, metrics });
    Ok(())
}

fn open(path: &Path) -> Result<File, JobError> {
    File::open(path).map_err(|source| JobError::Io { path: path.to_owned(), verb: "read", source })
}

/// Refuses a file whose content is not what the snapshot names.
fn check(file: &SnapshotFile) -> Result<(), JobError> {
    let mut input = open(&file.location)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = input.read(&mut buffer);
        let read = read.map_err(|source| JobError::Io { path: file.location.clone(), verb: "read", source })?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    let found = hasher.finalize().to_hex().to_string();
    if found.eq_ignore_ascii_case(&file.blake3) {
        return Ok(());
    }
    Err(JobError::Checksum { path: file.path.clone(), found, wanted: file.blake3.clone() })
}

/// Writes the model beside its place and renames it there: a reader sees all of it or none.
fn write(folder: &Path, bytes: &[u8]) -> Result<(), JobError> {
    let path = folder.join(MODEL_FILE);
    let beside = folder.join(format!(".{MODEL_FILE}.{}", std::process::id()));
    let written = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)?;
        // The new name is durable only once its folder is.
        File::open(folder)?.sync_all()
    };
    written().map_err(|source| {
        // What is left of a failed write is of no use; that it cannot be removed either changes nothing.
        let _ = std::fs::remove_file(&beside);
        JobError::Io { path, verb: "written", source }
    })
}
