//! Asking for a week's items to be routed to experts.

use atr_core::{
    domain::{access::Permission, audit::Action},
    queue::Work,
};
use chrono::NaiveDate;

use super::{Actor, App, AppError, review_calendar};

/// Asks that the items of a cycle of the weekly review be chosen and routed. Asking twice does it once more only if the
/// first is done; what is routed already stays. From the first time on, cycles open and close by themselves.
///
/// `cycle` is the name of the cycle in the project's calendar, the date on which it opens; without one it is the open one.
///
/// # Errors
/// If the caller may not, or no cycle has that name.
pub async fn route(app: &App, actor: &Actor, cycle: Option<NaiveDate>) -> Result<NaiveDate, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    let week = review_calendar::cycle(&mut tx, cycle).await?;
    let (cycle, opened) = (week.name, tx.review_cycle_open().await?.is_some());
    if !opened && week.is_open_at(tx.now()) {
        // It opens, and what opens is routed.
        tx.enqueue(Work::OpenCycle { cycle, at: week.opens_at }).await?;
    } else {
        tx.enqueue(Work::RouteCycle { cycle }).await?;
    }
    if !opened && week.opens_at > tx.now() {
        tx.open_in_time(&week).await?;
    }
    actor.note(&mut tx, Action::ReviewsRouted, cycle, None, None).await?;
    tx.commit().await?;
    Ok(cycle)
}
