//! What a project wants replaced is replaced at every door, before anything of it is stored.

use atr_core::{
    domain::{
        access::Role,
        intake::{Balance, Door},
    },
    store::{PageRequest, TraceFilter},
};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use prost::Message as _;
use serde_json::{Value, json};

use crate::{
    otlp::{
        assemble, balance,
        spans::{chat, evaluated, event, logs, request, text},
        stored,
    },
    process::{self, Installation},
    world::{World, body_of},
};

const TOLD: &str = "Ask jane.doe@example.org or +49 30 1234567; she paid by 4111 1111 1111 1111.";
const REDACTED: &str = "Ask [e-mail] or [phone]; she paid by [payment card].";

/// A world, and a key that may do everything in it.
async fn world(patterns: &str) -> (World, String) {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    let set = format!("mutation {{ setRedactedPatterns(patterns: {patterns}) {{ status message patterns }} }}");
    let set = world.graphql(&key, &set).await;
    assert_eq!(set["data"]["setRedactedPatterns"]["status"], "DONE", "{set:#}");
    (world, key)
}

async fn ingest(world: &World, key: &str, door: &str, lines: &[Value]) -> Value {
    let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let sent = Request::post(format!("/v1/ingest/{door}"))
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .body(Body::from(body))
        .expect("a request");
    serde_json::from_slice(&body_of(world.ask(sent).await).await).expect("JSON")
}

async fn export(world: &World, key: &str, path: &str, body: Vec<u8>) {
    let sent = Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/x-protobuf")
        .body(Body::from(body))
        .expect("a request");
    assert_eq!(world.ask(sent).await.status(), StatusCode::OK);
}

fn trace() -> Value {
    let step = json!({"text": TOLD});
    json!({"external_id": "one", "model": "m", "query": TOLD, "answer": TOLD, "steps": [step, {"text": "Hm."}]})
}

/// All that the database holds of a table, as text.
async fn everything(world: &World, table: &str) -> String {
    let rows = sqlx::AssertSqlSafe(format!("select coalesce(string_agg(t::text, ' '), '') from {table} t"));
    sqlx::query_scalar(rows).fetch_one(&world.database.owner).await.expect("rows")
}

