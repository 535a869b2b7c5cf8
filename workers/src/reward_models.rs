//! The reward model in use, loaded once and kept until another comes into use.

use std::sync::{Arc, Mutex, PoisonError};

use atr_core::{blobs::Blobs, ids::ModelVersionId, store::Tx};
use atr_reward::RewardModel;

use crate::StageError;

/// Keeps the model that was asked last.
#[derive(Debug, Clone, Default)]
pub struct RewardModels(Arc<Mutex<Option<Loaded>>>);

/// A model and its version.
type Loaded = (ModelVersionId, Arc<RewardModel>);

impl RewardModels {
    /// The model in use in the transaction's project; `None` where none was promoted yet.
    ///
    /// # Errors
    /// If its weights are not in the blob store, or cannot be read.
    pub async fn in_use(&self, blobs: &Blobs, tx: &mut Tx) -> Result<Option<Loaded>, StageError> {
        let Some(version) = tx.model_in_use().await? else { return Ok(None) };
        if let Some((id, model)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && *id == version.id
        {
            return Ok(Some((*id, Arc::clone(model))));
        }
        let model = Arc::new(load(blobs, &version).await?);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((version.id, Arc::clone(&model)));
        Ok(Some((version.id, model)))
    }
}

/// Loads a reward model's weights from the blob store.
///
/// # Errors
/// If it has none, or they cannot be read.
pub(crate) async fn load(
    blobs: &Blobs,
    version: &atr_core::domain::model::ModelVersion,
) -> Result<RewardModel, StageError> {
    let artefact = version
        .artefact
        .as_ref()
        .ok_or_else(|| StageError::Lasting(format!("the reward model {} has no weights", version.name)))?;
    let bytes = blobs.get(&artefact.digest).await?;
    RewardModel::load(&bytes)
        .map_err(|error| StageError::Lasting(format!("the weights of {} cannot be read: {error}", version.name)))
}
