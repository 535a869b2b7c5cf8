//! The doors for lines: what goes in, what the sender is told, and what happens when something breaks.

use std::io;

use atr_core::{
    domain::{
        access::Role,
        intake::{Balance, Door},
    },
    store::{PageRequest, TraceFilter},
};
use axum::{
    body::{Body, Bytes},
    http::{Request, Response, StatusCode, header, request},
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::world::{World, body_of};

const NDJSON: &str = "application/x-ndjson";

fn post(path: &str, key: &str) -> request::Builder {
    Request::post(path).header(header::AUTHORIZATION, format!("Bearer {key}")).header(header::CONTENT_TYPE, NDJSON)
}

fn trace(external_id: &str, answer: &str) -> String {
    json!({"external_id": external_id, "model": "m", "query": "What is gold's symbol?", "answer": answer}).to_string()
}

async fn json_of(response: Response<Body>) -> Value {
    serde_json::from_slice(&body_of(response).await).expect("JSON")
}

async fn lines_of(response: Response<Body>) -> Vec<Value> {
    let body = body_of(response).await;
    let lines = std::str::from_utf8(&body).expect("text").lines();
    lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// A body that the test sends piece by piece.
fn piecemeal() -> (mpsc::Sender<io::Result<Bytes>>, Body) {
    let (send, receive) = mpsc::channel(1);
    (send, Body::from_stream(stream::unfold(receive, async |mut from| Some((from.recv().await?, from)))))
}

async fn send(to: &mut mpsc::Sender<io::Result<Bytes>>, text: String) {
    to.send(Ok(text.into())).await.expect("the door reads");
}

async fn balance(world: &World) -> Balance {
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    tx.balance(Some(Door::Traces)).await.expect("the balance")
}

#[tokio::test]
async fn good_lines_go_in_and_bad_ones_are_told_by_number_field_and_remedy() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let far = json!({"model": "m", "query": "q", "answer": "a", "occurred_at": "2026-12-24T09:00:00Z"}).to_string();
    let strange = json!({"model": "m", "query": "q", "answer": "a", "steps": [{"text": "t", "rests_on": ["x"]}]});
    let surrogate = r#"{"model": "m", "query": "\ud800", "answer": "a"}"#;
    let huge = json!({"model": "m", "query": "q", "answer": "x".repeat(10_000_000)}).to_string();
    let lines = [
        trace("one", "Au").as_str(),
        "",
        "not json\r",
        &trace("one", "Au"),
        &trace("one", "Ag"),
        &far,
        &strange.to_string(),
        surrogate,
        &huge,
        r#"{"model": "m", "query": "q", "answer": "a\u0000"}"#,
        r#"{"model": "m", "query": "q"}"#,
        &trace("two", "Au"),
    ]
    .join("\n");
    let response = world.ask(post("/v1/ingest/traces", &key).body(Body::from(lines)).expect("a request")).await;
    assert_eq!(response.status(), StatusCode::OK);
    let summary = json_of(response).await;
    let count = |name: &str| summary[name].as_i64();
    assert_eq!(count("received"), Some(11));
    assert_eq!((count("stored"), count("duplicates")), (Some(2), Some(1)));
    assert_eq!((count("quarantined"), count("filtered"), count("rejected")), (Some(1), Some(0), Some(7)));
    let errors: Vec<_> = summary["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|error| (error["line"].as_u64().expect("a number"), error["field"].as_str().expect("a field")))
        .collect();
    let expected = [
        (3, "."),
        (5, "external_id"),
        (6, "occurred_at"),
        (7, "steps[0].rests_on[0]"),
        (8, "query"),
        (9, "."),
        (10, "answer"),
        (11, "answer"),
    ];
    assert_eq!(errors, expected, "{summary:#}");
    let remedies = [
        (5, "send what has changed under an external_id of its own"),
        (7, "name a step of this trace"),
        (10, "remove it"),
    ];
    for (line, remedy) in remedies {
        let told = summary["errors"].as_array().and_then(|errors| errors.iter().find(|error| error["line"] == line));
        let message = told.and_then(|error| error["message"].as_str()).unwrap_or_default();
        assert!(message.contains(remedy), "line {line}: {message}");
    }
    assert_eq!(count("errors_left_out"), Some(0));
    let kept = Balance { stored: 2, duplicate: 1, quarantined: 1, filtered: 0, rejected: 7 };
    assert_eq!(balance(&world).await, kept);
}

#[tokio::test]
async fn asked_for_by_name_each_line_has_its_answer() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let lines = format!("{}\r\n\r\n{}\n{}\nnothing", trace("a", "Au"), trace("a", "Au"), trace("a", "Ag"));
    let request = post("/v1/ingest/traces", &key).header(header::ACCEPT, NDJSON).body(Body::from(lines));
    let response = world.ask(request.expect("a request")).await;
    assert_eq!(response.headers().get(header::CONTENT_TYPE).map(|kind| kind.as_bytes()), Some(NDJSON.as_bytes()));
    let answers = lines_of(response).await;
    let told: Vec<_> = answers.iter().map(|answer| (answer["line"].clone(), answer["status"].clone())).collect();
    let expected = [(1, "stored"), (3, "duplicate"), (4, "quarantined"), (5, "rejected")];
    assert_eq!(told, expected.map(|(line, status)| (json!(line), json!(status))));
    assert_eq!(answers[0]["id"], answers[1]["id"]);
    assert!(answers[2]["id"].as_str().is_some_and(|id| id.starts_with("qua_")), "{answers:?}");
    assert_eq!(answers[2]["error"]["field"], "external_id");
    assert!(answers[3]["error"]["message"].as_str().is_some_and(|told| told.contains("JSON")), "{answers:?}");
}

#[tokio::test]
async fn every_number_is_read_back_as_it_was_sent_the_largest_too() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let numbers = [f64::MAX, f64::MIN, 1.797_693_134_862_315e308, f64::MIN_POSITIVE, 5e-324, 0.1 + 0.2, -1e16 / 3.0];
    let signals: Value = numbers.iter().enumerate().map(|(at, n)| (format!("n{at}"), json!(n))).collect();
    let line = json!({"model": "m", "query": "q", "answer": "a", "signals": signals}).to_string();
    let request = post("/v1/ingest/traces", &key).body(Body::from(line)).expect("a request");
    let summary = json_of(world.ask(request).await).await;
    assert_eq!(summary["stored"], 1, "{summary:#}");
    let read = world.graphql(&key, "{ traces { edges { node { signals { value } } } } }").await;
    let told = read["data"]["traces"]["edges"][0]["node"]["signals"].as_array();
    let told: Vec<_> = told.unwrap_or_else(|| panic!("{read:#}")).iter().map(|one| one["value"].as_f64()).collect();
    assert_eq!(told, numbers.map(Some));
}

