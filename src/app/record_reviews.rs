//! Taking in reviews.

use atr_core::{
    domain::{
        Rejection,
        access::{Permission, Role},
        intake::{BatchOutcome, Door, ItemOutcome},
        review::{DraftContent, NewReview, ReviewInput},
    },
    ids::{AssignmentId, GuidelineId},
};

use super::{Actor, App, AppError, assignments::own_item, ingest_keys::Advance, intake};

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

/// Gives the caller's review of an item of theirs: what they have written of it, by this version of the guideline.
///
/// # Errors
/// If the caller has no such item, a field is at fault, or as [`record_reviews`].
pub async fn give(
    app: &App,
    actor: &Actor,
    id: AssignmentId,
    said: DraftContent,
    guideline: Option<GuidelineId>,
) -> Result<(), AppError> {
    let mut tx = app.store.begin(actor.project).await?;
    let item = own_item(&mut tx, actor, id).await?;
    let missing = || AppError::NotFound { what: "expert", name: item.expert.to_string() };
    let expert = tx.experts_by_id(&[item.expert]).await?.pop().ok_or_else(missing)?;
    drop(tx);
    let verdict = said.verdict.ok_or_else(|| AppError::invalid("verdict", "is missing: say what you find"))?;
    let review = NewReview::try_from(ReviewInput {
        external_id: None,
        trace: Some(item.trace.to_string()),
        trace_external_id: None,
        expert: expert.handle.to_string(),
        verdict,
        severity: said.severity,
        suspect_step: said.suspect_step,
        flaw_labels: said.flaw_labels,
        corrected_answer: said.corrected_answer,
        corrected_steps: said.corrected_steps,
        citations: said.citations,
        rationale: said.rationale,
        seconds_spent: said.seconds_spent,
        attachments: vec![],
        step_marks: said.step_marks,
        claim_marks: said.claim_marks,
        guideline: guideline.map(|id| id.to_string()),
    })?;
    let outcome = record_reviews(app, actor, vec![Ok(review)], None).await?;
    match outcome.items.into_iter().next() {
        Some(ItemOutcome::Rejected { field, message } | ItemOutcome::Quarantined { field, message, .. }) => {
            Err(AppError::invalid(field, message))
        }
        _ => Ok(()),
    }
}
