//! The job specification a trainer is started with, and the lines it reports.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::train::TrainMetrics;

/// The version of the specification that this trainer reads.
pub const SPEC_VERSION: u32 = 1;
/// The method this trainer is for.
pub const METHOD: &str = "reward";
/// The name of the model's file in the output folder.
pub const MODEL_FILE: &str = "model.atr-reward";
/// A hash in hexadecimal, as the published schemas have it.
const HEX: &str = "^[0-9a-f]{64}$";

/// What to train, on what, and where to put it. Members that a trainer does not know are passed over, so that the
/// specification can grow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobSpec {
    /// The version of the specification: 1.
    #[schemars(extend("const" = SPEC_VERSION))]
    pub version: u32,
    /// The job, `job_…`.
    pub job: String,
    /// Which attempt at the job this is, from 1.
    #[schemars(range(min = 1))]
    pub attempt: u32,
    /// What is trained: `reward`.
    pub method: String,
    /// What it is trained on.
    pub snapshot: SnapshotRef,
    /// The model to start from, if any. A reward model is trained anew on all rows and does not use it.
    #[serde(default)]
    pub base_model: Option<BaseModel>,
    /// The method's own settings; for `reward` those of [`crate::Settings`].
    #[serde(default)]
    pub hyperparameters: serde_json::Map<String, serde_json::Value>,
    /// The seed of everything random.
    pub seed: u64,
    /// The folder the model is written to; made where it does not exist.
    pub output: PathBuf,
}

/// A snapshot, and where its files are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotRef {
    /// The snapshot, `snp_…`.
    pub id: String,
    /// Its Merkle root in hexadecimal.
    #[schemars(regex(pattern = HEX))]
    pub root: String,
    /// The files this job needs.
    pub files: Vec<SnapshotFile>,
}

/// One file of a snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotFile {
    /// Its path inside the snapshot, `reward.jsonl`.
    pub path: String,
    /// Where it lies on this machine.
    pub location: PathBuf,
    /// Its BLAKE3 in hexadecimal; checked before use.
    #[schemars(regex(pattern = HEX))]
    pub blake3: String,
    /// How many rows it holds; checked after reading.
    pub rows: u64,
}

/// A model to start from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaseModel {
    /// Its name.
    pub name: String,
    /// Where it lies on this machine.
    pub location: PathBuf,
    /// Its BLAKE3 in hexadecimal.
    #[schemars(regex(pattern = HEX))]
    pub blake3: String,
}

/// What a trainer says on its standard output: one of these as JSON a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The rows are read.
    Started {
        /// How many there are.
        rows: usize,
        /// Of how many question groups.
        groups: usize,
        /// How many are labelled true.
        positives: usize,
    },
    /// Training goes on.
    Progress {
        /// Steps done.
        step: usize,
        /// All steps.
        steps: usize,
        /// The loss of the fit under way; null before there is one.
        loss: Option<f64>,
    },
    /// The model is written; the last line of a run that succeeded.
    Finished {
        /// Its file.
        model: ModelFile,
        /// What training measured.
        metrics: TrainMetrics,
    },
    /// Nothing was written; the last line of a run that failed.
    Failed {
        /// What is wrong and what to do.
        error: String,
    },
}

/// A model's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelFile {
    /// Its path inside the output folder.
    pub path: String,
    /// Its BLAKE3 in hexadecimal.
    #[schemars(regex(pattern = HEX))]
    pub blake3: String,
    /// Its length.
    pub bytes: u64,
}
