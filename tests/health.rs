//! What a service says of itself, to anyone who asks.

use atr_core::domain::access::Role;
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::Value;

use crate::world::{World, body_of};

async fn get(world: &World, path: &str) -> (StatusCode, String) {
    let response = world.ask(Request::get(path).body(Body::empty()).expect("a request")).await;
    let status = response.status();
    (status, String::from_utf8(body_of(response).await.to_vec()).expect("text"))
}

/// The value of a sample of the metrics, as it is written there.
fn sample<'a>(metrics: &'a str, of: &str) -> Option<&'a str> {
    metrics.lines().find_map(|line| line.strip_prefix(of)?.strip_prefix(' '))
}

#[tokio::test]
async fn it_is_ready_while_its_database_answers_and_names_what_is_down_when_it_does_not() {
    let world = World::new().await;
    assert_eq!(get(&world, "/healthz").await, (StatusCode::OK, "ok\n".to_owned()));
    let (status, body) = get(&world, "/readyz").await;
    let said: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &said["checks"]["database"]), (StatusCode::OK, &Value::from("up")), "{body}");

    world.app.store.close().await;
    let (status, body) = get(&world, "/readyz").await;
    let said: Value = serde_json::from_str(&body).expect("JSON");
    let down = (StatusCode::SERVICE_UNAVAILABLE, &Value::from("down"));
    assert_eq!((status, &said["checks"]["database"]), down, "{body}");
    assert_eq!(get(&world, "/healthz").await.0, StatusCode::OK, "it is alive all the same");
}

#[tokio::test]
async fn metrics_tell_what_waits_and_tell_none_once_it_is_done_without_an_id_in_them() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let trace = r#"{"external_id": "one", "model": "m", "query": "What is gold's symbol?", "answer": "Ag"}"#;
    let request = Request::post("/v1/ingest/traces")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .body(Body::from(trace))
        .expect("a request");
    assert_eq!(world.ask(request).await.status(), StatusCode::OK);

    let waiting = r#"atr_queue_tasks{stage="verify",state="available"}"#;
    let (status, metrics) = get(&world, "/metrics").await;
    assert_eq!((status, sample(&metrics, waiting)), (StatusCode::OK, Some("1")), "{metrics}");
    assert!(metrics.contains(r#"atr_http_requests_total{route="/v1/ingest/traces",method="POST",status="200"}"#));
    assert!(metrics.contains(r#"atr_ingest_items_total{door="traces",status="stored"}"#), "{metrics}");
    for prefix in ["trc_", "prj_", "key_", "tsk_"] {
        assert!(!metrics.contains(prefix), "an id beginning with {prefix} is in the metrics");
    }

    sqlx::query("update task set state = 'cancelled', finished_at = now()")
        .execute(&world.database.owner)
        .await
        .expect("cancelled");
    assert_eq!(sample(&get(&world, "/metrics").await.1, waiting), Some("0"));
}

#[tokio::test]
async fn metrics_tell_an_autoscaler_what_workers_could_take_how_fast_it_is_done_and_what_is_paused() {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    for n in 0..3 {
        let send =
            format!(r#"mutation {{ recordTraces(items: [{{model: "m", query: "q{n}", answer: "a"}}]) {{ status }} }}"#);
        assert_eq!(world.graphql(&key, &send).await["data"]["recordTraces"]["status"], "DONE");
    }
    sqlx::query("update task set state = 'succeeded', finished_at = now() where id = (select id from task limit 1)")
        .execute(&world.database.owner)
        .await
        .expect("one is done");
    let told = async |figure: &str| {
        let metrics = get(&world, "/metrics").await.1;
        let value = sample(&metrics, &format!("{figure}{{stage=\"verify\"}}")).map(str::parse::<f64>);
        value.unwrap_or_else(|| panic!("no {figure} in {metrics}")).expect("a number")
    };
    assert_eq!((told("atr_queue_ready_tasks").await, told("atr_queue_paused").await), (2.0, 0.0));
    assert!((told("atr_queue_done_per_second").await - 1.0 / 300.0).abs() < 1e-9);

    world.graphql(&key, r#"mutation { pauseStage(stage: VERIFY, why: "w") { status } }"#).await;
    assert_eq!((told("atr_queue_ready_tasks").await, told("atr_queue_paused").await), (0.0, 1.0));
    let waiting = r#"atr_queue_tasks{stage="verify",state="available"}"#;
    assert_eq!(sample(&get(&world, "/metrics").await.1, waiting), Some("2"), "they wait all the same");
}
