//! What experts do with the items of the weekly review that they hold, before they judge them.

use atr_core::{
    domain::{
        access::Permission,
        assignment::{Assignment, AssignmentState, RoutingReason},
        audit::Action,
    },
    ids::{AssignmentId, ExpertId},
    queue::Work,
    store::{Leaving, Tx},
};
use serde_json::json;

use super::{Actor, App, AppError, review_calendar, week};

/// Whose desk the caller works at.
///
/// # Errors
/// If they may not review, or are no expert in particular.
pub fn own_desk(actor: &Actor) -> Result<ExpertId, AppError> {
    actor.may(Permission::Review)?;
    actor.expert.ok_or_else(|| AppError::NotFound { what: "expert", name: "whose key this is".to_owned() })
}

/// An item of the caller's, whatever has become of it.
///
/// # Errors
/// If the caller is no expert, has no such item, or the database is out of reach.
pub(crate) async fn own_item(tx: &mut Tx, actor: &Actor, id: AssignmentId) -> Result<Assignment, AppError> {
    let expert = own_desk(actor)?;
    let found = tx.assignments_by_id(&[id]).await?.into_iter().find(|item| item.expert == expert);
    found.ok_or_else(|| AppError::NotFound { what: "assignment", name: id.to_string() })
}

/// Whether the caller may know what an item is for, what it is worth and what is suspected of it: who may read the project,
/// but for the items that they are to judge themselves.
pub fn sees_behind(actor: &Actor, item: &Assignment) -> bool {
    actor.may(Permission::Read).is_ok() && actor.expert != Some(item.expert)
}

/// Why an item of a domain was routed, as far as the caller may know it.
pub fn reason_for(actor: &Actor, item: &Assignment, domain: &str) -> RoutingReason {
    if sees_behind(actor, item) { item.reason.clone() } else { item.reason.for_reviewer(domain) }
}

/// Notes that the caller looks at an item that they hold, and at first what the machine suggests of it. It stays theirs for a
/// day from now at least.
///
/// # Errors
/// If the caller is no expert, or holds it no more.
pub async fn open(app: &App, actor: &Actor, id: AssignmentId) -> Result<Assignment, AppError> {
    let expert = own_desk(actor)?;
    let mut tx = app.store.begin(actor.project).await?;
    let Some(opened) = tx.open_assignment(id, expert).await? else {
        return Err(not_held(&mut tx, actor, id).await?);
    };
    if opened.opened_at == Some(tx.now())
        && let Some(suggestion) = week::suggested(&mut tx, opened.trace).await?
    {
        tx.note_suggestion(&opened, suggestion).await?;
    }
    tx.commit().await?;
    Ok(opened)
}

/// Gives back an item that the caller holds: someone else is asked.
///
/// # Errors
/// As [`open`].
pub async fn give_back(app: &App, actor: &Actor, id: AssignmentId) -> Result<Assignment, AppError> {
    let expert = own_desk(actor)?;
    let mut tx = app.store.begin(actor.project).await?;
    let Some(returned) = tx.return_assignments(expert, Leaving::One(id)).await?.pop() else {
        return Err(not_held(&mut tx, actor, id).await?);
    };
    tx.enqueue(Work::RouteCycle { cycle: returned.cycle }).await?;
    actor.note(&mut tx, Action::AssignmentReturned, id, None, Some(json!({"state": returned.state.word()}))).await?;
    tx.commit().await?;
    Ok(returned)
}

/// Gives the caller one item more in the open cycle: what is worth most of what others passed on or left.
///
/// # Errors
/// If the caller is no expert, or nothing is left that they may judge.
pub async fn take(app: &App, actor: &Actor) -> Result<Assignment, AppError> {
    let expert = own_desk(actor)?;
    let mut tx = app.store.begin(actor.project).await?;
    let cycle = review_calendar::cycle(&mut tx, None).await?.name;
    let missing = || AppError::NotFound { what: "expert", name: expert.to_string() };
    let expert = tx.experts_by_id(&[expert]).await?.pop().ok_or_else(missing)?;
    let Some(taken) = tx.take_slot(cycle, &expert).await? else {
        return Err(AppError::Conflict("nothing is left that you may judge in this cycle".to_owned()));
    };
    actor.note(&mut tx, Action::AssignmentTaken, taken.id, None, Some(json!({"state": taken.state.word()}))).await?;
    tx.commit().await?;
    Ok(taken)
}

/// Why the caller does not hold an item.
async fn not_held(tx: &mut Tx, actor: &Actor, id: AssignmentId) -> Result<AppError, AppError> {
    let why = match own_item(tx, actor, id).await?.state {
        AssignmentState::Done => "you have judged it already",
        AssignmentState::Passed => "you have passed it on",
        AssignmentState::Held | AssignmentState::Returned => {
            "you hold it no more: its time was over, or it was given back"
        }
    };
    Ok(AppError::Conflict(why.to_owned()))
}
