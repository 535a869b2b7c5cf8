//! Taking in traces.

use atr_core::domain::{
    Rejection,
    access::Permission,
    intake::{BatchOutcome, Door},
    new_trace::NewTrace,
};

use super::{Actor, App, AppError, group_commit, ingest_keys::Advance, intake};

/// Takes a batch of traces in, in one transaction with the tasks that follow, and says what became of each item.
/// Taking the same in again changes nothing. Small batches of several callers may share a transaction.
///
/// # Errors
/// If the caller may not, the project's backlog is full, or the database is out of reach; then nothing of it was stored.
pub async fn record_traces(
    app: &App,
    actor: &Actor,
    items: Vec<Result<NewTrace, Rejection>>,
    under: Option<&Advance<'_>>,
) -> Result<BatchOutcome, AppError> {
    actor.may(Permission::Ingest)?;
    if under.is_none()
        && let Some(outcome) = group_commit::record(app, actor, &items).await
    {
        return Ok(outcome);
    }
    let (mut tx, items) = intake::begin(app, actor.project, actor.sender(), Door::Traces, items).await?;
    let outcome = tx.record_traces(&items).await?;
    intake::finish(app, tx, under, outcome).await
}
