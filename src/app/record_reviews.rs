//! Taking in reviews.

use atr_core::domain::{
    Rejection,
    access::{Permission, Role},
    intake::BatchOutcome,
    review::NewReview,
};

use super::{Actor, App, AppError};

/// Takes a batch of reviews in, in one transaction, and says what became of each item. A key that is bound to an
/// expert writes that expert's reviews alone.
///
/// # Errors
/// If the caller may not, or the database is out of reach; then nothing of it was stored.
pub async fn record_reviews(
    app: &App,
    actor: &Actor,
    items: Vec<Result<NewReview, Rejection>>,
) -> Result<BatchOutcome, AppError> {
    actor.may(Permission::Review)?;
    // An expert who is nobody in particular would be everybody.
    if actor.role == Role::Expert && actor.expert.is_none() {
        return Err(AppError::Forbidden { role: actor.role, what: Permission::Review });
    }
    let mut tx = app.store.begin(actor.project).await?;
    let outcome = tx.record_reviews(&items, actor.expert).await?;
    tx.commit().await?;
    Ok(outcome)
}
