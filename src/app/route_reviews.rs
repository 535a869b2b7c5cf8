//! Asking for a week's items to be routed to experts.

use atr_core::{
    domain::{access::Permission, audit::Action},
    queue::Work,
};
use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};

use super::{Actor, App, AppError};

/// Asks that the items of a week be chosen and routed. Asking twice does it once more only if the first is done;
/// what is routed already stays.
///
/// `cycle` is the Monday of the week, by UTC; without one it is this week's.
///
/// # Errors
/// If the caller may not, or `cycle` is no Monday.
pub async fn route(app: &App, actor: &Actor, cycle: Option<NaiveDate>) -> Result<NaiveDate, AppError> {
    actor.may(Permission::Administer)?;
    let cycle = cycle.unwrap_or_else(|| monday(app.store.clock().now().date_naive()));
    if cycle.weekday() != Weekday::Mon {
        return Err(AppError::invalid(
            "cycle",
            format!("{cycle} is a {}: name a week by its Monday, {}", cycle.format("%A"), monday(cycle)),
        ));
    }
    let mut tx = app.store.begin(actor.project).await?;
    tx.enqueue(Work::RouteCycle { cycle }).await?;
    actor.note(&mut tx, Action::ReviewsRouted, cycle, None, None).await?;
    tx.commit().await?;
    Ok(cycle)
}

/// The Monday of the week that a day is in.
fn monday(day: NaiveDate) -> NaiveDate {
    day - TimeDelta::days(i64::from(day.weekday().num_days_from_monday()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_its_monday_also_across_years() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(monday(day("2026-01-01")), day("2025-12-29"));
        assert_eq!(monday(day("2026-11-23")), day("2026-11-23"));
        assert_eq!(monday(day("2026-11-29")), day("2026-11-23"));
    }
}
