//! Taking in traces.

use atr_core::domain::{
    Rejection,
    access::Permission,
    intake::{BatchOutcome, Door},
    new_trace::NewTrace,
};

use super::{
    Actor, App, AppError, backlog,
    ingest_keys::{self, Advance},
    redaction,
};

/// Takes a batch of traces in, in one transaction with the tasks that follow, and says what became of each item.
/// Taking the same in again changes nothing.
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
    backlog::admit(app, actor.project).await?;
    let mut tx = app.store.begin(actor.project).await?;
    let items = redaction::redacted(&mut tx, Door::Traces, items).await?;
    let outcome = tx.record_traces(&items).await?;
    ingest_keys::advance(&mut tx, under, &outcome).await?;
    tx.commit().await?;
    backlog::took_in(app, actor.project, &outcome);
    Ok(outcome)
}
