//! Taking in sources and facts.

use atr_core::domain::{
    Rejection,
    access::Permission,
    grounding::NewGrounding,
    intake::{BatchOutcome, Door},
};

use super::{Actor, App, AppError, ingest_keys::Advance, intake};

/// Whether the caller vouches for the facts that they enter, as curators do; reviewers propose them.
///
/// # Errors
/// If the caller may neither.
pub fn may_vouch(actor: &Actor) -> Result<bool, AppError> {
    actor.may_any(Permission::Curate, &[Permission::Review])?;
    Ok(actor.may(Permission::Curate).is_ok())
}

/// Takes a batch of sources and facts in, in one transaction, and says what became of each item. Whoever keeps the
/// facts may enter them as verified; experts may propose them.
///
/// # Errors
/// If the caller may do neither, the project's backlog is full, or the database is out of reach; then nothing of it was stored.
pub async fn record_grounding(
    app: &App,
    actor: &Actor,
    items: Vec<Result<NewGrounding, Rejection>>,
    under: Option<&Advance<'_>>,
) -> Result<BatchOutcome, AppError> {
    let may_vouch = may_vouch(actor)?;
    let (mut tx, items) = intake::begin(app, actor.project, actor.sender(), Door::Grounding, items).await?;
    let outcome = tx.record_grounding(&items, may_vouch).await?;
    intake::finish(app, tx, under, outcome).await
}