#[tokio::test]
async fn a_sender_that_waits_for_an_answer_gets_it_before_it_ends() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let (mut sender, body) = piecemeal();
    // A line and a half: the half is not touched.
    let (start, end) = ("{\"model\": \"m\", ", "\"query\": \"q\", \"answer\": \"a\"}\n");
    send(&mut sender, format!("{}\n{start}", trace("a", "Au"))).await;
    let request = post("/v1/ingest/traces", &key).header(header::ACCEPT, NDJSON).body(body).expect("a request");
    let mut answers = world.ask(request).await.into_body().into_data_stream();
    let first = answers.next().await.expect("an answer").expect("a piece");
    assert!(first.starts_with(br#"{"line":1,"status":"stored""#), "{first:?}");
    assert_eq!(balance(&world).await.stored, 1);
    send(&mut sender, end.to_owned()).await;
    let second = answers.next().await.expect("an answer").expect("a piece");
    assert!(second.starts_with(br#"{"line":2,"status":"stored""#), "{second:?}");
    drop(sender);
    assert!(answers.next().await.is_none());
}

#[tokio::test]
async fn many_lines_are_many_batches_and_every_one_is_answered() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let lines: String = (0..1_203).map(|n| trace(&format!("t{n}"), "Au") + "\n").collect();
    let request = post("/v1/ingest/traces", &key).header(header::ACCEPT, NDJSON).body(Body::from(lines));
    let answers = lines_of(world.ask(request.expect("a request")).await).await;
    let numbers: Vec<_> = answers.iter().filter_map(|answer| answer["line"].as_u64()).collect();
    assert_eq!(numbers, (1..=1_203).collect::<Vec<_>>());
    assert!(answers.iter().all(|answer| answer["status"] == "stored"));
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    let batches = tx.batches(&Default::default(), PageRequest::first(10)).await.expect("batches").rows;
    assert!((3..=10).contains(&batches.len()), "{batches:?}");
}

#[tokio::test]
async fn of_many_errors_the_first_are_listed_and_the_others_counted() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let request = post("/v1/ingest/traces", &key).body(Body::from("x\n".repeat(150))).expect("a request");
    let summary = json_of(world.ask(request).await).await;
    assert_eq!(summary["rejected"], 150);
    assert_eq!(summary["errors"].as_array().map(Vec::len), Some(100));
    assert_eq!(summary["errors_left_out"], 50);
}

#[tokio::test]
async fn a_body_that_breaks_off_costs_what_was_not_committed_and_never_half_a_line_goes_in() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let (mut sender, body) = piecemeal();
    let asked = world.ask(post("/v1/ingest/traces", &key).body(body).expect("a request"));
    // The whole first line is in, before the second breaks off where it could be taken for whole.
    let sending = async {
        send(&mut sender, trace("a", "Au") + "\n").await;
        while balance(&world).await.stored == 0 {
            tokio::task::yield_now().await;
        }
        send(&mut sender, trace("b", "Au")).await;
        sender.send(Err(io::Error::other("gone"))).await.expect("the door reads");
    };
    let (response, ()) = tokio::join!(asked, sending);
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let problem = json_of(response).await;
    assert_eq!((&problem["first_unanswered_line"], &problem["stored"]), (&json!(2), &json!(1)), "{problem:#}");
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    let traces = tx.traces(&TraceFilter::default(), PageRequest::first(5)).await.expect("traces").rows;
    assert_eq!(traces.iter().filter_map(|trace| trace.external_id.as_deref()).collect::<Vec<_>>(), ["a"]);
}

