//! When the weekly review of a project opens and is due.

use atr_core::{
    domain::{
        access::Permission,
        audit::Action,
        calendar::{CalendarChange, Cycle, ReviewCalendar},
    },
    store::Tx,
};
use chrono::NaiveDate;
use serde_json::json;

use super::{Actor, App, AppError};

/// The calendar of the project that a transaction is open for.
///
/// # Errors
/// If there is no such project.
pub async fn calendar(tx: &mut Tx) -> Result<ReviewCalendar, AppError> {
    let project = tx.project().to_string();
    tx.review_calendar().await?.ok_or(AppError::NotFound { what: "project", name: project })
}

/// The cycle of this name in the calendar of the project that a transaction is open for; without a name, the one that is
/// open now: as it was opened, even if the calendar has others since, else as the calendar has it.
///
/// # Errors
/// If no cycle has that name: the error says which date names the week.
pub async fn cycle(tx: &mut Tx, name: Option<NaiveDate>) -> Result<Cycle, AppError> {
    let calendar = calendar(tx).await?;
    let now = tx.now();
    Ok(match name {
        Some(name) => calendar.named(name)?,
        None => {
            let opened = tx.review_cycle_open().await?.map(|open| open.cycle);
            opened.filter(|cycle| cycle.is_open_at(now)).unwrap_or_else(|| calendar.at(now))
        }
    })
}

/// Changes the calendar; what is not given stays. Cycles from then on are told by it, and open and close by themselves; one
/// that is open closes when the calendar has it now.
///
/// # Errors
/// If the caller may not, or a field is no time zone or no time of day.
pub async fn change(app: &App, actor: &Actor, change: CalendarChange) -> Result<ReviewCalendar, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    tx.hold_settings().await?;
    let before = calendar(&mut tx).await?;
    let calendar = before.with(change)?;
    if calendar != before {
        tx.set_review_calendar(&calendar).await?;
        let (before, after) = (Some(json!(before)), Some(json!(calendar)));
        actor.note(&mut tx, Action::ReviewCalendarChanged, actor.project, before, after).await?;
        follow(&mut tx, &calendar).await?;
        tx.commit().await?;
    }
    Ok(calendar)
}

/// Lets the cycles follow the calendar: the open one closes by it, or else the next one opens by it.
async fn follow(tx: &mut Tx, calendar: &ReviewCalendar) -> Result<(), AppError> {
    let now = tx.now();
    match tx.review_cycle_open().await? {
        Some(open) => {
            let moved = calendar.moved(&open.cycle, now);
            tx.move_review_cycle(&moved).await?;
            tx.close_in_time(&moved).await?;
        }
        None => tx.open_in_time(&calendar.next(&calendar.at(now))).await?,
    }
    Ok(())
}
