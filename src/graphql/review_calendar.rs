//! When the weekly review opens and is due.

use async_graphql::{Context, Object, Result};
use atr_core::domain::calendar;
use chrono::{DateTime, NaiveDate, Utc};

use super::{fault::OrFault, session::consulting, words::Weekday};
use crate::app::review_calendar;

/// When the cycles of the weekly review open and are due.
#[derive(Debug)]
pub struct ReviewCalendar(pub(super) calendar::ReviewCalendar);

/// When the cycles of the weekly review open and are due. A cycle closes when the next one opens.
#[Object]
impl ReviewCalendar {
    /// The zone by whose clock all is meant, by its name at IANA.
    async fn time_zone(&self) -> &str {
        self.0.time_zone()
    }

    /// The day on which a cycle opens.
    async fn opens_on(&self) -> Weekday {
        self.0.opens().weekday.into()
    }

    /// The time of that day: hours and minutes.
    async fn opens_at(&self) -> String {
        self.0.opens().time.format("%H:%M").to_string()
    }

    /// The day on which a cycle is due.
    async fn due_on(&self) -> Weekday {
        self.0.due().weekday.into()
    }

    /// The time of that day: hours and minutes.
    async fn due_at(&self) -> String {
        self.0.due().time.format("%H:%M").to_string()
    }
}

/// A week of review, by the calendar.
#[derive(Debug)]
pub struct CalendarWeek(calendar::Cycle);

/// A week of review, by the calendar.
#[Object]
impl CalendarWeek {
    /// Its name: the date, by the clock of the calendar's zone, on which it opens.
    async fn name(&self) -> NaiveDate {
        self.0.name
    }

    /// From when on it is open.
    async fn opens_at(&self) -> DateTime<Utc> {
        self.0.opens_at
    }

    /// By when its reviews are wanted.
    async fn due_at(&self) -> DateTime<Utc> {
        self.0.due_at
    }

    /// From when on it is open no more.
    async fn closes_at(&self) -> DateTime<Utc> {
        self.0.closes_at
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct ReviewCalendarQuery;

#[Object]
impl ReviewCalendarQuery {
    /// When the weekly review of the project that is asked opens and is due.
    async fn review_calendar(&self, ctx: &Context<'_>) -> Result<ReviewCalendar> {
        let mut tx = consulting(ctx).await?;
        Ok(ReviewCalendar(review_calendar::calendar(&mut tx).await.or_fault()?))
    }

    /// A cycle of the weekly review, by the calendar as it is set now; the one that is open, as it was opened.
    async fn review_cycle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name, the date on which it opens; the one that is open where nothing is said.")]
        name: Option<NaiveDate>,
    ) -> Result<CalendarWeek> {
        let mut tx = consulting(ctx).await?;
        Ok(CalendarWeek(review_calendar::cycle(&mut tx, name).await.or_fault()?))
    }
}
