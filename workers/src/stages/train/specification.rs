//! The job specification: what a trainer is told.

use std::path::{Path, PathBuf};

use atr_core::{
    domain::{
        model::ModelVersion,
        snapshot::{Snapshot, SnapshotFile},
        training::TrainingJob,
    },
    hash::Digest,
};
use atr_reward::spec::{BaseModel, JobSpec, SPEC_VERSION, SnapshotFile as FileRef, SnapshotRef};

/// The file of a snapshot that each method reads.
const REWARD_ROWS: &str = "reward.jsonl";

/// Checks settings for a trainer before there is a job.
///
/// # Errors
/// The first setting that is unknown or out of bounds, in words.
pub fn check_hyperparameters(settings: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
    let settings: atr_reward::Settings = serde_json::from_value(serde_json::Value::Object(settings.clone()))
        .map_err(|error| format!("these are not settings of `reward`: {error}"))?;
    settings.check().map_err(|error| error.to_string())
}

/// Writes down what a trainer is to do and which blobs it reads, or why there is nothing that it could do. The files lie
/// where `file` says: they never change there, and the trainer checks their hashes.
pub(super) fn specify(
    job: &TrainingJob,
    attempt: i32,
    snapshot: &Snapshot,
    files: &[SnapshotFile],
    base: Option<&ModelVersion>,
    file: impl Fn(&Digest) -> PathBuf,
    output: &Path,
) -> Result<(JobSpec, Vec<Digest>), String> {
    let root = snapshot.merkle_root.ok_or_else(|| format!("the snapshot {} is not sealed", snapshot.id))?;
    let rows = files.iter().find(|file| file.path == REWARD_ROWS && file.rows > 0);
    let rows = rows.ok_or_else(|| {
        format!("the snapshot {} has no {REWARD_ROWS}: ask for one with the format `reward`", snapshot.id)
    })?;
    let base_model = match base.map(|model| (model, model.artefact)) {
        None => None,
        Some((model, None)) => return Err(format!("the weights of the base model {} are not kept here", model.name)),
        Some((model, Some(artefact))) => Some(BaseModel {
            name: model.name.clone(),
            location: file(&artefact.digest),
            blake3: artefact.digest.to_string(),
        }),
    };
    let hyperparameters = match &job.asked.hyperparameters {
        serde_json::Value::Object(settings) => settings.clone(),
        serde_json::Value::Null => serde_json::Map::new(),
        other => return Err(format!("the hyperparameters are an object of settings, not {other}")),
    };
    let read = base
        .and_then(|model| model.artefact)
        .map(|artefact| artefact.digest)
        .into_iter()
        .chain([rows.digest])
        .collect();
    let spec = JobSpec {
        version: SPEC_VERSION,
        job: job.id.to_string(),
        attempt: u32::try_from(attempt).map_err(|_| format!("{attempt} is not the number of an attempt"))?,
        method: job.asked.method.word().to_owned(),
        snapshot: SnapshotRef {
            id: snapshot.id.to_string(),
            root: root.to_string(),
            files: vec![FileRef {
                path: rows.path.clone(),
                location: file(&rows.digest),
                blake3: rows.digest.to_string(),
                rows: u64::try_from(rows.rows).unwrap_or(0),
            }],
        },
        base_model,
        hyperparameters,
        // The same bits: a specification has no sign.
        seed: job.asked.seed.cast_unsigned(),
        output: output.to_owned(),
    };
    Ok((spec, read))
}
