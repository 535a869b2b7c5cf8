//! The calendar of a project's weekly review: when a cycle opens, is due and closes, by the clock of a place.
//!
//! ```text
//! opens ───────────────▶ due ─────▶ closes
//! Monday 00:00      Friday 17:00    which is when the next opens
//! ```
//!
//! Clocks are set forward and back. A local time stands for the first instant at which the clock of the zone shows it, or,
//! where it is skipped, a later one: a time that is shown twice is the earlier of the two, and one that is never shown is
//! the first instant after the gap. That keeps the order of local times, so that cycles follow each other without gap or
//! overlap whatever a zone did, even where it skipped a day.
//!
//! The rules of the zones are IANA's, as the crate chrono-tz has them: to the end of 2099, and the same ever after.

use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Rejection, words};

words! {
    /// A day of the week, in the order of ISO 8601.
    Weekday {
        /// The first.
        Monday = "monday",
        /// The second.
        Tuesday = "tuesday",
        /// The third.
        Wednesday = "wednesday",
        /// The fourth.
        Thursday = "thursday",
        /// The fifth.
        Friday = "friday",
        /// The sixth.
        Saturday = "saturday",
        /// The seventh.
        Sunday = "sunday",
    }
}

impl Weekday {
    /// The weekday of a date.
    pub fn of(date: NaiveDate) -> Self {
        Self::ALL[date.weekday().num_days_from_monday() as usize]
    }

    /// How many days it comes after another, 0 to 6.
    fn days_after(self, other: Self) -> u64 {
        (self as u64 + 7 - other as u64) % 7
    }

    /// The last such day up to a date, the date itself included.
    fn up_to(self, date: NaiveDate) -> NaiveDate {
        date - Days::new(Self::of(date).days_after(self))
    }
}

/// A local time that comes once a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekTime {
    /// Its day.
    pub weekday: Weekday,
    /// Its time of day, in whole minutes.
    pub time: NaiveTime,
}

/// When the cycles of a project's weekly review open and are due. Stored as a [`CalendarChange`] that gives every field.
///
/// The default is Monday 00:00 and Friday 17:00, by UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CalendarChange", into = "CalendarChange")]
pub struct ReviewCalendar {
    zone: Tz,
    opens: WeekTime,
    due: WeekTime,
}

/// What is to change of a calendar, as sent; what is not given stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CalendarChange {
    /// The zone by whose clock all is meant, by its name at IANA: `Europe/Berlin`, `UTC`.
    pub time_zone: Option<String>,
    /// The day on which a cycle opens.
    pub opens_on: Option<Weekday>,
    /// The time of that day, in hours and minutes: `00:00` to `23:59`.
    #[schemars(regex(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub opens_at: Option<String>,
    /// The day on which it is due. Where day and time are those of the opening, it is due when it closes.
    pub due_on: Option<Weekday>,
    /// The time of that day, in hours and minutes: `00:00` to `23:59`.
    #[schemars(regex(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub due_at: Option<String>,
}

/// A week of review. It is open from `opens_at`, and no longer at `closes_at`, when the next one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cycle {
    /// Its name: the date, by the zone's clock, on which it was to open. Where the zone skipped that day it is the skipped
    /// one all the same, so that each name is seven days after the last.
    pub name: NaiveDate,
    /// From when on it is open.
    pub opens_at: DateTime<Utc>,
    /// By when its reviews are wanted: not before `opens_at`, and not after `closes_at`.
    pub due_at: DateTime<Utc>,
    /// From when on it is open no more.
    pub closes_at: DateTime<Utc>,
}

impl Cycle {
    /// Whether it is open at an instant.
    pub fn is_open_at(&self, instant: DateTime<Utc>) -> bool {
        (self.opens_at..self.closes_at).contains(&instant)
    }
}

/// The days of a week.
const WEEK: Days = Days::new(7);

impl Default for ReviewCalendar {
    fn default() -> Self {
        let five = NaiveTime::MIN + TimeDelta::hours(17);
        Self {
            zone: Tz::UTC,
            opens: WeekTime { weekday: Weekday::Monday, time: NaiveTime::MIN },
            due: WeekTime { weekday: Weekday::Friday, time: five },
        }
    }
}

impl ReviewCalendar {
    /// The calendar with what is to change.
    ///
    /// # Errors
    /// Names the field that is no zone or no time of day.
    pub fn with(self, change: CalendarChange) -> Result<Self, Rejection> {
        let time = |field, sent: Option<String>, before: WeekTime| match sent {
            Some(text) => time_of_day(field, &text),
            None => Ok(before.time),
        };
        Ok(Self {
            zone: change.time_zone.map_or(Ok(self.zone), |name| zone(&name))?,
            opens: WeekTime {
                weekday: change.opens_on.unwrap_or(self.opens.weekday),
                time: time("opens_at", change.opens_at, self.opens)?,
            },
            due: WeekTime {
                weekday: change.due_on.unwrap_or(self.due.weekday),
                time: time("due_at", change.due_at, self.due)?,
            },
        })
    }

