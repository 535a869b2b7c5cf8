//! Decides on an evaluated model.

use atr_core::{
    domain::evaluation::{NewPromotion, PromotionDecision},
    queue::{Claim, Work},
};
use serde_json::json;

use super::gate;
use crate::{Context, StageError};

/// Decides on the evaluation of a claim. Decisions of a project wait for one another, so that each is made by what is
/// in use when it is recorded.
pub(crate) async fn run(cx: &Context, claim: &Claim) -> Result<(), StageError> {
    let Work::DecidePromotion { evaluation: id } = claim.work else {
        return Err(StageError::Lasting(format!("promote does not do {:?}", claim.work)));
    };
    let mut tx = cx.store.begin_for(claim).await?;
    tx.lock_models().await?;
    let evaluation = tx.evaluations_by_id(&[id]).await?.pop();
    let evaluation = evaluation.ok_or_else(|| StageError::Lasting(format!("there is no evaluation {id}")))?.of;
    let in_use = tx.model_in_use().await?.map(|model| model.id);
    if in_use == Some(evaluation.model) {
        // A person was quicker.
    } else if in_use != evaluation.baseline_model
        && let Some(job) = evaluation.job
    {
        // Another model came into use meanwhile: this one must be held against that.
        tracing::info!(model = %evaluation.model, "the model in use has changed: evaluating again");
        tx.enqueue(Work::EvaluateJob { job }).await?;
    } else {
        let verdict = gate::decide(evaluation.questions, &evaluation.measures);
        let decision = if verdict.promoted { PromotionDecision::Promoted } else { PromotionDecision::Refused };
        tracing::info!(model = %evaluation.model, %decision, reason = verdict.reason, "the gate has decided");
        let promotion = NewPromotion {
            model: evaluation.model,
            evaluation: Some(id),
            previous_model: in_use,
            decision,
            reason: verdict.reason,
            gate: json!(verdict.seen),
            key: None,
        };
        tx.add_promotion(&promotion).await?;
        if verdict.promoted {
            tx.enqueue(Work::ScoreAll { after: None }).await?;
        }
    }
    tx.succeed(claim).await?;
    Ok(tx.commit().await?)
}
