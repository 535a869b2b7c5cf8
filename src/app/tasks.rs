//! Tending the queue: trying dead work again, and giving up what waits.

use atr_core::{
    domain::{access::Permission, audit::Action},
    ids::TaskId,
    queue::{Replayed, Stage, Task},
    store::{StoreError, Tx},
};
use serde_json::json;

use super::{Actor, App, AppError};

/// How many dead tasks are replayed in one transaction.
const PAGE: i64 = 1000;

/// Tries a dead task again, from its first attempt.
///
/// # Errors
/// If the caller may not, there is no such task, it is not dead, or the same work waits already.
pub async fn replay(app: &App, actor: &Actor, id: TaskId) -> Result<Task, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    let replayed = tx.replay(id).await.map_err(enqueued_meanwhile)?;
    let task = the(&mut tx, id).await?;
    if !replayed {
        return Err(AppError::Conflict(format!(
            "the task {id} is {}: only a dead task whose work does not wait again already is replayed",
            task.state
        )));
    }
    actor.note(&mut tx, Action::TaskReplayed, id, None, Some(json!({ "state": task.state }))).await?;
    tx.commit().await?;
    Ok(task)
}

/// Tries the next thousand dead tasks of the project again, or of one of its stages, oldest first.
///
/// # Errors
/// If the caller may not, or some of the work was enqueued at the same time.
pub async fn replay_dead(
    app: &App,
    actor: &Actor,
    stage: Option<Stage>,
    after: Option<TaskId>,
) -> Result<Replayed, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    let replayed = tx.replay_page(stage, after, PAGE).await.map_err(enqueued_meanwhile)?;
    let which = stage.map_or("every stage", Stage::word);
    actor.note(&mut tx, Action::TasksReplayed, which, None, Some(json!({ "replayed": replayed.replayed }))).await?;
    tx.commit().await?;
    Ok(replayed)
}

fn enqueued_meanwhile(error: StoreError) -> AppError {
    match error.constraint() {
        Some("task_unique_waiting") => {
            AppError::Conflict("the same work was enqueued at this moment: ask again".to_owned())
        }
        _ => error.into(),
    }
}

/// Cancels a task that waits.
///
/// # Errors
/// If the caller may not, there is no such task, or it runs or has ended.
pub async fn cancel(app: &App, actor: &Actor, id: TaskId) -> Result<Task, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    let cancelled = tx.cancel_task(id).await?;
    let task = the(&mut tx, id).await?;
    if !cancelled {
        return Err(AppError::Conflict(format!(
            "the task {id} is {}: only a task that waits is cancelled",
            task.state
        )));
    }
    actor.note(&mut tx, Action::TaskCancelled, id, None, Some(json!({ "state": task.state }))).await?;
    tx.commit().await?;
    Ok(task)
}

async fn the(tx: &mut Tx, id: TaskId) -> Result<Task, AppError> {
    let found = tx.tasks_by_id(&[id]).await?.pop();
    found.ok_or_else(|| AppError::NotFound { what: "task", name: id.to_string() })
}
