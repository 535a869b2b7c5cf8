//! What was set aside at the doors: looked at, mended, replayed, discarded, through the API and on the command line.

use atr_core::domain::{
    access::Role,
    intake::{Balance, Door},
};
use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};

use crate::{
    process::{Installation, Result},
    world::{World, body_of},
};

fn trace(external_id: &str, answer: &str) -> Value {
    json!({"external_id": external_id, "model": "m", "query": "What is gold's symbol?", "answer": answer})
}

/// Sends lines through a door.
async fn ingest(world: &World, key: &str, door: &str, lines: &[Value]) {
    let body = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let request = Request::post(format!("/v1/ingest/{door}"))
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .body(Body::from(body))
        .expect("a request");
    let response = world.ask(request).await;
    assert!(response.status().is_success(), "{:?}", body_of(response).await);
}

/// The items that a filter leaves, newest first.
async fn items(world: &World, key: &str, filter: &str) -> Vec<Value> {
    let asked = format!(
        "{{ quarantinedItems(filter: {filter}) {{ edges {{ node {{ id door field reason content problem {{ field message }}
           resolution became discardReason resolvedAt }} }} }} }}"
    );
    let told = world.graphql(key, &asked).await;
    let edges = told["data"]["quarantinedItems"]["edges"].as_array().unwrap_or_else(|| panic!("{told:#}"));
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

async fn replay(world: &World, key: &str, arguments: &str) -> Value {
    let asked = format!(
        "mutation {{ replayQuarantined({arguments}) {{ status message field outcome {{ items {{ status id field message }} }} }} }}"
    );
    let told = world.graphql(key, &asked).await;
    assert_eq!(told["errors"], Value::Null, "{told:#}");
    told["data"]["replayQuarantined"].clone()
}

async fn balance(world: &World, door: Option<Door>) -> Balance {
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    tx.balance(door).await.expect("the balance")
}

fn id(of: &Value) -> &str {
    of["id"].as_str().expect("an id")
}

