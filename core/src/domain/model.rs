//! Models: those that answered, and those that judge answers.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::words;
use crate::{
    hash::Digest,
    ids::{ModelVersionId, TrainingJobId},
};

words! {
    /// What a model is for.
    ModelKind {
        /// Answers: the model that traces name.
        LanguageModel = "language_model",
        /// Judges how likely an answer is true.
        RewardModel = "reward_model",
    }
}

/// A weights file in the blob store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Artefact {
    /// BLAKE3 of its bytes.
    pub digest: Digest,
    /// Its length in bytes.
    pub bytes: i64,
}

/// A version of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelVersion {
    /// Its id.
    pub id: ModelVersionId,
    /// What it is for.
    pub kind: ModelKind,
    /// The name that traces and people use, unique among its kind.
    pub name: String,
    /// The model it was trained from.
    pub base: Option<ModelVersionId>,
    /// The job that made it here; `None` where it came from outside.
    pub job: Option<TrainingJobId>,
    /// Its weights, where they are kept here.
    pub artefact: Option<Artefact>,
    /// What the trainer said of it: its own measures, its settings.
    pub metadata: Value,
    /// When it was first named.
    pub created_at: DateTime<Utc>,
}

/// A version of a model to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewModelVersion {
    /// What it is for.
    pub kind: ModelKind,
    /// Its name, unique among its kind.
    pub name: String,
    /// The model it was trained from.
    pub base: Option<ModelVersionId>,
    /// The job that made it.
    pub job: Option<TrainingJobId>,
    /// Its weights.
    pub artefact: Option<Artefact>,
    /// What the trainer said of it.
    pub metadata: Value,
}
