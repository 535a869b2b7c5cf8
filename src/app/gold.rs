//! Gold items: entering what is known of a trace, and asking nobody about it any more.

use atr_core::{
    domain::{
        access::Permission,
        audit::Action,
        gold::{GoldItem, Known},
    },
    ids::TraceId,
};
use serde_json::json;

use super::{Actor, App, AppError, adjudicate};

/// Enters what is known of a trace. Experts are asked about it without being told, and nothing is trained on it.
///
/// # Errors
/// If the caller may not, or there is no such trace or step.
pub async fn enter(app: &App, actor: &Actor, trace: TraceId, known: Known) -> Result<GoldItem, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    adjudicate::step_is_there(&mut tx, trace, known.suspect_step).await?;
    let before = tx.gold_of_traces(&[trace]).await?.pop().map(|before| json!(before.known));
    let entered = tx.enter_gold(trace, &known).await.map_err(|error| match error.constraint() {
        Some("gold_item_trace_fkey") => AppError::NotFound { what: "trace", name: trace.to_string() },
        _ => error.into(),
    })?;
    actor.note(&mut tx, Action::GoldEntered, trace, before, Some(json!(entered.known))).await?;
    tx.commit().await?;
    Ok(entered)
}

/// Asks nobody about a gold item any more. What was judged stays, and it is still trained on never.
///
/// # Errors
/// If the caller may not, or there is no such item that is asked about.
pub async fn retire(app: &App, actor: &Actor, trace: TraceId) -> Result<GoldItem, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    let missing = || AppError::NotFound { what: "gold item", name: trace.to_string() };
    let retired = tx.retire_gold(trace).await?.ok_or_else(missing)?;
    actor.note(&mut tx, Action::GoldRetired, trace, Some(json!(retired.known)), None).await?;
    tx.commit().await?;
    Ok(retired)
}
