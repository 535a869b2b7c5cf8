//! Taking in spans.

use std::time::Duration;

use atr_core::domain::{Rejection, access::Permission, intake::BatchOutcome, span::NewSpan};

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
    actor.may(Permission::Ingest)?;
    backlog::admit(app, actor.project).await?;
    let mut tx = app.store.begin(actor.project).await?;
    let rule = tx.keep_rule().await?;
    let rule = rule.ok_or_else(|| AppError::NotFound { what: "project", name: actor.project.to_string() })?;
    let quiet = Duration::from_secs(rule.quiet_seconds.unsigned_abs().into());
    let outcome = tx.stage_spans(&items, quiet).await?;
    tx.commit().await?;
    Ok(outcome)
}
