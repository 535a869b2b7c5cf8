//! The weekly review as it goes by itself, and how experts' time is divided in it.

use atr_core::{domain::access::Role, queue::Stage};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{otlp::work, panel::Panel, world::body_of};

/// A panel of two with traces that can be routed.
async fn panel(traces: usize) -> Panel {
    let panel = Panel::of(2).await;
    for n in 0..traces {
        panel.trace(&format!("t{n}")).await;
    }
    work(&panel.world, &[Stage::Verify, Stage::Score]).await;
    panel
}

/// Lets the clock go on to a time, and does what is due then.
async fn until(panel: &Panel, time: &str) {
    let time: DateTime<Utc> = time.parse().expect("a time");
    let clock = &panel.world.database.clock;
    clock.advance(time - clock.now());
    sqlx::query("update task set state = 'available' where state = 'scheduled'")
        .execute(&panel.world.database.owner)
        .await
        .expect("what waits for its time");
    work(&panel.world, &[Stage::Route]).await;
}

async fn asked(panel: &Panel, key: &str, of: &str) -> Value {
    let answer = panel.world.graphql(key, &format!("{{ {of} }}")).await;
    assert!(answer.get("errors").is_none(), "{answer:#}");
    answer["data"].clone()
}

/// A page of the console.
async fn read(panel: &Panel, page: &str, key: &str) -> String {
    let request = Request::get(page).header(header::AUTHORIZATION, format!("Bearer {key}"));
    let answer = panel.world.ask(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status(), StatusCode::OK, "{page}");
    String::from_utf8(body_of(answer).await.into()).expect("text")
}

const CYCLES: &str = "reviewCycles { edges { node { id cycle state closesAt closedAt report {
    items { given done passed returned leftOver carriedOver } experts { expert { handle } items { done leftOver } }
    domains { name traces reviewed } flaws { name } models { model { name } traces reviewed }
    agreement { question ratings alpha { value undefined } } } } } }";

