//! Vouching for facts, doubting them, retracting those that turned out false, and saying which holds instead of one that held.

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

/// Says that a fact was true, and that another holds instead: no claim is held against it from now on, and what was judged by
/// it is judged again. The other is verified, and not itself one that this one holds instead of.
///
/// # Errors
/// As [`retract`]; or if the other is not verified, or the same.
pub async fn supersede(
    app: &App,
    actor: &Actor,
    fact: FactId,
    successor: FactId,
    reason: &str,
) -> Result<StateChanged, AppError> {
    actor.may(Permission::Curate)?;
    let reason = check::text("reason", reason.trim().to_owned(), 2000)?;
    let mut tx = app.store.begin(actor.project).await?;
    let known = tx.facts_by_id(&[fact, successor]).await?;
    let named = |id: FactId| known.iter().find(|fact| fact.id == id);
    let missing = |id: FactId| AppError::NotFound { what: "fact", name: id.to_string() };
    named(fact).ok_or_else(|| missing(fact))?;
    let other = named(successor).ok_or_else(|| missing(successor))?;
    if fact == successor {
        return Err(AppError::invalid("by", "is the fact itself: name the one that holds instead"));
    }
    if other.state != FactState::Verified {
        let why = format!("is {}: verify it first, then say that it holds instead", other.state);
        return Err(AppError::invalid("by", why));
    }
    let changed = tx.supersede_fact(fact, successor, &reason, actor.key).await?.ok_or_else(|| missing(fact))?;
    let after = json!({ "state": FactState::Superseded, "successor": successor, "reason": reason });
    actor.note(&mut tx, Action::FactStateChanged, fact, None, Some(after)).await?;
    tx.commit().await?;
    Ok(changed)
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
