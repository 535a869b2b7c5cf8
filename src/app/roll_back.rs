//! Rolling back to the model before.

use atr_core::{
    domain::{
        access::Permission,
        audit::Action,
        evaluation::{NewPromotion, Promotion, PromotionDecision, PromotionFilter},
    },
    store::PageRequest,
};
use serde_json::json;

use super::{
    Actor, App, AppError,
    promote::{checked_reason, record},
};

/// Brings the reward model that was in use before the present one into use again. Rolling back twice goes two models
/// back.
///
/// # Errors
/// If the caller may not, gives no reason, or there is no model before.
pub async fn roll_back(app: &App, actor: &Actor, reason: &str) -> Result<Promotion, AppError> {
    actor.may(Permission::Train)?;
    let reason = checked_reason(reason)?;
    let mut tx = app.store.begin(actor.project).await?;
    tx.lock_models().await?;
    let in_use = tx.model_in_use().await?;
    let in_use = in_use.ok_or_else(|| AppError::Conflict("no model is in use yet".to_owned()))?;
    // Its promotion, and not a roll-back to it, knows what was in use before it.
    let promoted = PromotionFilter { model: Some(in_use.id), decision: Some(PromotionDecision::Promoted) };
    let promotion = tx.promotions(&promoted, PageRequest::first(1)).await?.rows.pop();
    let before = promotion.and_then(|promotion| promotion.of.previous_model);
    let before = before.ok_or_else(|| {
        AppError::Conflict(format!("there is no model before {}: promote another one instead", in_use.name))
    })?;
    let new = NewPromotion {
        model: before,
        evaluation: None,
        previous_model: Some(in_use.id),
        decision: PromotionDecision::RolledBack,
        reason,
        gate: json!({}),
        key: actor.key,
    };
    record(tx, actor, Action::ModelRolledBack, &new).await
}
