//! The calendar of the weekly review: who reads it, who changes it, and what week it is by it.

use atr_core::domain::access::Role;
use serde_json::json;

use crate::world::World;

const CALENDAR: &str = "timeZone opensOn opensAt dueOn dueAt";

#[tokio::test]
async fn weeks_open_on_monday_and_are_due_on_friday_by_utc_until_a_project_says_otherwise() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let asked = format!("{{ reviewCalendar {{ {CALENDAR} }} reviewCycle {{ name opensAt dueAt closesAt }} }}");
    let before = world.graphql(&admin, &asked).await["data"].clone();
    assert_eq!(
        before["reviewCalendar"],
        json!({"timeZone": "UTC", "opensOn": "MONDAY", "opensAt": "00:00", "dueOn": "FRIDAY", "dueAt": "17:00"})
    );
    assert_eq!(
        before["reviewCycle"],
        json!({"name": "2026-11-23", "opensAt": "2026-11-23T00:00:00+00:00", "dueAt": "2026-11-27T17:00:00+00:00",
               "closesAt": "2026-11-30T00:00:00+00:00"})
    );
    let change = format!(
        r#"mutation {{ changeReviewCalendar(timeZone: "Europe/Berlin", opensOn: WEDNESDAY, opensAt: "09:00")
            {{ status calendar {{ {CALENDAR} }} }} }}"#
    );
    let changed = world.graphql(&admin, &change).await["data"]["changeReviewCalendar"].clone();
    let calendar = json!({"timeZone": "Europe/Berlin", "opensOn": "WEDNESDAY", "opensAt": "09:00", "dueOn": "FRIDAY", "dueAt": "17:00"});
    assert_eq!(changed, json!({"status": "DONE", "calendar": calendar}));
    // Across the end of summer time, 25 October 2026 in Berlin: the hours by the clock stay.
    let autumn = r#"{ reviewCycle(name: "2026-10-21") { opensAt dueAt closesAt } }"#;
    assert_eq!(
        world.graphql(&admin, autumn).await["data"]["reviewCycle"],
        json!({"opensAt": "2026-10-21T07:00:00+00:00", "dueAt": "2026-10-23T15:00:00+00:00",
               "closesAt": "2026-10-28T08:00:00+00:00"})
    );
    let log = "{ auditEntries(filter: {action: REVIEW_CALENDAR_CHANGED}) { edges { node { role } } } }";
    let log = world.graphql(&admin, log).await;
    assert_eq!(log["data"]["auditEntries"]["edges"], json!([{"node": {"role": "ADMIN"}}]), "{log:#}");
}

#[tokio::test]
async fn of_two_who_change_settings_at_once_neither_undoes_what_the_other_changed() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    // Someone holds the project until both have come.
    let mut held = world.database.owner.begin().await.expect("a transaction");
    sqlx::query("select from project for no key update").execute(&mut *held).await.expect("held");
    let change = async |argument: &str| {
        world.graphql(&admin, &format!("mutation {{ changeReviewCalendar({argument}) {{ status }} }}")).await
    };
    let release = async {
        let waiting =
            "select count(*) = 2 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&world.database.owner).await.expect("who waits") {
            tokio::task::yield_now().await;
        }
        held.commit().await.expect("let go");
    };
    tokio::join!(change(r#"opensAt: "09:00""#), change(r#"dueAt: "12:00""#), release);
    let stands = world.graphql(&admin, "{ reviewCalendar { opensAt dueAt } }").await;
    assert_eq!(stands["data"]["reviewCalendar"], json!({"opensAt": "09:00", "dueAt": "12:00"}));
}

#[tokio::test]
async fn what_is_no_zone_no_time_or_no_name_of_a_cycle_is_told_with_the_field_and_changes_nothing() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    for (arguments, field) in
        [(r#"timeZone: "Berlin/Mitte""#, "timeZone"), (r#"opensAt: "24:00""#, "opensAt"), (r#"dueAt: "noon""#, "dueAt")]
    {
        let change =
            format!("mutation {{ changeReviewCalendar({arguments}) {{ status field calendar {{ dueAt }} }} }}");
        let answer = world.graphql(&admin, &change).await;
        let refused = json!({"status": "INVALID", "field": field, "calendar": null});
        assert_eq!(answer["data"]["changeReviewCalendar"], refused, "{answer:#}");
    }
    let thursday = world.graphql(&admin, r#"{ reviewCycle(name: "2026-11-26") { name } }"#).await;
    let error = &thursday["errors"][0];
    assert_eq!((&error["extensions"]["code"], &error["path"]), (&json!("BAD_USER_INPUT"), &json!(["reviewCycle"])));
    assert!(error["message"].as_str().is_some_and(|said| said.contains("2026-11-23")), "{thursday:#}");
}

#[tokio::test]
async fn a_week_that_is_routed_is_named_by_the_day_on_which_it_opens_where_the_project_is() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let change = r#"mutation { changeReviewCalendar(timeZone: "Pacific/Auckland", opensOn: SUNDAY) { status } }"#;
    assert_eq!(world.graphql(&admin, change).await["data"]["changeReviewCalendar"]["status"], "DONE");
    let routed = world.graphql(&admin, "mutation { routeReviews { status cycle } }").await;
    let open = world.graphql(&admin, "{ reviewCycle { name } }").await["data"]["reviewCycle"]["name"].clone();
    assert_eq!(routed["data"]["routeReviews"], json!({"status": "DONE", "cycle": open}), "{routed:#}");
}
