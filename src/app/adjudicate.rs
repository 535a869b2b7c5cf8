//! Deciding what experts disagree on.

use atr_core::{
    domain::{
        access::Permission,
        adjudication::{Adjudication, Decision},
        audit::Action,
    },
    ids::{AdjudicationId, TraceId},
    queue::Work,
    store::Tx,
};
use serde_json::json;

use super::{Actor, App, AppError};

/// Decides a disagreement. The trace is scored by the decision, and examples are derived of the reviews that say the same.
///
/// # Errors
/// If the caller may not, judged it themselves, there is no such adjudication, it is decided, or its trace has no such step.
pub async fn decide(
    app: &App,
    actor: &Actor,
    id: AdjudicationId,
    decision: Decision,
) -> Result<Adjudication, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    let missing = || AppError::NotFound { what: "adjudication", name: id.to_string() };
    let found = tx.adjudications_by_id(&[id]).await?.pop().ok_or_else(missing)?;
    step_is_there(&mut tx, found.trace, decision.suspect_step).await?;
    let reviews = tx.latest_reviews_of_traces(&[found.trace]).await?;
    if actor.expert.is_some_and(|own| reviews.iter().any(|review| review.expert == own)) {
        return Err(AppError::Conflict("you judged it yourself: someone else decides".to_owned()));
    }
    let decided = tx
        .decide_adjudication(id, &decision, actor.expert)
        .await?
        .ok_or_else(|| AppError::Conflict("it is decided already".to_owned()))?;
    let derive = reviews.iter().map(|review| Work::DeriveReview { review: review.id });
    tx.enqueue_all(derive.chain([Work::ScoreTrace { trace: found.trace }]).collect::<Vec<_>>()).await?;
    actor.note(&mut tx, Action::Adjudicated, id, None, Some(json!(decision))).await?;
    tx.commit().await?;
    Ok(decided)
}

/// Whether the step that is said to be flawed is one of the trace's; where none is, there is nothing to look for.
///
/// # Errors
/// If the trace has no such step.
pub(super) async fn step_is_there(tx: &mut Tx, trace: TraceId, suspect_step: Option<i32>) -> Result<(), AppError> {
    let Some(place) = suspect_step else { return Ok(()) };
    let steps = tx.steps_of_traces(&[trace]).await?;
    if steps.iter().any(|step| step.ordinal == place) {
        return Ok(());
    }
    Err(AppError::invalid("suspect_step", format!("the trace has no step {place}")))
}