    /// The name of its zone at IANA.
    pub fn time_zone(&self) -> &'static str {
        self.zone.name()
    }

    /// When a cycle opens.
    pub fn opens(&self) -> WeekTime {
        self.opens
    }

    /// When it is due.
    pub fn due(&self) -> WeekTime {
        self.due
    }

    /// The cycle that is open at an instant: there is exactly one.
    ///
    /// # Panics
    /// Within three weeks of the first and last instants that chrono knows, in the years -262143 and 262142.
    pub fn at(&self, instant: DateTime<Utc>) -> Cycle {
        let mut name = self.opens.weekday.up_to(instant.with_timezone(&self.zone).date_naive());
        // On the day of the opening it may be before the hour; and a clock that is set back over the opening shows the day
        // before although the cycle is open.
        while self.opening(name) > instant {
            name = name - WEEK;
        }
        while self.opening(name + WEEK) <= instant {
            name = name + WEEK;
        }
        self.cycle(name)
    }

    /// The cycle of a name.
    ///
    /// # Errors
    /// If it is no date on which a cycle opens, or not of the years 1 to 9999.
    pub fn named(&self, name: NaiveDate) -> Result<Cycle, Rejection> {
        if !(1..=9999).contains(&name.year()) {
            return Err(Rejection::new("cycle", format!("{name} is out of range: give a date of the years 1 to 9999")));
        }
        let right = self.opens.weekday.up_to(name);
        if right != name {
            let message = format!(
                "{name} is a {}: name a cycle by the {} on which it opens, such as {right}",
                name.format("%A"),
                right.format("%A")
            );
            return Err(Rejection::new("cycle", message));
        }
        Ok(self.cycle(name))
    }

    /// The days, by the zone's clock, of a cycle from an instant until it is due: the one of the instant, or of the opening
    /// where that is later, to the one of the due time. None where that is past.
    pub fn days_until_due(&self, cycle: &Cycle, from: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> + use<> {
        let day = |at: DateTime<Utc>| at.with_timezone(&self.zone).date_naive();
        let (first, last) = (day(from.max(cycle.opens_at)), day(cycle.due_at));
        first.iter_days().take_while(move |day| *day <= last)
    }

    /// A cycle that was opened by another calendar and is open at an instant, by this one: where it has one of that name, that is
    /// due and closes as it does; else it closes when the one closes that is open at the instant.
    ///
    /// # Panics
    /// As [`at`](Self::at).
    pub fn moved(&self, cycle: &Cycle, at: DateTime<Utc>) -> Cycle {
        let by = self.named(cycle.name).unwrap_or_else(|_| self.at(at));
        let closes_at = by.closes_at.max(cycle.opens_at);
        Cycle { due_at: by.due_at.clamp(cycle.opens_at, closes_at), closes_at, ..*cycle }
    }

    /// The cycle that is open from when another closes.
    ///
    /// # Panics
    /// As [`at`](Self::at).
    pub fn next(&self, cycle: &Cycle) -> Cycle {
        self.at(cycle.closes_at)
    }

    /// The cycle that is open until another opens.
    ///
    /// # Panics
    /// As [`at`](Self::at).
    pub fn previous(&self, cycle: &Cycle) -> Cycle {
        self.at(cycle.opens_at - TimeDelta::nanoseconds(1))
    }

    fn cycle(&self, name: NaiveDate) -> Cycle {
        let mut days = self.due.weekday.days_after(self.opens.weekday);
        if days == 0 && self.due.time <= self.opens.time {
            days = 7;
        }
        Cycle {
            name,
            opens_at: self.opening(name),
            due_at: self.first_showing((name + Days::new(days)).and_time(self.due.time)),
            closes_at: self.opening(name + WEEK),
        }
    }

    /// When the cycle of a name opens.
    fn opening(&self, name: NaiveDate) -> DateTime<Utc> {
        self.first_showing(name.and_time(self.opens.time))
    }

    /// The first instant at which the clock of the zone shows a local time, or a later one where it is skipped.
    fn first_showing(&self, local: NaiveDateTime) -> DateTime<Utc> {
        match self.zone.from_local_datetime(&local) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
            LocalResult::None => {
                // The gap begins where the old offset ends, which is the instant at which the new one holds.
                let gap = GapInfo::new(&local, &self.zone).and_then(|gap| gap.begin);
                let (shown, offset) = gap.expect("a local time that is never shown lies in a gap");
                (shown - chrono::Offset::fix(&offset)).and_utc()
            }
        }
    }
}

impl TryFrom<CalendarChange> for ReviewCalendar {
    type Error = Rejection;
    /// The default calendar with the change.
    fn try_from(sent: CalendarChange) -> Result<Self, Rejection> {
        Self::default().with(sent)
    }
}

impl From<ReviewCalendar> for CalendarChange {
    fn from(calendar: ReviewCalendar) -> Self {
        let time = |at: WeekTime| Some(at.time.format("%H:%M").to_string());
        Self {
            time_zone: Some(calendar.time_zone().to_owned()),
            opens_on: Some(calendar.opens.weekday),
            opens_at: time(calendar.opens),
            due_on: Some(calendar.due.weekday),
            due_at: time(calendar.due),
        }
    }
}

/// What of a text is told again to its sender.
fn quoted(text: &str) -> String {
    text.chars().take(60).collect()
}

fn zone(name: &str) -> Result<Tz, Rejection> {
    name.parse().map_err(|_| {
        let message = format!(
            "`{}` is no IANA time zone: give a name with its capitals, such as Europe/Berlin, America/New_York or UTC",
            quoted(name)
        );
        Rejection::new("time_zone", message)
    })
}

fn time_of_day(field: &str, text: &str) -> Result<NaiveTime, Rejection> {
    // chrono alone would take signs, spaces and single digits.
    let digits = text.len() == 5 && text.bytes().enumerate().all(|(at, byte)| at == 2 || byte.is_ascii_digit());
    digits.then(|| NaiveTime::parse_from_str(text, "%H:%M").ok()).flatten().ok_or_else(|| {
        let message = format!("`{}` is no time of day: give hours and minutes, 00:00 to 23:59", quoted(text));
        Rejection::new(field, message)
    })
}

#[cfg(test)]
mod tests;