#[tokio::test]
async fn once_a_week_is_routed_weeks_open_and_close_by_themselves_and_each_is_told_with_what_came_of_it() {
    let panel = panel(3).await;
    let routed = panel.admin_does("routeReviews", "status cycle").await;
    assert_eq!(routed, json!({"status": "DONE", "cycle": "2026-11-23"}));
    work(&panel.world, &[Stage::Route]).await;
    let open = asked(&panel, &panel.admin, CYCLES).await["reviewCycles"]["edges"].clone();
    assert_eq!((open.as_array().map(Vec::len), &open[0]["node"]["state"]), (Some(1), &json!("OPEN")), "{open:#}");
    assert_eq!(open[0]["node"]["report"], Value::Null);

    // The calendar is changed: the open one ends by it, and so does what experts hold.
    let change = r#"changeReviewCalendar(opensOn: FRIDAY, dueOn: THURSDAY)"#;
    assert_eq!(panel.admin_does(change, "status").await["status"], "DONE");
    let held = "assignments { edges { node { leasedUntil trace { id } expert { handle } } } } reviewCycles { edges { node { closesAt } } }";
    let told = asked(&panel, &panel.admin, held).await;
    let friday = json!("2026-11-27T00:00:00+00:00");
    assert_eq!(told["reviewCycles"]["edges"][0]["node"]["closesAt"], friday);
    let items: Vec<&Value> =
        told["assignments"]["edges"].as_array().expect("items").iter().map(|edge| &edge["node"]).collect();
    assert!(items.len() >= 3 && items.iter().all(|item| item["leasedUntil"] == friday), "{told:#}");
    let trace = items[0]["trace"]["id"].as_str().expect("an id").parse().expect("an id");
    let expert = usize::from(items[0]["expert"]["handle"] == "expert-1");
    let said = json!({"verdict": "incorrect", "flaw_labels": ["wrong_symbol"]});
    assert_eq!(panel.judges(expert, trace, said).await["status"], "stored");

    until(&panel, "2026-11-27T00:00:05Z").await;
    let told = asked(&panel, &panel.admin, CYCLES).await["reviewCycles"]["edges"].clone();
    let states: Vec<_> =
        told.as_array().expect("cycles").iter().map(|of| (&of["node"]["cycle"], &of["node"]["state"])).collect();
    assert_eq!(states, [(&json!("2026-11-27"), &json!("OPEN")), (&json!("2026-11-23"), &json!("CLOSED"))]);
    let report = &told[1]["node"]["report"];
    let given = items.len();
    let counts =
        json!({"given": given, "done": 1, "passed": 0, "returned": 0, "leftOver": given - 1, "carriedOver": 0});
    assert_eq!(report["items"], counts);
    assert_eq!(report["domains"], json!([{"name": "chemistry", "traces": 3, "reviewed": 1}]));
    assert_eq!(report["models"], json!([{"model": {"name": "m"}, "traces": 3, "reviewed": 1}]));
    assert_eq!(report["flaws"], json!([{"name": "wrong_symbol"}]));
    let verdict =
        json!({"question": "VERDICT", "ratings": 1, "alpha": {"value": null, "undefined": "TOO_FEW_RATINGS"}});
    assert_eq!(report["agreement"][0], verdict);
    assert!(report["experts"].as_array().is_some_and(|experts| !experts.is_empty()));

    // Who did how much is told to leads alone; and what is left goes on with who had it.
    let auditor = panel.world.key(Role::Auditor, None).await;
    let told = asked(&panel, &auditor, CYCLES).await["reviewCycles"]["edges"][1]["node"].clone();
    assert_eq!((&told["report"]["experts"], &told["report"]["items"]), (&Value::Null, &counts));
    let node = asked(
        &panel,
        &auditor,
        &format!(r#"node(id: "{}") {{ ... on ReviewCycle {{ cycle }} }}"#, told["id"].as_str().expect("an id")),
    )
    .await;
    assert_eq!(node["node"]["cycle"], "2026-11-23");
    let page = format!("/people/weeks/{}", told["id"].as_str().expect("an id"));
    for (key, sees_experts) in [(&panel.admin, true), (&auditor, false)] {
        let list = read(&panel, "/people/weeks", key).await;
        assert!(list.contains(&page) && list.contains("Week of"), "{list}");
        let page = read(&panel, &page, key).await;
        assert!(page.contains("wrong_symbol") && page.contains("chemistry"), "{page}");
        assert_eq!(page.contains("expert-"), sees_experts, "{page}");
    }
    let next = r#"assignments(filter: {cycle: "2026-11-27"}) { edges { node { reason { carriedOver words } } } }"#;
    let next = asked(&panel, &panel.admin, next).await["assignments"]["edges"].clone();
    let words = |of: &Value| of["node"]["reason"]["words"].as_str().map(|words| words.starts_with("left over"));
    assert!(
        next.as_array().is_some_and(|items| items.len() >= 2 && items.iter().all(|item| words(item) == Some(true))),
        "{next:#}"
    );
}

#[tokio::test]
async fn a_calendar_that_is_changed_begins_the_weekly_review_of_a_project_with_its_next_week() {
    let panel = panel(1).await;
    assert_eq!(
        panel.admin_does(r#"changeReviewCalendar(timeZone: "Europe/Berlin")"#, "status").await["status"],
        "DONE"
    );
    work(&panel.world, &[Stage::Route]).await;
    assert_eq!(asked(&panel, &panel.admin, CYCLES).await["reviewCycles"]["edges"], json!([]));
    until(&panel, "2026-11-29T23:00:00Z").await;
    let told = asked(&panel, &panel.admin, CYCLES).await["reviewCycles"]["edges"][0]["node"].clone();
    assert_eq!((&told["cycle"], &told["closesAt"]), (&json!("2026-11-30"), &json!("2026-12-06T23:00:00+00:00")));
    let items =
        asked(&panel, &panel.admin, "assignments { edges { node { cycle } } }").await["assignments"]["edges"].clone();
    assert_eq!(items[0]["node"]["cycle"], "2026-11-30", "{items:#}");
}

#[tokio::test]
async fn how_experts_time_is_divided_is_the_projects_own_and_a_share_beyond_1_is_refused() {
    let panel = Panel::of(0).await;
    let shares = "doubleBlindShare goldShare explorationShare domainFloor";
    let before = asked(&panel, &panel.admin, &format!("routingPolicy {{ {shares} }}")).await;
    let policy = json!({"doubleBlindShare": 0.1, "goldShare": 0.05, "explorationShare": 0.1, "domainFloor": 0.5});
    assert_eq!(before["routingPolicy"], policy, "that of the program is that of the database");
    let changed =
        panel.admin_does("changeRoutingPolicy(goldShare: 0.2)", &format!("status policy {{ {shares} }}")).await;
    let policy = json!({"doubleBlindShare": 0.1, "goldShare": 0.2, "explorationShare": 0.1, "domainFloor": 0.5});
    assert_eq!(changed, json!({"status": "DONE", "policy": policy}));
    let refused = panel.admin_does("changeRoutingPolicy(domainFloor: 1.5)", "status field policy { goldShare }").await;
    assert_eq!(refused, json!({"status": "INVALID", "field": "domainFloor", "policy": null}));
    let log = "auditEntries(filter: {action: ROUTING_POLICY_CHANGED}) { edges { node { subject } } }";
    let log = asked(&panel, &panel.admin, log).await;
    let project = panel.world.database.project;
    assert_eq!(log["auditEntries"]["edges"], json!([{"node": {"subject": project.to_string()}}]));
    assert_eq!(asked(&panel, &panel.admin, "routingPolicy { goldShare }").await["routingPolicy"]["goldShare"], 0.2);
}
