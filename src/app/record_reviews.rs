//! Taking in reviews.

use atr_core::domain::{
    Rejection,
    access::{Permission, Role},
    intake::{BatchOutcome, Door},
    review::NewReview,
};

use super::{Actor, App, AppError, ingest_keys::Advance, intake};

/// Takes a batch of reviews in, in one transaction, and says what became of each item. A key that is bound to an
/// expert writes that expert's reviews alone.
///
/// # Errors
/// If the caller may not, the project's backlog is full, or the database is out of reach; then nothing of it was stored.
pub async fn record_reviews(
    app: &App,
    actor: &Actor,
    items: Vec<Result<NewReview, Rejection>>,
    under: Option<&Advance<'_>>,
) -> Result<BatchOutcome, AppError> {
    actor.may(Permission::Review)?;
    // An expert who is nobody in particular would be everybody.
    if actor.role == Role::Expert && actor.expert.is_none() {
        return Err(AppError::Forbidden { role: actor.role, what: Permission::Review });
    }
    let (mut tx, items) = intake::begin(app, actor.project, actor.sender(), Door::Reviews, items).await?;
    let outcome = tx.record_reviews(&items, actor.expert).await?;
    intake::finish(app, tx, under, outcome).await
}
