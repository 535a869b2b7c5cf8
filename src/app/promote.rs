//! Promoting a model by hand, whatever the gate said.

use atr_core::{
    domain::{
        access::Permission,
        audit::Action,
        evaluation::{EvaluationFilter, NewPromotion, Promotion, PromotionDecision},
        model::ModelKind,
    },
    ids::ModelVersionId,
    queue::Work,
    store::{PageRequest, Tx},
};
use serde_json::json;

use super::{Actor, App, AppError};

/// Brings a reward model into use for a reason, which is recorded with the key that asked, and has every trace scored
/// with it.
///
/// # Errors
/// If the caller may not, gives no reason, the model is not there, is no reward model of this installation, or is in
/// use already.
pub async fn promote(app: &App, actor: &Actor, model: ModelVersionId, reason: &str) -> Result<Promotion, AppError> {
    actor.may(Permission::Train)?;
    let reason = checked_reason(reason)?;
    let mut tx = app.store.begin(actor.project).await?;
    tx.lock_models().await?;
    let found = tx.models_by_id(&[model]).await?.pop();
    let found = found.ok_or_else(|| AppError::NotFound { what: "model", name: model.to_string() })?;
    if found.kind != ModelKind::RewardModel || found.artefact.is_none() {
        return Err(AppError::Conflict(format!("{} is not a reward model that was trained here", found.name)));
    }
    let in_use = tx.model_in_use().await?.map(|model| model.id);
    if in_use == Some(model) {
        return Err(AppError::Conflict(format!("{} is in use already", found.name)));
    }
    let newest = tx.evaluations(&EvaluationFilter { model: Some(model) }, PageRequest::first(1)).await?.rows.pop();
    let new = NewPromotion {
        model,
        evaluation: newest.map(|evaluation| evaluation.id),
        previous_model: in_use,
        decision: PromotionDecision::Promoted,
        reason,
        gate: json!({}),
        key: actor.key,
    };
    record(tx, actor, Action::ModelPromoted, &new).await
}

/// Records a promotion or a roll-back and has every trace scored with the model that it brings into use.
pub(super) async fn record(
    mut tx: Tx,
    actor: &Actor,
    action: Action,
    new: &NewPromotion,
) -> Result<Promotion, AppError> {
    let id = tx.add_promotion(new).await?;
    let before = new.previous_model.map(|model| json!({ "in_use": model }));
    actor.note(&mut tx, action, new.model, before, Some(json!({ "in_use": new.model, "reason": new.reason }))).await?;
    tx.enqueue(Work::ScoreAll { after: None }).await?;
    let at = tx.now();
    tx.commit().await?;
    Ok(Promotion { id, of: new.clone(), at })
}

pub(super) fn checked_reason(reason: &str) -> Result<String, AppError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 1000 || reason.contains('\0') {
        return Err(AppError::invalid("reason", "say why, in 1 to 1,000 characters"));
    }
    Ok(reason.to_owned())
}
