//! Backpressure: while too much of a project's work is not done, its senders are told when to come again.

use std::io;

use atr_core::domain::access::Role;
use axum::{
    body::{Body, Bytes},
    http::{Request, StatusCode, header, request},
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::world::{World, body_of};

const NDJSON: &str = "application/x-ndjson";

fn post(door: &str, key: &str) -> request::Builder {
    Request::post(format!("/v1/{door}"))
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, NDJSON)
}

fn trace(n: usize) -> String {
    json!({"external_id": format!("t{n}"), "model": "m", "query": "q", "answer": "a"}).to_string() + "\n"
}

async fn send(world: &World, key: &str, n: usize) -> StatusCode {
    world.ask(post("ingest/traces", key).body(Body::from(trace(n))).expect("a request")).await.status()
}

async fn bound(world: &World, key: &str, tasks: i32) -> Value {
    let set = format!("mutation {{ setMaxBacklog(tasks: {tasks}) {{ status field project {{ maxBacklog }} }} }}");
    world.graphql(key, &set).await["data"]["setMaxBacklog"].clone()
}

/// A body that must not be read.
fn untouched() -> Body {
    Body::from_stream(stream::poll_fn(|_| -> std::task::Poll<Option<io::Result<Bytes>>> { panic!("the body is read") }))
}

#[tokio::test]
async fn at_its_bound_every_door_says_when_to_come_again_before_it_reads_anything() {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    assert_eq!(bound(&world, &key, 2).await["project"]["maxBacklog"], 2);
    assert_eq!((send(&world, &key, 1).await, send(&world, &key, 2).await), (StatusCode::OK, StatusCode::OK));
    for door in ["ingest/traces", "ingest/reviews", "ingest/grounding", "attachments"] {
        let refused = world.ask(post(door, &key).body(untouched()).expect("a request")).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS, "{door}");
        let again = refused.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::parse);
        assert!(matches!(again, Some(Ok(1u64..=20))), "{again:?}");
        assert_eq!(refused.headers()[header::CONTENT_TYPE], "application/problem+json");
        let problem: Value = serde_json::from_slice(&body_of(refused).await).expect("JSON");
        assert_eq!(problem["code"], "BACKLOG_FULL", "{problem:#}");
    }
    for mutation in ["recordTraces", "recordReviews", "recordGrounding"] {
        let fields = "status message retryAfterSeconds";
        let refused = world.graphql(&key, &format!("mutation {{ {mutation}(items: []) {{ {fields} }} }}")).await;
        let told = &refused["data"][mutation];
        assert_eq!(told["status"], "BACKLOG_FULL", "{refused:#}");
        assert!(told["message"].as_str().is_some_and(|message| message.contains("more workers")), "{refused:#}");
        assert!(told["retryAfterSeconds"].as_u64().is_some_and(|pause| pause > 0), "{refused:#}");
    }
    // What reads, or changes something else, goes on.
    let read = world.graphql(&key, "{ traces { edges { node { externalId } } } }").await;
    assert_eq!(read["data"]["traces"]["edges"].as_array().map(Vec::len), Some(2), "{read:#}");
}

#[tokio::test]
async fn lines_are_taken_in_again_once_work_is_done_or_the_bound_is_raised() {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    bound(&world, &key, 1).await;
    assert_eq!(send(&world, &key, 1).await, StatusCode::OK);
    assert_eq!(send(&world, &key, 2).await, StatusCode::TOO_MANY_REQUESTS);
    sqlx::query("update task set state = 'succeeded', finished_at = now()")
        .execute(&world.database.owner)
        .await
        .expect("done");
    assert_eq!(send(&world, &key, 2).await, StatusCode::TOO_MANY_REQUESTS, "the last count still holds");
    world.database.clock.advance(chrono::TimeDelta::seconds(2));
    assert_eq!(send(&world, &key, 2).await, StatusCode::OK);
    assert_eq!(send(&world, &key, 3).await, StatusCode::TOO_MANY_REQUESTS);
    bound(&world, &key, 3).await;
    assert_eq!(send(&world, &key, 3).await, StatusCode::OK, "a new bound holds at once");
    for tasks in [0, 10_000_001] {
        assert_eq!(bound(&world, &key, tasks).await, json!({"status": "INVALID", "field": "tasks", "project": null}));
    }
}

#[tokio::test]
async fn one_projects_backlog_keeps_no_other_project_out() {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    bound(&world, &key, 1).await;
    world.database.add_project("other").await;
    assert_eq!(send(&world, &key, 1).await, StatusCode::OK);
    assert_eq!(send(&world, &key, 2).await, StatusCode::TOO_MANY_REQUESTS);
    let request = post("ingest/traces", &key).header("atr-project", "other").body(Body::from(trace(1)));
    assert_eq!(world.ask(request.expect("a request")).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn dead_and_finished_work_is_no_backlog() {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    for (n, state) in ["succeeded", "cancelled", "dead"].into_iter().enumerate() {
        assert_eq!(send(&world, &key, n).await, StatusCode::OK);
        sqlx::query("update task set state = $1, finished_at = now() where finished_at is null")
            .bind(state)
            .execute(&world.database.owner)
            .await
            .expect("ended");
    }
    bound(&world, &key, 1).await;
    assert_eq!(send(&world, &key, 9).await, StatusCode::OK);
}

#[tokio::test]
async fn a_bound_that_is_reached_between_two_batches_leaves_the_lines_from_there_on_unanswered() {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    bound(&world, &key, 1).await;
    let (sender, receive) = mpsc::channel::<io::Result<Bytes>>(1);
    let body = Body::from_stream(stream::unfold(receive, async |mut from| Some((from.recv().await?, from))));
    sender.send(Ok(trace(1).into())).await.expect("room");
    let request = post("ingest/traces", &key).header(header::ACCEPT, NDJSON).body(body).expect("a request");
    let mut answers = world.ask(request).await.into_body().into_data_stream();
    let mut next = async || -> Value {
        serde_json::from_slice(&answers.next().await.expect("an answer").expect("a piece")).expect("JSON")
    };
    assert_eq!(next().await["status"], "stored");
    sender.send(Ok(trace(2).into())).await.expect("the door reads");
    let last = next().await;
    assert_eq!((&last["line"], &last["status"]), (&json!(2), &json!("unanswered")), "{last}");
    let message = last["error"]["message"].as_str().expect("a text");
    assert!(message.contains("unfinished tasks") && message.contains("send them again"), "{message}");
    assert!(answers.next().await.is_none());

    // At the end of one request: the status is that of the refusal, and the summary says what is stored.
    bound(&world, &key, 2).await;
    let lines: String = (2..700).map(trace).collect();
    let refused = world.ask(post("ingest/traces", &key).body(Body::from(lines)).expect("a request")).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    let problem: Value = serde_json::from_slice(&body_of(refused).await).expect("JSON");
    assert_eq!((&problem["stored"], &problem["first_unanswered_line"]), (&json!(500), &json!(501)), "{problem:#}");
    assert_eq!(problem["code"], "BACKLOG_FULL");
}
