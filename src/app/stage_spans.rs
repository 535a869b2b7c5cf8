//! Taking in spans and events.

use std::time::Duration;

use atr_core::{
    domain::{
        Rejection,
        access::Permission,
        intake::{Balance, BatchOutcome, Door},
        span::{NewEvent, NewSpan},
    },
    store::Tx,
};

use super::{Actor, App, AppError, backlog};

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
    let mut tx = begin(app, actor).await?;
    let quiet = quiet(&mut tx).await?;
    let outcome = tx.stage_spans(&items, quiet).await?;
    tx.commit().await?;
    count(&outcome);
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
    let mut tx = begin(app, actor).await?;
    let quiet = quiet(&mut tx).await?;
    let outcome = tx.stage_events(&items, quiet).await?;
    tx.commit().await?;
    count(&outcome);
    Ok(outcome)
}

async fn begin(app: &App, actor: &Actor) -> Result<Tx, AppError> {
    actor.may(Permission::Ingest)?;
    backlog::admit(app, actor.project).await?;
    Ok(app.store.begin(actor.project).await?)
}

/// For how long nothing of a trace may come before it is put together.
async fn quiet(tx: &mut Tx) -> Result<Duration, AppError> {
    let project = tx.project().to_string();
    let rule = tx.keep_rule().await?.ok_or(AppError::NotFound { what: "project", name: project })?;
    Ok(Duration::from_secs(rule.quiet_seconds.unsigned_abs().into()))
}

fn count(outcome: &BatchOutcome) {
    let balance: Balance = outcome.items.iter().collect();
    for (status, items) in [
        ("stored", balance.stored),
        ("duplicate", balance.duplicate),
        ("quarantined", balance.quarantined),
        ("filtered", balance.filtered),
        ("rejected", balance.rejected),
    ] {
        let labels = [("door", Door::Spans.word()), ("status", status)];
        metrics::counter!("atr_ingest_items_total", &labels).increment(items.unsigned_abs());
    }
}
