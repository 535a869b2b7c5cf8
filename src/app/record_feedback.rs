//! Taking in users' feedback.

use atr_core::domain::{
    Rejection,
    access::Permission,
    feedback::NewFeedback,
    intake::{BatchOutcome, Door},
};

use super::{Actor, App, AppError, ingest_keys::Advance, intake};

/// Takes a batch of feedback in, in one transaction with the tasks that weigh it, and says what became of each item. Who
/// may send traces may send what users say of them. Taking the same in again changes nothing.
///
/// # Errors
/// If the caller may not, the project's backlog is full, or the database is out of reach; then nothing of it was stored.
pub async fn record_feedback(
    app: &App,
    actor: &Actor,
    items: Vec<Result<NewFeedback, Rejection>>,
    under: Option<&Advance<'_>>,
) -> Result<BatchOutcome, AppError> {
    actor.may(Permission::Ingest)?;
    let (mut tx, items) = intake::begin(app, actor.project, actor.sender(), Door::Feedback, items).await?;
    let outcome = tx.record_feedback(&items).await?;
    intake::finish(app, tx, under, outcome).await
}