#[tokio::test]
async fn a_trace_is_stored_without_what_is_replaced_and_sent_again_it_is_a_duplicate() {
    let (world, key) = world("[EMAIL, PHONE, CARD]").await;
    for (stored, duplicates) in [(1, 0), (0, 1)] {
        let told = ingest(&world, &key, "traces", &[trace()]).await;
        assert_eq!((&told["stored"], &told["duplicates"]), (&json!(stored), &json!(duplicates)), "{told:#}");
    }
    let asked = "{ traces { edges { node { query answer steps { text } redactions { pattern count } } } } }";
    let answer = world.graphql(&key, asked).await;
    let expected = json!({
        "query": REDACTED, "answer": REDACTED, "steps": [{"text": REDACTED}, {"text": "Hm."}],
        "redactions": [
            {"pattern": "EMAIL", "count": 3}, {"pattern": "PHONE", "count": 3}, {"pattern": "CARD", "count": 3},
        ],
    });
    let node = &answer["data"]["traces"]["edges"][0]["node"];
    let numbers = |value: &Value| value.to_string().replace("\"3\"", "3");
    assert_eq!(numbers(node), expected.to_string(), "{answer:#}");
    for table in ["error_trace", "reasoning_step", "quarantined_item", "task"] {
        assert!(!everything(&world, table).await.contains("jane"), "{table}");
    }
    let metrics = world.ask(Request::get("/metrics").body(Body::empty()).expect("a request")).await;
    let metrics = String::from_utf8(body_of(metrics).await.to_vec()).expect("text");
    assert!(metrics.contains(r#"atr_redactions_total{door="traces",pattern="email"}"#), "{metrics}");
}

#[tokio::test]
async fn what_is_set_aside_holds_nothing_of_it_either() {
    let (world, key) = world("[EMAIL]").await;
    ingest(&world, &key, "traces", &[trace()]).await;
    let other = json!({"external_id": "one", "model": "m", "query": "q", "answer": "jane.doe@example.org"});
    assert_eq!(ingest(&world, &key, "traces", &[other]).await["quarantined"], 1);
    let held = everything(&world, "quarantined_item").await;
    assert!(held.contains("[e-mail]") && !held.contains("jane"), "{held}");
}

#[tokio::test]
async fn only_what_the_project_wants_is_replaced_and_only_in_that_project() {
    let (world, key) = world("[PHONE]").await;
    let other = world.database.add_project("other").await;
    ingest(&world, &key, "traces", &[trace()]).await;
    let query = stored(&world).await[0].0.query.clone();
    assert_eq!(query, TOLD.replace("+49 30 1234567", "[phone]"));
    let sent = Request::post("/v1/ingest/traces")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .header("atr-project", "other")
        .body(Body::from(trace().to_string()))
        .expect("a request");
    assert_eq!(world.ask(sent).await.status(), StatusCode::OK);
    let mut tx = world.app.store.begin(other).await.expect("a transaction");
    let theirs = tx.traces(&TraceFilter::default(), PageRequest::first(1)).await.expect("traces").rows;
    assert_eq!(theirs[0].query, TOLD);
}

#[tokio::test]
async fn reviews_and_facts_are_redacted_and_their_sources_are_not() {
    let (world, key) = world("[EMAIL, PHONE, CARD]").await;
    ingest(&world, &key, "traces", &[trace()]).await;
    let source = json!({"kind": "source", "external_id": "s", "publisher": "press@example.org", "title": "T",
                        "licence": "CC0-1.0", "trust_tier": "primary"});
    let fact = json!({"kind": "fact", "external_id": "f", "source": "s", "domain": "d", "subject": "s",
                      "statement": TOLD, "quote": TOLD});
    let told = ingest(&world, &key, "grounding", &[source, fact]).await;
    assert_eq!(told["stored"], 2, "{told:#}");
    let made = r#"mutation { createExpert(input: {handle: "one", weeklyCapacity: 1}) { status } }"#;
    assert_eq!(world.graphql(&key, made).await["data"]["createExpert"]["status"], "DONE");
    let review = json!({"external_id": "r", "trace_external_id": "one", "expert": "one", "verdict": "incorrect",
                        "corrected_answer": TOLD, "corrected_steps": [TOLD], "rationale": TOLD,
                        "citations": [{"source": "s", "quoted": TOLD}]});
    let told = ingest(&world, &key, "reviews", &[review]).await;
    assert_eq!(told["stored"], 1, "{told:#}");
    for table in ["grounding_fact", "review", "citation"] {
        let held = everything(&world, table).await;
        assert!(held.contains("[e-mail]") && !held.contains("jane") && !held.contains("1111"), "{table}: {held}");
    }
    assert!(everything(&world, "grounding_source").await.contains("press@example.org"));
    let asked = "{ traces { edges { node { reviews { edges { node { redactions { pattern count } } } } } } } }";
    let answer = world.graphql(&key, asked).await;
    let redactions = &answer["data"]["traces"]["edges"][0]["node"]["reviews"]["edges"][0]["node"]["redactions"];
    assert_eq!(redactions.as_array().map(Vec::len), Some(3), "{answer:#}");
}

#[tokio::test]
async fn spans_and_events_are_redacted_before_they_are_staged() {
    let (world, key) = world("[EMAIL, PHONE, CARD]").await;
    let rule = "mutation { changeKeepRule(quietSeconds: 0, keepShare: 1) { status } }";
    assert_eq!(world.graphql(&key, rule).await["data"]["changeKeepRule"]["status"], "DONE");
    let mut span = evaluated(chat(1, None, TOLD, TOLD), "correctness", 0.1);
    span.name = "for jane.doe@example.org".to_owned();
    span.attributes.push(text("http.request.body", r#"{"card": 4111111111111111}"#));
    span.events[0].attributes.push(text("gen_ai.evaluation.explanation", TOLD));
    let told = vec![text("gen_ai.evaluation.name", "tone"), text("gen_ai.evaluation.explanation", TOLD)];
    let events = logs(vec![event("gen_ai.evaluation.result", Some(1), told)]);
    for _ in 0..2 {
        export(&world, &key, "/v1/traces", request(vec![span.clone()]).encode_to_vec()).await;
        export(&world, &key, "/v1/logs", events.encode_to_vec()).await;
    }
    assert_eq!(balance(&world, Door::Spans).await, Balance { stored: 2, duplicate: 2, ..Balance::default() });
    for table in ["staged_span", "staged_event"] {
        let contents = sqlx::AssertSqlSafe(format!("select content from {table}"));
        let contents: Vec<Vec<u8>> =
            sqlx::query_scalar(contents).fetch_all(&world.database.owner).await.expect("contents");
        for content in contents {
            let held = String::from_utf8_lossy(&content);
            assert!(held.contains("[e-mail]"), "{held}");
            assert!(!held.contains("jane") && !held.contains("1111") && !held.contains("1234567"), "{held}");
        }
    }
    assemble(&world).await;
    let all = stored(&world).await;
    assert_eq!((all[0].0.query.as_str(), all[0].0.answer.as_str()), (REDACTED, REDACTED));
}

#[tokio::test]
async fn nothing_is_replaced_unless_it_is_asked_for() {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    ingest(&world, &key, "traces", &[trace()]).await;
    assert_eq!(stored(&world).await[0].0.query, TOLD);
    let answer = world.graphql(&key, "{ redactedPatterns traces { edges { node { redactions { count } } } } }").await;
    let told = (&answer["data"]["redactedPatterns"], &answer["data"]["traces"]["edges"][0]["node"]["redactions"]);
    assert_eq!(told, (&json!([]), &json!([])), "{answer:#}");
}

#[tokio::test]
async fn the_command_line_sets_it_and_shows_it() -> process::Result {
    let installation = Installation::new()?;
    let held = installation.hold_database().await?;
    installation.run(&["migrate"]).await?;
    installation.run(&["project", "create", "one"]).await?;
    let set = async |patterns: &str| installation.run(&["project", "set", "one", "--redact", patterns]).await;
    assert_eq!(set("secret,email").await?["redacted"], json!(["email", "secret"]));
    // What is not given stays.
    assert_eq!(installation.run(&["project", "set", "one"]).await?["redacted"], json!(["email", "secret"]));
    assert_eq!(set("none").await?["redacted"], json!([]));
    let ended = installation.end(&["project", "set", "one", "--redact", "names"]).await?;
    assert_eq!(ended.code, Some(2));
    assert!(ended.complained.contains("`names` is not one of email, phone, card, secret"), "{}", ended.complained);
    held.stop().await
}
