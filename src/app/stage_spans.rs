//! Taking in spans and events.

use std::time::Duration;

use atr_core::{
    domain::{
        Rejection,
        access::Permission,
        intake::{BatchOutcome, Door},
        span::{NewEvent, NewSpan},
    },
    store::Tx,
};

use super::{Actor, App, AppError, backlog, count_items, projects::keep_rule_of};

/// Stages a batch of spans, in one transaction with the tasks that put their traces together once they are quiet, and
/// says what became of each. Taking the same in again changes nothing.
///
/// # Errors
/// If the caller may not, the project's backlog is full, or the database is out of reach; then nothing of it was stored.
pub async fn stage_spans(
    app: &App,
    actor: &Actor,
    items: Vec<Result<NewSpan, Rejection>>,
) -> Result<BatchOutcome, AppError> {
    let (mut tx, quiet) = begin(app, actor).await?;
    let outcome = tx.stage_spans(&items, quiet).await?;
    tx.commit().await?;
    count_items(Door::Spans, &outcome.items);
    Ok(outcome)
}

/// Stages a batch of log records in the same way; `None` is one that tells nothing of a model.
///
/// # Errors
/// As [`stage_spans`].
pub async fn stage_events(
    app: &App,
    actor: &Actor,
    items: Vec<Result<Option<NewEvent>, Rejection>>,
) -> Result<BatchOutcome, AppError> {
    let (mut tx, quiet) = begin(app, actor).await?;
    let outcome = tx.stage_events(&items, quiet).await?;
    tx.commit().await?;
    count_items(Door::Spans, &outcome.items);
    Ok(outcome)
}

/// Begins once the caller may; says too for how long nothing of a trace may come before it is put together.
async fn begin(app: &App, actor: &Actor) -> Result<(Tx, Duration), AppError> {
    actor.may(Permission::Ingest)?;
    backlog::admit(app, actor.project).await?;
    let mut tx = app.store.begin(actor.project).await?;
    let rule = keep_rule_of(&mut tx).await?;
    Ok((tx, Duration::from_secs(rule.quiet_seconds.unsigned_abs().into())))
}
