//! How experts' time is divided.

use atr_core::{
    domain::{
        access::Permission,
        assignment::{PolicyChange, RoutingPolicy},
        audit::Action,
    },
    store::Tx,
};
use serde_json::json;

use super::{Actor, App, AppError};

/// The policy of the project that a transaction is open for.
///
/// # Errors
/// If there is no such project.
pub async fn policy(tx: &mut Tx) -> Result<RoutingPolicy, AppError> {
    let project = tx.project().to_string();
    tx.routing_policy().await?.ok_or(AppError::NotFound { what: "project", name: project })
}

/// Changes the policy; what is not given stays. Items that are routed from then on are divided by it.
///
/// # Errors
/// If the caller may not, or a field is no share.
pub async fn change_policy(app: &App, actor: &Actor, change: PolicyChange) -> Result<RoutingPolicy, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    tx.hold_settings().await?;
    let before = policy(&mut tx).await?;
    let changed = before.changed(change)?;
    if changed != before {
        tx.set_routing_policy(&changed).await?;
        let (before, after) = (Some(json!(before)), Some(json!(changed)));
        actor.note(&mut tx, Action::RoutingPolicyChanged, actor.project, before, after).await?;
        tx.commit().await?;
    }
    Ok(changed)
}
