//! Vouching for facts, doubting them, and retracting those that turned out false.

use atr_core::{
    domain::{access::Permission, audit::Action, check, grounding::FactState},
    ids::FactId,
    store::StateChanged,
};
use serde_json::json;

use super::{Actor, App, AppError};

/// Retracts a fact that turned out false: no claim is held against it from now on, and what was judged by it is
/// judged again. Snapshots that were sealed before stay as they are.
///
/// # Errors
/// If the caller may not, there is no such fact, or no reason is given.
pub async fn retract(app: &App, actor: &Actor, fact: FactId, reason: &str) -> Result<StateChanged, AppError> {
    change(app, actor, fact, FactState::Retracted, reason).await
}

/// Puts a fact in doubt: no claim is held against it until the doubt is settled, and what was judged by it is judged
/// again.
///
/// # Errors
/// As [`retract`].
pub async fn dispute(app: &App, actor: &Actor, fact: FactId, reason: &str) -> Result<StateChanged, AppError> {
    change(app, actor, fact, FactState::Disputed, reason).await
}

/// Vouches for a fact: claims are held against it from now on, and what once rested on it is judged again. Other
/// traces that came in before are not.
///
/// # Errors
/// As [`retract`].
pub async fn verify(app: &App, actor: &Actor, fact: FactId, reason: &str) -> Result<StateChanged, AppError> {
    change(app, actor, fact, FactState::Verified, reason).await
}

async fn change(
    app: &App,
    actor: &Actor,
    fact: FactId,
    state: FactState,
    reason: &str,
) -> Result<StateChanged, AppError> {
    actor.may(Permission::Curate)?;
    let reason = check::text("reason", reason.trim().to_owned(), 2000)?;
    let mut tx = app.store.begin(actor.project).await?;
    let changed = tx
        .change_fact_state(fact, state, &reason, actor.key)
        .await?
        .ok_or_else(|| AppError::NotFound { what: "fact", name: fact.to_string() })?;
    let after = json!({ "state": state, "reason": reason });
    actor.note(&mut tx, Action::FactStateChanged, fact, None, Some(after)).await?;
    tx.commit().await?;
    Ok(changed)
}
