//! Starting and giving up training jobs.

use atr_core::{
    domain::{
        access::Permission,
        audit::Action,
        snapshot::SnapshotState,
        training::{NewJob, TrainingBackend, TrainingJob, TrainingMethod},
    },
    ids::{ModelVersionId, SnapshotId, TrainingJobId},
    queue::Work,
};
use atr_workers::stages::train::check_hyperparameters;
use serde_json::{Map, Value, json};

use super::{Actor, App, AppError};

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRequest {
    /// The sealed snapshot to train on.
    pub snapshot: SnapshotId,
    /// The model to start from; none starts from nothing.
    pub base_model: Option<ModelVersionId>,
    /// Seed given to the trainer, 0 or more.
    pub seed: i64,
    /// Settings given to the trainer; those left out are the trainer's own.
    pub hyperparameters: Map<String, Value>,
}

/// Records a job and enqueues it.
///
/// # Errors
/// If the caller may not, snapshot or base model are not there, the snapshot is not sealed, or a setting is wrong.
pub async fn start_job(app: &App, actor: &Actor, request: JobRequest) -> Result<TrainingJob, AppError> {
    actor.may(Permission::Train)?;
    if request.seed < 0 {
        return Err(AppError::invalid("seed", "give a number from 0 on"));
    }
    check_hyperparameters(&request.hyperparameters).map_err(|why| AppError::invalid("hyperparameters", why))?;
    let mut tx = app.store.begin(actor.project).await?;
    let missing = |what, name: String| AppError::NotFound { what, name };
    let snapshot = tx.snapshot(request.snapshot).await?;
    let snapshot = snapshot.ok_or_else(|| missing("snapshot", request.snapshot.to_string()))?;
    if snapshot.state != SnapshotState::Sealed {
        return Err(AppError::Conflict(format!(
            "the snapshot {} is {}: train on it once it is sealed",
            snapshot.name, snapshot.state
        )));
    }
    if let Some(base) = request.base_model
        && tx.models_by_id(&[base]).await?.is_empty()
    {
        return Err(missing("model", base.to_string()));
    }
    let job = tx
        .add_job(&NewJob {
            snapshot: snapshot.id,
            base_model: request.base_model,
            method: TrainingMethod::Reward,
            backend: TrainingBackend::Local,
            seed: request.seed,
            hyperparameters: Value::Object(request.hyperparameters),
        })
        .await?;
    tx.enqueue(Work::RunJob { job: job.id }).await?;
    let after = json!({
        "snapshot": job.asked.snapshot, "base_model": job.asked.base_model, "seed": job.asked.seed,
        "hyperparameters": job.asked.hyperparameters,
    });
    actor.note(&mut tx, Action::JobStarted, job.id, None, Some(after)).await?;
    tx.commit().await?;
    Ok(job)
}

/// Gives a job up; a trainer that runs is stopped.
///
/// # Errors
/// If the caller may not, the job is not there, or it has ended.
pub async fn cancel_job(app: &App, actor: &Actor, id: TrainingJobId) -> Result<TrainingJob, AppError> {
    actor.may(Permission::Train)?;
    let mut tx = app.store.begin(actor.project).await?;
    let given_up = tx.cancel_job(id).await?;
    let job = tx.job(id).await?.ok_or_else(|| AppError::NotFound { what: "training job", name: id.to_string() })?;
    if !given_up {
        return Err(AppError::Conflict(format!("the job {id} has ended: it is {}", job.state)));
    }
    actor.note(&mut tx, Action::JobCancelled, id, None, Some(json!({ "state": job.state }))).await?;
    tx.commit().await?;
    Ok(job)
}
