use chrono::Timelike;
use chrono_tz::TZ_VARIANTS;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// What the clock of the calendar's zone shows.
fn shown(calendar: &ReviewCalendar, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&calendar.zone).naive_local()
}

fn calendar(change: serde_json::Value) -> ReviewCalendar {
    serde_json::from_value(change).unwrap()
}

/// The instants of a cycle, in text.
fn told(cycle: Cycle) -> [String; 3] {
    [cycle.opens_at, cycle.due_at, cycle.closes_at].map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

#[test]
fn the_default_is_the_week_of_utc_from_monday_and_due_on_friday_at_five() {
    let calendar = ReviewCalendar::default();
    let cycle = calendar.at(instant("2026-11-29T23:59:59.999999Z"));
    assert_eq!(cycle.name, day("2026-11-23"));
    assert_eq!(told(cycle), ["2026-11-23T00:00:00Z", "2026-11-27T17:00:00Z", "2026-11-30T00:00:00Z"]);
    assert_eq!(calendar.at(instant("2026-01-01T00:00:00Z")).name, day("2025-12-29"), "across years");
}

#[test]
fn in_berlin_a_week_is_an_hour_short_in_march_and_an_hour_long_in_october() {
    let berlin = calendar(json!({"time_zone": "Europe/Berlin"}));
    let told = |name| told(berlin.named(day(name)).unwrap());
    // Summer time from 29 March 2026, 02:00, to 25 October 2026, 03:00.
    assert_eq!(told("2026-03-16"), ["2026-03-15T23:00:00Z", "2026-03-20T16:00:00Z", "2026-03-22T23:00:00Z"]);
    assert_eq!(told("2026-03-23"), ["2026-03-22T23:00:00Z", "2026-03-27T16:00:00Z", "2026-03-29T22:00:00Z"]);
    assert_eq!(told("2026-03-30"), ["2026-03-29T22:00:00Z", "2026-04-03T15:00:00Z", "2026-04-05T22:00:00Z"]);
    assert_eq!(told("2026-10-19"), ["2026-10-18T22:00:00Z", "2026-10-23T15:00:00Z", "2026-10-25T23:00:00Z"]);
    assert_eq!(told("2026-10-26"), ["2026-10-25T23:00:00Z", "2026-10-30T16:00:00Z", "2026-11-01T23:00:00Z"]);
}

#[test]
fn in_new_york_a_week_changes_on_other_sundays() {
    let new_york = calendar(json!({"time_zone": "America/New_York"}));
    let told = |name| told(new_york.named(day(name)).unwrap());
    // Summer time from 8 March 2026, 02:00, to 1 November 2026, 02:00.
    assert_eq!(told("2026-03-02"), ["2026-03-02T05:00:00Z", "2026-03-06T22:00:00Z", "2026-03-09T04:00:00Z"]);
    assert_eq!(told("2026-03-09"), ["2026-03-09T04:00:00Z", "2026-03-13T21:00:00Z", "2026-03-16T04:00:00Z"]);
    assert_eq!(told("2026-10-26"), ["2026-10-26T04:00:00Z", "2026-10-30T21:00:00Z", "2026-11-02T05:00:00Z"]);
    assert_eq!(new_york.at(instant("2026-03-09T03:59:59Z")).name, day("2026-03-02"), "Sunday there");
}

#[test]
fn a_time_that_the_clock_skips_is_the_first_instant_after_the_gap() {
    // In Berlin 02:30 of 29 March 2026 is never shown: 02:00 is 03:00, at 01:00 UTC.
    let berlin = calendar(json!({"time_zone": "Europe/Berlin", "opens_on": "sunday", "opens_at": "02:30"}));
    let cycle = berlin.named(day("2026-03-29")).unwrap();
    assert_eq!(cycle.opens_at, instant("2026-03-29T01:00:00Z"));
    assert_eq!(cycle.closes_at, instant("2026-04-05T00:30:00Z"));
    assert_eq!(berlin.at(instant("2026-03-29T00:59:59Z")).name, day("2026-03-22"));
    assert_eq!(berlin.at(instant("2026-03-29T01:00:00Z")), cycle);
}

#[test]
fn a_time_that_the_clock_shows_twice_is_the_earlier() {
    // In New York 01:30 of 1 November 2026 is shown at 05:30 and at 06:30 UTC.
    let new_york = calendar(json!({"time_zone": "America/New_York", "opens_on": "sunday", "opens_at": "01:30"}));
    let cycle = new_york.named(day("2026-11-01")).unwrap();
    assert_eq!(cycle.opens_at, instant("2026-11-01T05:30:00Z"));
    assert_eq!(cycle.closes_at, instant("2026-11-08T06:30:00Z"));
    // The clock shows 01:10 once more, before the hour; the cycle is open all the same.
    assert_eq!(new_york.at(instant("2026-11-01T06:10:00Z")), cycle);
}

#[test]
fn a_clock_that_is_set_back_to_the_day_before_closes_nothing() {
    // In St. John's 00:01 of Sunday, 25 October 1987, was 23:01 of Saturday once more, at 02:31 UTC.
    let johns = calendar(json!({"time_zone": "America/St_Johns", "opens_on": "sunday"}));
    let cycle = johns.named(day("1987-10-25")).unwrap();
    assert_eq!(cycle.opens_at, instant("1987-10-25T02:30:00Z"));
    let after = instant("1987-10-25T02:35:00Z");
    assert_eq!(shown(&johns, after), day("1987-10-24").and_hms_opt(23, 5, 0).unwrap());
    assert_eq!(johns.at(after), cycle);
}

#[test]
fn a_zone_that_skips_a_whole_day_skips_no_cycle() {
    // Samoa had no 30 December 2011, a Friday: at 10:00 UTC the 29th ended and the 31st began.
    let apia = calendar(json!({
        "time_zone": "Pacific/Apia", "opens_on": "friday", "opens_at": "10:00", "due_on": "friday", "due_at": "16:00",
    }));
    let skipped = apia.named(day("2011-12-30")).unwrap();
    assert_eq!(told(skipped), ["2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2012-01-05T20:00:00Z"]);
    assert_eq!(apia.at(instant("2011-12-30T10:00:00Z")), skipped);
    assert_eq!(apia.previous(&skipped).name, day("2011-12-23"));
    assert_eq!(apia.next(&skipped).name, day("2012-01-06"));
    // A week that has the skipped day within it has six days.
    let monday = calendar(json!({"time_zone": "Pacific/Apia"})).named(day("2011-12-26")).unwrap();
    assert_eq!(monday.closes_at - monday.opens_at, TimeDelta::days(6));
    assert_eq!(monday.due_at, instant("2011-12-30T10:00:00Z"));
    // Kwajalein had no 21 August 1993, a Saturday: at 12:00 UTC the 20th ended and the 22nd began.
    let kwajalein = calendar(json!({"time_zone": "Pacific/Kwajalein", "opens_on": "saturday"}));
    let skipped = kwajalein.named(day("1993-08-21")).unwrap();
    assert_eq!(skipped.opens_at, instant("1993-08-21T12:00:00Z"));
    assert_eq!(kwajalein.at(instant("1993-08-21T11:59:59Z")).name, day("1993-08-14"));
    assert_eq!(kwajalein.at(skipped.opens_at), skipped);
}

#[test]
fn what_opens_and_is_due_at_the_same_time_is_due_when_it_closes() {
    let same = calendar(json!({"due_on": "monday", "due_at": "00:00"}));
    let cycle = same.named(day("2026-11-23")).unwrap();
    assert_eq!(cycle.due_at, cycle.closes_at);
    let later = calendar(json!({"due_on": "monday", "due_at": "00:01"})).named(day("2026-11-23")).unwrap();
    assert_eq!(later.due_at, instant("2026-11-23T00:01:00Z"));
    let wednesday = calendar(json!({"opens_on": "wednesday", "opens_at": "09:00", "due_on": "tuesday"}));
    assert_eq!(wednesday.named(day("2026-11-25")).unwrap().due_at, instant("2026-12-01T17:00:00Z"));
}

#[test]
fn a_cycle_that_is_open_closes_as_another_calendar_has_it() {
    let open = ReviewCalendar::default().named(day("2026-11-23")).unwrap();
    let now = instant("2026-11-24T09:00:00Z");
    let later = calendar(json!({"due_on": "sunday", "time_zone": "America/New_York"}));
    assert_eq!(
        told(later.moved(&open, now)),
        ["2026-11-23T00:00:00Z", "2026-11-29T22:00:00Z", "2026-11-30T05:00:00Z"],
        "of the same name"
    );
    // Cycles of this calendar have other names: Friday's is open, and closes on the next.
    let friday = calendar(json!({"opens_on": "friday", "due_on": "thursday"}));
    let moved = friday.moved(&open, now);
    assert_eq!(told(moved), ["2026-11-23T00:00:00Z", "2026-11-26T17:00:00Z", "2026-11-27T00:00:00Z"]);
    assert_eq!(friday.at(moved.closes_at).opens_at, moved.closes_at);
    let tuesday = calendar(json!({"opens_on": "tuesday", "due_on": "wednesday", "due_at": "08:00"}));
    let due = tuesday.moved(&open, now).due_at;
    assert_eq!(due, instant("2026-11-25T08:00:00Z"));
}

#[test]
fn a_name_that_is_none_is_refused_with_one_that_is() {
    let refused = ReviewCalendar::default().named(day("2026-11-24")).unwrap_err();
    assert_eq!(refused.field, "cycle");
    assert_eq!(
        refused.message,
        "2026-11-24 is a Tuesday: name a cycle by the Monday on which it opens, such as 2026-11-23"
    );
    for far in [NaiveDate::MIN, NaiveDate::MAX, day("0000-12-31"), NaiveDate::from_ymd_opt(10_000, 1, 3).unwrap()] {
        assert_eq!(ReviewCalendar::default().named(far).unwrap_err().field, "cycle", "{far}");
    }
}

#[test]
fn a_fault_names_its_field_and_the_remedy() {
    for (change, field, remedy) in [
        (json!({"time_zone": "Berlin"}), "time_zone", "Europe/Berlin"),
        (json!({"time_zone": "europe/berlin"}), "time_zone", "capitals"),
        (json!({"time_zone": ""}), "time_zone", "UTC"),
        (json!({"opens_on": "mon"}), "opens_on", "monday, tuesday"),
        (json!({"opens_at": "24:00"}), "opens_at", "00:00 to 23:59"),
        (json!({"opens_at": "9:30"}), "opens_at", "00:00 to 23:59"),
        (json!({"due_at": "+9:30"}), "due_at", "00:00 to 23:59"),
        (json!({"due_at": "12:60"}), "due_at", "00:00 to 23:59"),
        (json!({"due_at": "17:00:00"}), "due_at", "00:00 to 23:59"),
        (json!({"due_on": 5}), "due_on", "expected a string"),
        (json!({"closes_at": "00:00"}), "closes_at", "unknown field"),
    ] {
        let read = super::super::rejection::read_value::<CalendarChange>(change.clone());
        let refused = read.and_then(ReviewCalendar::try_from).unwrap_err();
        assert_eq!(refused.field, field, "{change}: {refused}");
        assert!(refused.message.contains(remedy), "{change}: {refused}");
    }
}

#[test]
fn what_is_not_changed_stays() {
    let berlin = calendar(json!({"time_zone": "Europe/Berlin", "opens_on": "tuesday", "due_at": "12:30"}));
    assert_eq!(berlin.with(CalendarChange::default()), Ok(berlin));
    let change = CalendarChange { opens_at: Some("08:15".to_owned()), ..CalendarChange::default() };
    let changed = berlin.with(change).unwrap();
    assert_eq!(
        json!(changed),
        json!({
            "time_zone": "Europe/Berlin", "opens_on": "tuesday", "opens_at": "08:15", "due_on": "friday", "due_at": "12:30",
        })
    );
}

/// A zone, an instant of 1850 to 2150, mostly close to a change of the zone's clock, and a calendar of that zone that opens
/// and is due mostly close to it too.
fn by_the_clock() -> impl Strategy<Value = (ReviewCalendar, DateTime<Utc>)> {
    let near = || -30 * 60..30 * 60i64;
    let seconds = instant("1850-01-01T00:00:00Z").timestamp()..instant("2150-01-01T00:00:00Z").timestamp();
    (0..TZ_VARIANTS.len(), seconds, near(), near(), near(), any::<bool>()).prop_map(
        |(zone, second, opens, due, at, whole_days)| {
            let calendar = ReviewCalendar { zone: TZ_VARIANTS[zone], ..ReviewCalendar::default() };
            let change = next_change(&calendar, DateTime::from_timestamp(second, 0).unwrap());
            let time = |minutes: i64| {
                let shown = shown(&calendar, change + TimeDelta::minutes(minutes));
                let time = NaiveTime::from_hms_opt(shown.hour(), shown.minute(), 0).unwrap();
                WeekTime { weekday: Weekday::of(shown.date()), time: if whole_days { NaiveTime::MIN } else { time } }
            };
            (ReviewCalendar { opens: time(opens), due: time(due), ..calendar }, change + TimeDelta::minutes(at))
        },
    )
}

/// The next instant at which the zone's clock is set, within a year; the instant itself where it is not.
fn next_change(calendar: &ReviewCalendar, from: DateTime<Utc>) -> DateTime<Utc> {
    let offset = |at: DateTime<Utc>| shown(calendar, at) - at.naive_utc();
    let days = (0..366).map(|day| from + TimeDelta::days(day));
    let Some(mut before) = days.into_iter().find(|at| offset(*at) != offset(*at + TimeDelta::days(1))) else {
        return from;
    };
    let (old, mut after) = (offset(before), before + TimeDelta::days(1));
    while after - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if offset(middle) == old { before = middle } else { after = middle }
    }
    after
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_instant_is_in_exactly_one_cycle_and_cycles_follow_each_other((calendar, at) in by_the_clock()) {
        let cycle = calendar.at(at);
        prop_assert!(cycle.is_open_at(at));
        let (previous, next) = (calendar.previous(&cycle), calendar.next(&cycle));
        prop_assert!(!previous.is_open_at(at) && !next.is_open_at(at));
        prop_assert_eq!(previous.closes_at, cycle.opens_at);
        prop_assert_eq!(next.opens_at, cycle.closes_at);
        prop_assert_eq!((previous.name + WEEK, next.name), (cycle.name, cycle.name + WEEK));
        prop_assert_eq!((calendar.next(&previous), calendar.previous(&next)), (cycle, cycle));
    }

    #[test]
    fn a_name_leads_back_to_its_cycle((calendar, at) in by_the_clock()) {
        let cycle = calendar.at(at);
        prop_assert_eq!(calendar.named(cycle.name), Ok(cycle));
        prop_assert_eq!(calendar.at(cycle.opens_at), cycle);
        prop_assert_eq!(calendar.at(cycle.closes_at - TimeDelta::nanoseconds(1)), cycle);
        for days in 1..7 {
            prop_assert!(calendar.named(cycle.name + Days::new(days)).is_err());
        }
    }

    #[test]
    fn a_cycle_opens_when_the_clock_first_shows_its_time_or_where_it_is_skipped_a_later_one((calendar, at) in by_the_clock()) {
        let cycle = calendar.at(at);
        let wanted = cycle.name.and_time(calendar.opens.time);
        let opened = shown(&calendar, cycle.opens_at);
        let never_shown = matches!(calendar.zone.from_local_datetime(&wanted), LocalResult::None);
        prop_assert_eq!(opened == wanted, !never_shown, "{}", opened);
        prop_assert!(opened >= wanted);
        // Zones' clocks were set by a day at most.
        for minutes in (0..3 * 24 * 60).step_by(15) {
            let before = cycle.opens_at - TimeDelta::nanoseconds(1) - TimeDelta::minutes(minutes);
            prop_assert!(shown(&calendar, before) < wanted, "{}", before);
        }
    }

    #[test]
    fn a_cycle_lasts_seven_days_give_or_take_what_the_clock_was_set_by((calendar, at) in by_the_clock()) {
        let cycle = calendar.at(at);
        let offset = |at: DateTime<Utc>| shown(&calendar, at) - at.naive_utc();
        // How far beyond the wanted time the clock was set where that time was skipped.
        let beyond = |at: DateTime<Utc>, name: NaiveDate| shown(&calendar, at) - name.and_time(calendar.opens.time);
        let set = offset(cycle.closes_at) - offset(cycle.opens_at);
        let skipped = beyond(cycle.closes_at, cycle.name + WEEK) - beyond(cycle.opens_at, cycle.name);
        prop_assert_eq!(cycle.closes_at - cycle.opens_at, TimeDelta::days(7) - set + skipped);
        prop_assert!((cycle.closes_at - cycle.opens_at - TimeDelta::days(7)).abs() <= TimeDelta::hours(25));
    }

    #[test]
    fn a_cycle_is_due_while_it_is_open_or_when_it_closes((calendar, at) in by_the_clock()) {
        let cycle = calendar.at(at);
        prop_assert!((cycle.opens_at..=cycle.closes_at).contains(&cycle.due_at), "{:?}", cycle);
        let due = shown(&calendar, cycle.due_at);
        let wanted = (due.time() == calendar.due.time) && Weekday::of(due.date()) == calendar.due.weekday;
        let skipped = offset_changed(&calendar, cycle.due_at);
        prop_assert!(wanted || skipped, "{}", due);
    }

    #[test]
    fn a_calendar_that_was_stored_is_read_back((calendar, _) in by_the_clock()) {
        let stored = serde_json::to_string(&calendar).unwrap();
        prop_assert_eq!(serde_json::from_str::<ReviewCalendar>(&stored).unwrap(), calendar);
    }

    #[test]
    fn no_text_makes_reading_panic(zone in any::<String>(), time in any::<String>()) {
        let sent = CalendarChange { time_zone: Some(zone), opens_at: Some(time), ..CalendarChange::default() };
        drop(ReviewCalendar::try_from(sent));
    }

    #[test]
    fn a_time_of_day_is_read_as_it_is_written(hour in 0..24u32, minute in 0..60u32) {
        let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        prop_assert_eq!(time_of_day("opens_at", &time.format("%H:%M").to_string()), Ok(time));
    }
}

/// Whether the zone's clock is set at an instant.
fn offset_changed(calendar: &ReviewCalendar, at: DateTime<Utc>) -> bool {
    let before = at - TimeDelta::nanoseconds(1);
    shown(calendar, at) - at.naive_utc() != shown(calendar, before) - before.naive_utc()
}
