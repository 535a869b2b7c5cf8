//! What taking in lines of every kind has in common: how a batch begins, and how it ends.

use atr_core::{
    domain::{
        Rejection,
        intake::{BatchOutcome, Door, Sender},
        redaction::Redact,
    },
    ids::ProjectId,
    store::Tx,
};

use super::{
    App, AppError, backlog,
    ingest_keys::{self, Advance},
    redaction,
};

/// Begins to take a batch in that came through a door, unless the project has too much unfinished work: its transaction,
/// and its items without what the project wants replaced.
pub(super) async fn begin<T: Redact>(
    app: &App,
    project: ProjectId,
    sender: Sender,
    door: Door,
    items: Vec<Result<T, Rejection>>,
) -> Result<(Tx, Vec<Result<T, Rejection>>), AppError> {
    backlog::admit(app, project).await?;
    let mut tx = app.store.begin(project).await?;
    tx.sent_by(sender);
    let items = redaction::redacted(&mut tx, door, items).await?;
    Ok((tx, items))
}

/// Commits a batch together with how far the body got that it is of, and counts its tasks.
pub(super) async fn finish(
    app: &App,
    mut tx: Tx,
    under: Option<&Advance<'_>>,
    outcome: BatchOutcome,
) -> Result<BatchOutcome, AppError> {
    ingest_keys::advance(&mut tx, under, &outcome).await?;
    let project = tx.project();
    tx.commit().await?;
    backlog::took_in(app, project, &outcome);
    Ok(outcome)
}