#[tokio::test]
async fn a_mended_item_is_stored_by_its_door_and_the_item_says_what_it_became() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    ingest(&world, &admin, "traces", &[trace("a", "Au"), trace("a", "Ag")]).await;
    let before = balance(&world, Some(Door::Traces)).await;
    assert_eq!(before, Balance { stored: 1, quarantined: 1, ..Balance::default() });
    let aside = items(&world, &admin, "{resolved: false}").await;
    assert_eq!((aside.len(), &aside[0]["content"]["answer"]), (1, &json!("Ag")), "{aside:#?}");
    let qua = id(&aside[0]);

    let still = replay(&world, &admin, &format!(r#"ids: ["{qua}"]"#)).await;
    let kept = &still["outcome"]["items"][0];
    assert_eq!((&kept["status"], id(kept), &kept["field"]), (&json!("QUARANTINED"), qua, &json!("external_id")));
    let broken = replay(&world, &admin, &format!(r#"ids: ["{qua}"], mended: {{external_id: "b", model: "m"}}"#)).await;
    assert_eq!(broken["outcome"]["items"][0]["field"], "query", "{broken:#}");
    let waits = items(&world, &admin, "{resolved: false}").await;
    assert_eq!((waits.len(), &waits[0]["problem"]["field"]), (1, &json!("query")), "its new problem: {waits:#?}");
    assert_eq!(waits[0]["field"], "external_id", "why it came there stays");

    let mended = format!(
        r#"ids: ["{qua}"], mended: {{external_id: "b", model: "m", query: "What is silver's symbol?", answer: "Ag"}}"#
    );
    let done = replay(&world, &admin, &mended).await;
    let became = &done["outcome"]["items"][0];
    assert_eq!(became["status"], "STORED", "{done:#}");
    let resolved = items(&world, &admin, "{resolved: true}").await;
    let resolved = resolved.first().expect("it left the quarantine");
    assert_eq!((&resolved["resolution"], &resolved["became"]), (&json!("STORED"), &became["id"]));
    assert_eq!((&resolved["content"]["answer"], &resolved["problem"]), (&json!("Ag"), &Value::Null));
    let trace = format!(r#"{{ trace(id: "{}") {{ query batch {{ replayed balance {{ received }} }} }} }}"#, id(became));
    let trace = world.graphql(&admin, &trace).await["data"]["trace"].clone();
    let expected = json!({"query": "What is silver's symbol?", "batch": {"replayed": 1, "balance": {"received": 0}}});
    assert_eq!(trace, expected);
    assert_eq!(balance(&world, Some(Door::Traces)).await, before, "a replay receives nothing");

    let again = replay(&world, &admin, &format!(r#"ids: ["{qua}"]"#)).await;
    assert_eq!(again["outcome"]["items"][0], *became, "asked again it changes nothing");
    assert_eq!(replay(&world, &admin, &mended).await["status"], "CONFLICT", "what is stored is not mended");
    let done = world.graphql(&admin, r#"{ auditEntries { edges { node { action subject } } } }"#).await;
    let noted = done["data"]["auditEntries"]["edges"].as_array().expect("a list").iter();
    let noted = noted.filter(|edge| edge["node"]["action"] == "QUARANTINE_REPLAYED" && edge["node"]["subject"] == qua);
    assert_eq!(noted.count(), 3, "each that tried something is noted: {done:#}");
}

#[tokio::test]
async fn each_day_is_accounted_for_by_door_and_a_replay_changes_no_day_before_it() {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    let days = async |arguments: &str| {
        let asked = format!(
            "{{ intakeByDay{arguments} {{ day door replayed
               balance {{ received stored duplicate quarantined filtered rejected }} }} }}"
        );
        world.graphql(&key, &asked).await
    };
    // A minute before midnight and a minute after it.
    world.database.clock.advance(chrono::TimeDelta::minutes(14 * 60 + 59));
    ingest(
        &world,
        &key,
        "traces",
        &[trace("a", "Au"), trace("a", "Au"), trace("a", "Ag"), json!({}), trace("b", "Au")],
    )
    .await;
    ingest(&world, &key, "feedback", &[json!({"external_trace": "a"})]).await;
    world.database.clock.advance(chrono::TimeDelta::minutes(2));
    ingest(&world, &key, "traces", &[trace("c", "Au")]).await;
    let row = |day: &str, door: &str, of: [i64; 6], replayed: i64| {
        let names = ["received", "stored", "duplicate", "quarantined", "filtered", "rejected"];
        let balance: serde_json::Map<_, _> =
            names.iter().zip(of).map(|(name, n)| ((*name).to_owned(), n.into())).collect();
        json!({"day": day, "door": door, "replayed": replayed, "balance": balance})
    };
    let first_day =
        [row("2026-11-24", "FEEDBACK", [1, 0, 0, 0, 0, 1], 0), row("2026-11-24", "TRACES", [5, 2, 1, 1, 0, 1], 0)];
    let told = days("").await;
    let expected = [&[row("2026-11-25", "TRACES", [1, 1, 0, 0, 0, 0], 0)], &first_day[..]].concat();
    assert_eq!(told["data"]["intakeByDay"], json!(expected), "{told:#}");
    assert_eq!(days(r#"(to: "2026-11-24")"#).await["data"]["intakeByDay"], json!(first_day));
    // All days together are what ever came in.
    assert_eq!(balance(&world, None).await.received(), 7);

    let waiting = items(&world, &key, "{resolved: false}").await;
    let mended = r#"{external_id: "d", model: "m", query: "What is silver's symbol?", answer: "Ag"}"#;
    replay(&world, &key, &format!(r#"ids: ["{}"], mended: {mended}"#, id(&waiting[0]))).await;
    assert_eq!(days(r#"(to: "2026-11-24")"#).await["data"]["intakeByDay"], json!(first_day));
    let today = days(r#"(from: "2026-11-25", to: "2026-11-25")"#).await;
    let replayed = row("2026-11-25", "TRACES", [1, 1, 0, 0, 0, 0], 1);
    assert_eq!(today["data"]["intakeByDay"], json!([replayed]));

    for wrong in [
        r#"(from: "2026-11-25", to: "2026-11-24")"#,
        r#"(from: "2026-10-25", to: "2026-11-25")"#,
        r#"(to: "-9999-01-01")"#,
    ] {
        let told = days(wrong).await;
        assert_eq!(told["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{wrong}: {told:#}");
    }
}

#[tokio::test]
async fn items_of_several_doors_are_replayed_together_each_by_its_own() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let feedback = |stars: u8| json!({"external_id": "f", "trace_external_id": "a", "stars": stars});
    let source = |title: &str| json!({"kind": "source", "external_id": "s", "publisher": "p", "title": title, "licence": "CC0-1.0", "trust_tier": "primary"});
    ingest(&world, &admin, "traces", &[trace("a", "Au"), trace("a", "Ag")]).await;
    ingest(&world, &admin, "feedback", &[feedback(2), feedback(3)]).await;
    ingest(&world, &admin, "grounding", &[source("One"), source("Two")]).await;
    let aside = items(&world, &admin, "{}").await;
    let doors: Vec<_> = aside.iter().map(|item| item["door"].as_str().expect("a door")).collect();
    assert_eq!(doors, ["GROUNDING", "FEEDBACK", "TRACES"]);
    let before = balance(&world, None).await;
    assert_eq!((before.received(), before.quarantined), (6, 3));

    let ids = aside.iter().map(|item| format!("{:?}", id(item))).collect::<Vec<_>>().join(", ");
    let told = replay(&world, &admin, &format!("ids: [{ids}]")).await;
    let told: Vec<_> = told["outcome"]["items"].as_array().expect("a list").iter().map(id).collect();
    assert_eq!(told, aside.iter().map(id).collect::<Vec<_>>(), "all stay, in the order they were named");
    assert_eq!(items(&world, &admin, "{resolved: false}").await.len(), 3);
    // What is the same as what is stored is found so.
    for (item, line, door) in [
        (
            &aside[0],
            r#"{kind: "source", external_id: "s", publisher: "p", title: "One", licence: "CC0-1.0", trust_tier: "primary"}"#,
            "GROUNDING",
        ),
        (&aside[1], r#"{external_id: "f", trace_external_id: "a", stars: 2}"#, "FEEDBACK"),
    ] {
        let told = replay(&world, &admin, &format!(r#"ids: ["{}"], mended: {line}"#, id(item))).await;
        assert_eq!(told["outcome"]["items"][0]["status"], "DUPLICATE", "{told:#}");
        let resolved = items(&world, &admin, &format!("{{resolved: true, door: {door}}}")).await;
        assert_eq!(resolved[0]["resolution"], "DUPLICATE", "{resolved:#?}");
    }
    assert_eq!(balance(&world, None).await, before);
}

#[tokio::test]
async fn what_is_discarded_stays_to_be_looked_at_with_the_reason_and_is_not_replayed() {
    let world = World::new().await;
    let (admin, sender) = (world.key(Role::Admin, None).await, world.key(Role::Ingest, None).await);
    ingest(&world, &sender, "traces", &[trace("a", "Au"), trace("a", "Ag")]).await;
    let aside = items(&world, &admin, "{field: \"external_id\"}").await;
    let qua = id(&aside[0]);
    let discard = async |reason: &str| {
        let asked = format!(
            r#"mutation {{ discardQuarantined(ids: ["{qua}"], reason: "{reason}") {{ status field items {{ resolution discardReason }} }} }}"#
        );
        world.graphql(&admin, &asked).await["data"]["discardQuarantined"].clone()
    };
    let refused = discard(" ").await;
    assert_eq!((&refused["status"], &refused["field"]), (&json!("INVALID"), &json!("reason")), "{refused:#}");
    let kept = json!([{"resolution": "DISCARDED", "discardReason": "a test of the sender"}]);
    assert_eq!(discard("a test of the sender").await["items"], kept);
    assert_eq!(discard("another").await["items"], kept, "the first reason stays");
    let told = replay(&world, &admin, &format!(r#"ids: ["{qua}"]"#)).await;
    let told = &told["outcome"]["items"][0];
    assert_eq!(told["status"], "REJECTED");
    assert!(told["message"].as_str().is_some_and(|told| told.contains("a test of the sender")), "{told:#}");
    assert_eq!(items(&world, &admin, "{resolved: true}").await.len(), 1);
    assert_eq!(items(&world, &admin, "{resolved: false}").await.len(), 0);
    assert_eq!(items(&world, &admin, "{day: \"1999-01-01\"}").await.len(), 0);
}

#[tokio::test]
async fn what_is_asked_wrongly_changes_nothing_and_names_the_argument() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let nothing = format!("qua_{}", "0".repeat(26));
    assert_eq!(replay(&world, &admin, &format!(r#"ids: ["{nothing}"]"#)).await["status"], "NOT_FOUND");
    for (arguments, field) in [
        ("ids: []".to_owned(), "ids"),
        (r#"ids: ["trc_0"]"#.to_owned(), "ids"),
        (format!("ids: [{}]", vec![format!("{nothing:?}"); 101].join(", ")), "ids"),
    ] {
        let told = replay(&world, &admin, &arguments).await;
        assert_eq!((&told["status"], &told["field"]), (&json!("INVALID"), &json!(field)), "{told:#}");
    }
    ingest(&world, &admin, "traces", &[trace("a", "1"), trace("a", "2"), trace("a", "3")]).await;
    let aside = items(&world, &admin, "{}").await;
    let told =
        replay(&world, &admin, &format!(r#"ids: ["{}", "{}"], mended: {{}}"#, id(&aside[0]), id(&aside[1]))).await;
    assert_eq!((&told["status"], &told["field"]), (&json!("INVALID"), &json!("mended")), "{told:#}");
}

#[tokio::test]
async fn one_item_that_is_replayed_by_two_at_once_is_stored_once() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    ingest(&world, &admin, "traces", &[trace("a", "Au"), trace("a", "Ag")]).await;
    let aside = items(&world, &admin, "{}").await;
    let mended = format!(r#"ids: ["{}"], mended: {{model: "m", query: "q", answer: "x"}}"#, id(&aside[0]));
    let (one, other) = tokio::join!(replay(&world, &admin, &mended), replay(&world, &admin, &mended));
    let mut statuses = [one["status"].clone(), other["status"].clone()].map(|status| status.to_string());
    statuses.sort();
    assert_eq!(statuses, ["\"CONFLICT\"", "\"DONE\""], "{one:#} {other:#}");
    let traces = world.graphql(&admin, "{ traces { edges { node { answer } } } }").await;
    assert_eq!(traces["data"]["traces"]["edges"].as_array().map(Vec::len), Some(2), "{traces:#}");
}

#[tokio::test]
async fn the_command_line_lists_shows_mends_replays_and_discards() -> Result {
    let here = Installation::new()?;
    let service = here.up(&[]).await?;
    let key = service.first_key.clone().ok_or("no key")?;
    let lines = here.data().with_file_name("lines.ndjson");
    std::fs::write(&lines, (1..=4).map(|n| trace("a", &n.to_string()).to_string() + "\n").collect::<String>())?;
    let file = lines.to_str().ok_or("a path")?;
    let sent = here.end(&["ingest", file, "--url", &service.address, "--key", &key, "--door", "traces"]).await?;
    assert_eq!(sent.code, Some(3), "{}", sent.complained);
    service.stop().await?;

    let held = here.hold_database().await?;
    let listed = here.end(&["quarantine", "list", "--kind", "traces", "--json"]).await?;
    let listed: Vec<Value> = listed.said.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!(listed.len(), 3, "{listed:#?}");
    let (newest, next) = (id(&listed[0]), id(&listed[1]));
    let shown = here.run(&["quarantine", "show", newest]).await?;
    assert_eq!((&shown["content"]["answer"], &shown["field"]), (&json!("4"), &json!("external_id")));

    let mended = here.data().with_file_name("mended.json");
    std::fs::write(&mended, trace("b", "4").to_string())?;
    let file = mended.to_str().ok_or("a path")?;
    let done = here.run(&["quarantine", "replay", newest, "--with", file]).await?;
    assert_eq!(done["status"], "stored", "{done:#}");
    assert_eq!(here.run(&["quarantine", "discard", next, "--why", "a test"]).await?["discard_reason"], "a test");
    let rest = here.end(&["quarantine", "replay", "--all", "--kind", "traces", "--json"]).await?;
    assert_eq!((rest.code, rest.said.trim()), (Some(3), r#"{"kept":1,"replayed":0}"#), "{}", rest.complained);
    assert!(rest.complained.contains("1 items tried"), "{}", rest.complained);
    let left = here.read(&["quarantine", "list"]).await?;
    assert!(left.contains("when it was tried again, external_id:"), "{left}");
    let missing = here.end(&["quarantine", "show", &format!("qua_{}", "0".repeat(26))]).await?;
    assert_eq!(missing.code, Some(1), "{}", missing.complained);
    held.stop().await
}