#[tokio::test]
async fn where_the_database_goes_away_the_answer_says_from_which_line_to_send_again() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let (mut sender, body) = piecemeal();
    send(&mut sender, trace("a", "Au") + "\n").await;
    let request = post("/v1/ingest/traces", &key).header(header::ACCEPT, NDJSON).body(body).expect("a request");
    let mut answers = world.ask(request).await.into_body().into_data_stream();
    answers.next().await.expect("an answer").expect("a piece");
    world.app.store.close().await;
    send(&mut sender, trace("b", "Au") + "\n").await;
    let last: Value =
        serde_json::from_slice(&answers.next().await.expect("an answer").expect("a piece")).expect("JSON");
    assert_eq!((&last["line"], &last["status"]), (&json!(2), &json!("unanswered")), "{last}");
    assert!(answers.next().await.is_none());
}

#[tokio::test]
async fn what_is_not_lines_of_json_is_refused_before_it_is_read() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let path = "/v1/ingest/traces";
    let plain = || Request::post(path).header(header::AUTHORIZATION, format!("Bearer {key}"));
    let line = || Body::from(trace("a", "Au"));
    for request in [
        plain().body(line()),
        plain().header(header::CONTENT_TYPE, "application/json").body(line()),
        post(path, &key).header(header::CONTENT_ENCODING, "br").body(line()),
    ] {
        let response = world.ask(request.expect("a request")).await;
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let kind = response.headers().get(header::CONTENT_TYPE).map(|kind| kind.as_bytes().to_vec());
        assert_eq!(kind.as_deref(), Some(b"application/problem+json".as_slice()));
    }
    let utf8 = plain().header(header::CONTENT_TYPE, "Application/X-NDJSON; charset=utf-8").body(line());
    assert_eq!(world.ask(utf8.expect("a request")).await.status(), StatusCode::OK);
    assert_eq!(balance(&world).await.received(), 1);
}

#[tokio::test]
async fn each_door_has_its_own_keys() {
    let world = World::new().await;
    let nobody = Request::post("/v1/ingest/traces").header(header::CONTENT_TYPE, NDJSON).body(Body::empty());
    assert_eq!(world.ask(nobody.expect("a request")).await.status(), StatusCode::UNAUTHORIZED);
    for (role, permitted) in [
        (Role::Ingest, ["traces"].as_slice()),
        (Role::Curator, &["grounding"]),
        (Role::Trainer, &[]),
        (Role::Auditor, &[]),
        (Role::Admin, &["traces", "reviews", "grounding"]),
    ] {
        let key = world.key(role, None).await;
        for door in ["traces", "reviews", "grounding"] {
            let request = post(&format!("/v1/ingest/{door}"), &key).body(Body::empty()).expect("a request");
            let expected = if permitted.contains(&door) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(world.ask(request).await.status(), expected, "{role} at {door}");
        }
    }
}

#[tokio::test]
async fn grounding_and_reviews_come_in_by_line_too() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    for (door, line) in [("grounding", "{}"), ("reviews", "{}")] {
        let request = post(&format!("/v1/ingest/{door}"), &key).body(Body::from(line)).expect("a request");
        let summary = json_of(world.ask(request).await).await;
        assert_eq!((&summary["received"], &summary["rejected"]), (&json!(1), &json!(1)), "{summary}");
    }
    let source = json!({"kind": "source", "external_id": "s", "publisher": "P", "title": "T", "licence": "CC0-1.0",
                        "trust_tier": "primary"});
    let request = post("/v1/ingest/grounding", &key).body(Body::from(source.to_string())).expect("a request");
    let summary = json_of(world.ask(request).await).await;
    assert_eq!(summary["stored"], 1, "{summary}");
}
