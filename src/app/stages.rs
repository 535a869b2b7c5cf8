//! Pausing stages and letting them go on, for every project of the installation.

use atr_core::{
    domain::{access::Permission, audit::Action, check},
    queue::{Pause, Stage},
};
use serde_json::json;

use super::{Actor, App, AppError};

/// Pauses a stage: workers finish what they hold of it and claim nothing more, while tasks go on being enqueued.
///
/// # Errors
/// If the caller may not, the reason is missing or too long, or the stage is paused already.
pub async fn pause(app: &App, actor: &Actor, stage: Stage, why: &str) -> Result<Pause, AppError> {
    actor.may(Permission::Operate)?;
    let why = check::text("why", why.trim().to_owned(), 500)?;
    let mut tx = app.store.begin(actor.project).await?;
    match tx.pause_stage(stage, actor.key, &why).await? {
        Some(pause) => {
            actor.note(&mut tx, Action::StagePaused, stage, None, Some(json!({ "why": why }))).await?;
            tx.commit().await?;
            tracing::info!(%stage, why, "a stage is paused");
            Ok(pause)
        }
        None => {
            Err(AppError::Conflict(format!("the stage {stage} is paused already: resume it to give another reason")))
        }
    }
}

/// Lets a paused stage go on.
///
/// # Errors
/// If the caller may not, or the stage is not paused.
pub async fn resume(app: &App, actor: &Actor, stage: Stage) -> Result<Stage, AppError> {
    actor.may(Permission::Operate)?;
    let mut tx = app.store.begin(actor.project).await?;
    if !tx.resume_stage(stage, actor.key).await? {
        return Err(AppError::Conflict(format!("the stage {stage} is not paused")));
    }
    actor.note(&mut tx, Action::StageResumed, stage, None, None).await?;
    tx.commit().await?;
    tracing::info!(%stage, "a stage goes on");
    Ok(stage)
}

/// The stages that are paused. Whoever reads a project's records may know why its work waits; which operator's key
/// paused it is for operators.
///
/// # Errors
/// If the caller may not.
pub async fn paused(app: &App, actor: &Actor) -> Result<Vec<Pause>, AppError> {
    actor.may(Permission::Read)?;
    let mut pauses = app.store.pauses().await?;
    if actor.may(Permission::Operate).is_err() {
        pauses.iter_mut().for_each(|pause| pause.by = None);
    }
    Ok(pauses)
}
