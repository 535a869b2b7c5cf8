//! Asking for a week's items to be routed to experts.

use atr_core::{
    domain::{access::Permission, audit::Action},
    queue::Work,
};
use chrono::NaiveDate;

use super::{Actor, App, AppError, review_calendar};

/// Asks that the items of a cycle of the weekly review be chosen and routed. Asking twice does it once more only if the
/// first is done; what is routed already stays.
///
/// `cycle` is the name of the cycle in the project's calendar, the date on which it opens; without one it is the open one.
///
/// # Errors
/// If the caller may not, or no cycle has that name.
pub async fn route(app: &App, actor: &Actor, cycle: Option<NaiveDate>) -> Result<NaiveDate, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    let cycle = review_calendar::cycle(&mut tx, cycle).await?.name;
    tx.enqueue(Work::RouteCycle { cycle }).await?;
    actor.note(&mut tx, Action::ReviewsRouted, cycle, None, None).await?;
    tx.commit().await?;
    Ok(cycle)
}
