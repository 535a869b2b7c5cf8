//! Experts: entering, changing and listing them.

use std::collections::BTreeSet;

use atr_core::{
    domain::{
        access::Permission,
        audit::Action,
        expert::{Expert, ExpertChange, ExpertInput, ExpertKind, NewExpert},
    },
    ids::ExpertId,
    queue::Work,
    store::{ExpertFilter, Leaving, Page, PageRequest, Tx},
};
use serde_json::json;

use super::{Actor, App, AppError, review_calendar};

/// Enters an expert, to whom items are routed from then on.
///
/// # Errors
/// If the caller may not, a field is at fault, or the handle is taken.
pub async fn create(app: &App, actor: &Actor, sent: ExpertInput) -> Result<Expert, AppError> {
    enter(app, actor, sent, ExpertKind::Person).await
}

/// Enters a program that reviews, so that no row claims that a person wrote what it corrects.
///
/// # Errors
/// As [`create`].
pub async fn create_program(app: &App, actor: &Actor, sent: ExpertInput) -> Result<Expert, AppError> {
    enter(app, actor, sent, ExpertKind::Program).await
}

async fn enter(app: &App, actor: &Actor, sent: ExpertInput, kind: ExpertKind) -> Result<Expert, AppError> {
    actor.may(Permission::Administer)?;
    let wanted = NewExpert { kind, ..NewExpert::try_from(sent)? };
    let mut tx = app.store.begin(actor.project).await?;
    let expert = tx.insert_expert(&wanted).await.map_err(|error| match error.constraint() {
        Some("expert_handle_key") => {
            AppError::Conflict(format!("the handle `{}` is taken: choose another one", wanted.handle))
        }
        _ => error.into(),
    })?;
    actor.note(&mut tx, Action::ExpertEntered, expert.id, None, Some(json!(expert))).await?;
    tx.commit().await?;
    Ok(expert)
}

/// Changes what of an expert may change. The handle stays: reviews and snapshots name it.
///
/// # Errors
/// If the caller may not, a field is at fault, or there is no such expert.
pub async fn update(app: &App, actor: &Actor, expert: ExpertId, change: ExpertChange) -> Result<Expert, AppError> {
    actor.may(Permission::Administer)?;
    let change = change.checked()?;
    let mut tx = app.store.begin(actor.project).await?;
    let before = tx.experts_by_id(&[expert]).await?.pop().map(|before| json!(before));
    let changed = tx
        .update_expert(expert, &change)
        .await?
        .ok_or_else(|| AppError::NotFound { what: "expert", name: expert.to_string() })?;
    stop_asking_the_absent(&mut tx, &changed).await?;
    actor.note(&mut tx, Action::ExpertChanged, expert, before, Some(json!(changed))).await?;
    tx.commit().await?;
    Ok(changed)
}

/// Where an expert is asked no more, or is away for the rest of the open cycle, someone else gets what they hold.
async fn stop_asking_the_absent(tx: &mut Tx, expert: &Expert) -> Result<(), AppError> {
    let calendar = review_calendar::calendar(tx).await?;
    let now = tx.now();
    let mut days = calendar.days_until_due(&calendar.at(now), now);
    let is_away = |day| expert.away.iter().any(|absence| absence.covers(day));
    let first = days.next();
    if expert.active && !(first.is_some_and(is_away) && days.all(is_away)) {
        return Ok(());
    }
    let returned = tx.return_assignments(expert.id, Leaving::All).await?;
    let cycles: BTreeSet<_> = returned.iter().map(|item| item.cycle).collect();
    tx.enqueue_all(cycles.into_iter().map(|cycle| Work::RouteCycle { cycle })).await?;
    Ok(())
}

/// A page of experts.
///
/// # Errors
/// If the caller may not.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: &ExpertFilter,
    page: PageRequest,
) -> Result<Page<Expert>, AppError> {
    actor.may(Permission::Read)?;
    Ok(app.store.begin(actor.project).await?.experts(filter, page).await?)
}
