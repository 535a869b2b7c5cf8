//! The doors for OpenTelemetry: what exporters send, what they are told, and what becomes of it.

pub mod spans;

use std::{io::Write as _, time::Duration};

use atr_core::{
    domain::{
        access::Role,
        intake::{Balance, Door},
        keep_rule::KeepRuleChange,
        trace::{Step, StepKind, Trace},
    },
    queue::Stage,
    store::{PageRequest, TraceFilter},
};
use atr_workers::{Context, Fetching, Options, Worker, notices::Delivery};
use axum::{
    body::{Body, Bytes},
    http::{Request, Response, StatusCode, header},
};
use flate2::{Compression, write::GzEncoder};
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse},
        trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse},
    },
    logs::v1::LogRecord,
    trace::v1::Span,
};
use prost::Message as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use self::spans::{TRACE_HEX, chat, evaluated, event, logs, number, request, span, text};
use crate::world::{World, body_of};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// A world whose project puts traces together at once, and keeps all of them or a share.
pub async fn world(keep_share: f64) -> (World, String) {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    change_rule(&world, KeepRuleChange { quiet_seconds: Some(0), keep_share: Some(keep_share), ..Default::default() })
        .await;
    (world, key)
}

async fn change_rule(world: &World, change: KeepRuleChange) {
    let actor = atr::app::Actor::local(world.database.project);
    atr::app::projects::change_keep_rule(&world.app, &actor, change).await.expect("a rule");
}

fn post(key: &str, kind: &str) -> axum::http::request::Builder {
    Request::post("/v1/traces")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, kind)
}

pub async fn send(world: &World, key: &str, spans: Vec<Span>) -> Option<ExportTracePartialSuccess> {
    let body = request(spans).encode_to_vec();
    let response = world.ask(post(key, PROTOBUF).body(Body::from(body)).expect("a request")).await;
    let (status, kind, body) = parts(response).await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, PROTOBUF));
    ExportTraceServiceResponse::decode(body).expect("a response").partial_success
}

async fn parts(response: Response<Body>) -> (StatusCode, String, Bytes) {
    let status = response.status();
    let kind = response.headers()[header::CONTENT_TYPE].to_str().expect("a media type").to_owned();
    (status, kind, body_of(response).await)
}

/// Does all that waits to be assembled.
pub async fn assemble(world: &World) {
    work(world, &[Stage::Assemble]).await;
}

/// Does all that waits in these stages.
pub async fn work(world: &World, stages: &[Stage]) {
    work_by(world, stages, Delivery::default()).await;
}

/// The same, by a worker that tells people and programs of the weekly review so.
pub async fn work_by(world: &World, stages: &[Stage], delivery: Delivery) {
    work_told(world, stages, delivery, Fetching::default()).await;
}

/// The same, by a worker that fetches sources so.
pub async fn work_fetching(world: &World, stages: &[Stage], fetching: Fetching) {
    work_told(world, stages, Delivery::default(), fetching).await;
}

async fn work_told(world: &World, stages: &[Stage], delivery: Delivery, fetching: Fetching) {
    let folder = tempfile::tempdir().expect("a folder");
    let stop = CancellationToken::new();
    let cx = Context {
        store: world.app.store.clone(),
        blobs: world.app.blobs.clone(),
        trainer: folder.path().join("no-trainer"),
        tesseract: "tesseract".into(),
        work_dir: folder.path().join("work"),
        reward_models: Default::default(),
        parsed_facts: Default::default(),
        judge: None,
        delivery,
        fetching,
        cancelled: CancellationToken::new(),
    };
    let options = Options {
        stages: stages.to_vec(),
        slots: 1,
        grace: Duration::from_secs(10),
        lease: Options::LEASE,
        broker: None,
    };
    let working = tokio::spawn(Worker::new(cx, options).run(stop.clone()));
    let stages: Vec<&str> = stages.iter().map(|stage| stage.word()).collect();
    // What is put off to its time is not left: a cycle of the weekly review closes when it does.
    let left = "select exists (select from task where stage = any($1) and state not in ('succeeded', 'dead')
                               and (state <> 'scheduled' or run_at < now() + interval '1 hour'))";
    while sqlx::query_scalar::<_, bool>(left).bind(&stages).fetch_one(&world.database.owner).await.expect("an answer") {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    working.await.expect("the worker ends");
    let dead: Vec<Value> = sqlx::query_scalar("select errors from task where state = 'dead'")
        .fetch_all(&world.database.owner)
        .await
        .expect("an answer");
    assert_eq!(dead, Vec::<Value>::new());
}

/// Every trace with its steps, the newest last.
pub async fn stored(world: &World) -> Vec<(Trace, Vec<Step>)> {
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    let mut traces = tx.traces(&TraceFilter::default(), PageRequest::first(100)).await.expect("traces").rows;
    traces.reverse();
    let mut all = vec![];
    for trace in traces {
        let mut steps = tx.steps_of_traces(&[trace.id]).await.expect("steps");
        steps.sort_by_key(|step| step.ordinal);
        all.push((trace, steps));
    }
    all
}

pub async fn balance(world: &World, door: Door) -> Balance {
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    tx.balance(Some(door)).await.expect("the balance")
}

#[tokio::test]
async fn a_tree_of_spans_becomes_one_trace_whose_steps_keep_their_callers() {
    let (world, key) = world(1.0).await;
    let called = json!([{"role": "assistant", "finish_reason": "tool_call", "parts": [
        {"type": "reasoning", "content": "I should look at the periodic table."},
        {"type": "tool_call", "id": "call_1", "name": "element", "arguments": {"name": "gold"}},
    ]}]);
    let asking = json!([{"role": "user", "parts": [{"type": "text", "content": "What is gold's symbol?"}]}]);
    let answered = json!([{"role": "assistant", "finish_reason": "stop", "parts": [
        {"type": "text", "content": "<think>The table says Au.</think>Gold's symbol is Au."},
    ]}]);
    let first = span(
        2,
        Some(1),
        vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.input.messages", &asking.to_string()),
            text("gen_ai.output.messages", &called.to_string()),
        ],
    );
    let tool = span(
        3,
        Some(1),
        vec![
            text("gen_ai.operation.name", "execute_tool"),
            text("gen_ai.tool.name", "element"),
            text("gen_ai.tool.call.id", "call_1"),
            text("gen_ai.tool.call.result", "Au"),
        ],
    );
    let retrieval = span(
        4,
        Some(1),
        vec![
            text("openinference.span.kind", "RETRIEVER"),
            text("input.value", "gold"),
            text("retrieval.documents.0.document.content", "Gold is an element."),
        ],
    );
    let last = span(
        5,
        Some(1),
        vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.input.messages", &asking.to_string()),
            text("gen_ai.output.messages", &answered.to_string()),
            number("atr.mean_logprob", -0.5),
            text("atr.domain", "chemistry"),
        ],
    );
    // A serving engine's: no text, but the model.
    let engine =
        span(6, Some(5), vec![text("gen_ai.response.model", "engine-7b"), number("gen_ai.usage.output_tokens", 9.0)]);
    let root = span(1, None, vec![text("http.route", "/ask")]);
    assert_eq!(send(&world, &key, vec![last, engine, retrieval, root, tool, first]).await, None);
    assemble(&world).await;

    let all = stored(&world).await;
    let [(trace, steps)] = all.as_slice() else { panic!("{} traces", all.len()) };
    assert_eq!(trace.external_id.as_deref(), Some(TRACE_HEX));
    assert_eq!((trace.query.as_str(), trace.answer.as_str()), ("What is gold's symbol?", "Gold's symbol is Au."));
    assert_eq!((trace.domain.as_str(), trace.source.as_str()), ("chemistry", "shop"));
    assert_eq!(trace.signals["mean_logprob"], -0.5);
    assert_eq!(trace.signals["output_tokens"], 9.0);
    assert!((trace.confidence.expect("a confidence") - (-0.5f64).exp()).abs() < 1e-12);
    let told: Vec<_> = steps
        .iter()
        .map(|step| (step.kind, step.text.as_str(), step.span_id.as_deref(), step.called_by_span_id.as_deref()))
        .collect();
    let root = Some("0101010101010101");
    assert_eq!(
        told,
        [
            (StepKind::Reasoning, "I should look at the periodic table.", Some("0202020202020202"), root),
            (StepKind::Tool, "element({\"name\":\"gold\"})\nAu", Some("0303030303030303"), root),
            (StepKind::Retrieval, "gold\nGold is an element.", Some("0404040404040404"), root),
            (StepKind::Reasoning, "The table says Au.", Some("0505050505050505"), root),
        ]
    );
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    let model = tx.models_by_id(&[trace.model]).await.expect("a model").pop().expect("a model");
    assert_eq!(model.name, "engine-7b");
}

#[tokio::test]
async fn spans_that_are_sent_again_are_duplicates_and_change_nothing() {
    let (world, key) = world(1.0).await;
    for _ in 0..2 {
        assert_eq!(send(&world, &key, vec![chat(1, None, "q", "a")]).await, None);
        assemble(&world).await;
    }
    assert_eq!(stored(&world).await.len(), 1);
    assert_eq!(balance(&world, Door::Spans).await, Balance { stored: 1, duplicate: 1, ..Balance::default() });
    assert_eq!(balance(&world, Door::Assembled).await, Balance { stored: 1, ..Balance::default() });
}

#[tokio::test]
async fn a_span_with_the_ids_of_another_is_set_aside_and_told() {
    let (world, key) = world(1.0).await;
    assert_eq!(send(&world, &key, vec![chat(1, None, "q", "a")]).await, None);
    let told = send(&world, &key, vec![chat(1, None, "q", "b")]).await.expect("a partial success");
    assert_eq!(told.rejected_spans, 0);
    assert!(told.error_message.contains("item 0 is set aside: span_id"), "{}", told.error_message);
    assemble(&world).await;
    assert_eq!(stored(&world).await[0].0.answer, "a");
    assert_eq!(balance(&world, Door::Spans).await, Balance { stored: 1, quarantined: 1, ..Balance::default() });
}

#[tokio::test]
async fn a_late_span_makes_a_revision_and_the_trace_before_stays() {
    let (world, key) = world(1.0).await;
    send(&world, &key, vec![chat(2, Some(1), "q", "a")]).await;
    assemble(&world).await;
    // What adds nothing to the trace makes no revision of it.
    send(&world, &key, vec![span(3, Some(2), vec![])]).await;
    assemble(&world).await;
    assert_eq!(stored(&world).await.len(), 1);
    send(&world, &key, vec![evaluated(span(1, None, vec![]), "correctness", 0.1)]).await;
    assemble(&world).await;
    let all = stored(&world).await;
    let [(first, _), (second, _)] = all.as_slice() else { panic!("{} traces", all.len()) };
    assert_eq!(first.external_id.as_deref(), Some(TRACE_HEX));
    assert_eq!(second.external_id, Some(format!("{TRACE_HEX}#2")));
    assert_eq!(first.flaw_labels, Vec::<String>::new());
    assert_eq!(second.flaw_labels, ["evaluation.correctness"]);
    assert_eq!(second.signals["evaluation.correctness"], 0.1);
    let revised: Vec<(i32, Option<uuid::Uuid>)> =
        sqlx::query_as("select revision, supersedes from trace_revision order by revision")
            .fetch_all(&world.database.owner)
            .await
            .expect("revisions");
    assert_eq!(revised, [(1, None), (2, Some(atr_core::ids::Id::uuid(first.id)))]);
    // Experts judge the newest alone.
    work(&world, &[Stage::Verify, Stage::Score]).await;
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    let routable: Vec<_> = tx.routable_traces(10).await.expect("traces").into_iter().map(|item| item.trace).collect();
    assert_eq!(routable, [second.id]);
    assert_eq!(balance(&world, Door::Assembled).await, Balance { stored: 2, duplicate: 1, ..Balance::default() });
}

/// Sends log records, and gives what the door says of those that it refuses.
async fn send_logs(world: &World, key: &str, records: Vec<LogRecord>) -> Option<ExportLogsPartialSuccess> {
    let sent = post(key, PROTOBUF).uri("/v1/logs").body(Body::from(logs(records).encode_to_vec()));
    let (status, kind, body) = parts(world.ask(sent.expect("a request")).await).await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, PROTOBUF));
    ExportLogsServiceResponse::decode(body).expect("a response").partial_success
}

fn evaluation(of: Option<u8>, label: &str, response: Option<&str>) -> LogRecord {
    let mut told = vec![text("gen_ai.evaluation.name", "correctness"), text("gen_ai.evaluation.score.label", label)];
    told.extend(response.map(|id| text("gen_ai.response.id", id)));
    event("gen_ai.evaluation.result", of, told)
}

#[tokio::test]
async fn an_evaluation_joins_the_trace_it_names_whichever_comes_first() {
    for logs_first in [true, false] {
        let (world, key) = world(0.0).await;
        if logs_first {
            assert_eq!(send_logs(&world, &key, vec![evaluation(Some(1), "fail", None)]).await, None);
        }
        send(&world, &key, vec![chat(1, None, "q", "a")]).await;
        if !logs_first {
            assert_eq!(send_logs(&world, &key, vec![evaluation(Some(1), "fail", None)]).await, None);
        }
        assemble(&world).await;
        let all = stored(&world).await;
        let [(trace, _)] = all.as_slice() else { panic!("{} traces", all.len()) };
        assert_eq!(trace.flaw_labels, ["evaluation.correctness"]);
        // Sent again it is a duplicate.
        send_logs(&world, &key, vec![evaluation(Some(1), "fail", None)]).await;
        assert_eq!(balance(&world, Door::Spans).await, Balance { stored: 2, duplicate: 1, ..Balance::default() });
    }
}

#[tokio::test]
async fn an_evaluation_that_names_a_response_alone_joins_the_span_that_got_it() {
    for logs_first in [true, false] {
        let (world, key) = world(0.0).await;
        let mut answered = chat(1, None, "q", "a");
        answered.attributes.push(text("gen_ai.response.id", "chatcmpl-7"));
        let (span, evaluated) = (vec![answered], vec![evaluation(None, "incorrect", Some("chatcmpl-7"))]);
        if logs_first {
            send_logs(&world, &key, evaluated).await;
            send(&world, &key, span).await;
        } else {
            send(&world, &key, span).await;
            assemble(&world).await;
            assert_eq!(stored(&world).await.len(), 0);
            send_logs(&world, &key, evaluated).await;
        }
        assemble(&world).await;
        let all = stored(&world).await;
        let [(trace, _)] = all.as_slice() else { panic!("{} traces", all.len()) };
        assert_eq!(trace.flaw_labels, ["evaluation.correctness"]);
    }
}

#[tokio::test]
async fn messages_that_come_as_events_are_the_spans_own() {
    let (world, key) = world(1.0).await;
    let mut bare = span(1, None, vec![text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "small")]);
    bare.name = "chat small".to_owned();
    send(&world, &key, vec![bare]).await;
    let asked = event("gen_ai.user.message", Some(1), vec![text("content", "q")]);
    let answered = event("gen_ai.choice", Some(1), vec![text("message", r#"{"role": "assistant", "content": "a"}"#)]);
    send_logs(&world, &key, vec![answered, asked]).await;
    assemble(&world).await;
    let all = stored(&world).await;
    assert_eq!((all[0].0.query.as_str(), all[0].0.answer.as_str()), ("q", "a"));
}

#[tokio::test]
async fn other_log_records_are_counted_as_filtered_and_events_of_nothing_are_refused() {
    let (world, key) = world(1.0).await;
    let records = vec![event("", Some(1), vec![]), evaluation(None, "fail", None), evaluation(Some(1), "fail", None)];
    let told = send_logs(&world, &key, records).await.expect("a partial success");
    assert_eq!(told.rejected_log_records, 1);
    assert!(told.error_message.contains("item 1: trace_id is missing"), "{}", told.error_message);
    let expected = Balance { stored: 1, filtered: 1, rejected: 1, ..Balance::default() };
    assert_eq!(balance(&world, Door::Spans).await, expected);
}

#[tokio::test]
async fn what_is_long_assembled_is_removed_and_a_span_that_comes_after_is_left() {
    let (world, key) = world(1.0).await;
    send(&world, &key, vec![chat(2, Some(1), "q", "a"), span(3, Some(2), vec![])]).await;
    send_logs(&world, &key, vec![evaluation(Some(2), "pass", None)]).await;
    assemble(&world).await;
    world.database.clock.advance(chrono::TimeDelta::days(8));
    send(&world, &key, vec![chat(1, None, "late", "c")]).await;
    assemble(&world).await;
    let left = "select (select count(*) from staged_span), (select count(*) from staged_event)";
    let left: (i64, i64) = sqlx::query_as(left).fetch_one(&world.database.owner).await.expect("counts");
    assert_eq!(left, (1, 0));
    assert_eq!(stored(&world).await.len(), 1);
    assert_eq!(balance(&world, Door::Assembled).await, Balance { stored: 1, filtered: 1, ..Balance::default() });
}

#[tokio::test]
async fn what_the_rule_leaves_is_counted_as_filtered_and_what_is_flagged_later_is_kept() {
    let (world, key) = world(0.0).await;
    send(&world, &key, vec![chat(2, Some(1), "q", "a")]).await;
    assemble(&world).await;
    assert_eq!(stored(&world).await.len(), 0);
    assert_eq!(balance(&world, Door::Assembled).await, Balance { filtered: 1, ..Balance::default() });
    send(&world, &key, vec![evaluated(span(1, None, vec![]), "hallucination", 0.9)]).await;
    assemble(&world).await;
    assert_eq!(stored(&world).await.len(), 1);
    let counted = balance(&world, Door::Assembled).await;
    assert_eq!(counted, Balance { filtered: 1, stored: 1, ..Balance::default() });
    assert_eq!(counted.received(), 2);
}

#[tokio::test]
async fn an_uncertain_answer_is_kept_and_a_certain_one_is_not() {
    for (logprob, kept) in [(-1.0, 1), (-0.01, 0)] {
        let (world, key) = world(0.0).await;
        let mut span = chat(1, None, "q", "a");
        span.attributes.push(number("atr.mean_logprob", logprob));
        send(&world, &key, vec![span]).await;
        assemble(&world).await;
        assert_eq!(stored(&world).await.len(), kept, "{logprob}");
    }
}

#[tokio::test]
async fn spans_that_tell_nothing_of_a_model_are_counted_and_make_no_trace() {
    let (world, key) = world(1.0).await;
    send(&world, &key, vec![span(1, None, vec![text("http.route", "/")])]).await;
    assemble(&world).await;
    assert_eq!(stored(&world).await.len(), 0);
    assert_eq!(balance(&world, Door::Assembled).await, Balance { filtered: 1, ..Balance::default() });
}

#[tokio::test]
async fn while_spans_of_a_trace_come_it_waits() {
    let (world, key) = world(1.0).await;
    change_rule(&world, KeepRuleChange { quiet_seconds: Some(100), ..Default::default() }).await;
    let due = "select count(*), max(run_at)::text, bool_and(run_at > now() + interval '50 seconds')
               from task where stage = 'assemble' and state = 'scheduled'";
    let mut before = String::new();
    for n in 1..4 {
        send(&world, &key, vec![chat(n, None, "q", "a")]).await;
        let (tasks, at, later): (i64, String, bool) =
            sqlx::query_as(due).fetch_one(&world.database.owner).await.expect("a task");
        assert!(tasks == 1 && later && at > before, "{n}: {tasks} at {at}, after {before}");
        before = at;
    }
}

#[tokio::test]
async fn openinference_is_understood() {
    let (world, key) = world(1.0).await;
    let response = json!({"choices": [{"logprobs": {"content": [{"logprob": -0.25}, {"logprob": -0.75}]}}]});
    let llm = span(
        2,
        Some(1),
        vec![
            text("openinference.span.kind", "LLM"),
            text("llm.model_name", "small"),
            text("llm.input_messages.0.message.role", "system"),
            text("llm.input_messages.0.message.content", "Be brief."),
            text("llm.input_messages.1.message.role", "user"),
            text("llm.input_messages.1.message.content", "What is gold's symbol?"),
            text("llm.output_messages.0.message.role", "assistant"),
            text("llm.output_messages.0.message.content", "Au."),
            text("output.value", &response.to_string()),
            text("output.mime_type", "application/json"),
            text("llm.finish_reason", "length"),
        ],
    );
    send(&world, &key, vec![llm]).await;
    assemble(&world).await;
    let all = stored(&world).await;
    let trace = &all[0].0;
    assert_eq!((trace.query.as_str(), trace.answer.as_str()), ("What is gold's symbol?", "Au."));
    assert_eq!((trace.signals["mean_logprob"], trace.signals["min_logprob"]), (-0.5, -0.75));
    assert_eq!(trace.flaw_labels, ["cut_off"]);
}

#[tokio::test]
async fn json_is_read_as_the_protocol_writes_it_and_answered_in_json() {
    let (world, key) = world(1.0).await;
    let body = json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "unheardOf": 1,
        "scopeSpans": [{"spans": [{
            "traceId": TRACE_HEX.to_uppercase(), "spanId": "0101010101010101", "parentSpanId": "",
            "name": "chat", "kind": 3, "startTimeUnixNano": "1795510740000000000", "endTimeUnixNano": 1_795_510_741_000_000_000u64,
            "attributes": [
                {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                {"key": "gen_ai.prompt.0.role", "value": {"stringValue": "user"}},
                {"key": "gen_ai.prompt.0.content", "value": {"stringValue": "q"}},
                {"key": "gen_ai.completion.0.role", "value": {"stringValue": "assistant"}},
                {"key": "gen_ai.completion.0.content", "value": {"stringValue": "a"}},
                {"key": "gen_ai.usage.completion_tokens", "value": {"intValue": "7"}},
                {"key": "gen_ai.usage.prompt_tokens", "value": {"intValue": 3}},
                {"key": "none", "value": {"arrayValue": {}}},
                {"key": "nothing", "value": {}},
                {"key": "null", "value": null},
                {"key": "infinite", "value": {"doubleValue": "Infinity"}},
            ],
            "status": {"code": 1}, "droppedAttributesCount": 0, "events": null,
        }]}],
    }]});
    let response = world.ask(post(&key, JSON).body(Body::from(body.to_string())).expect("a request")).await;
    let (status, kind, body) = parts(response).await;
    let told: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!((status, kind.as_str()), (StatusCode::OK, JSON), "{told}");
    assert!(told["partialSuccess"].is_null(), "{told}");
    assemble(&world).await;
    let all = stored(&world).await;
    let trace = &all[0].0;
    assert_eq!(
        (trace.query.as_str(), trace.answer.as_str(), trace.external_id.as_deref()),
        ("q", "a", Some(TRACE_HEX))
    );
    assert_eq!((trace.signals["output_tokens"], trace.signals["input_tokens"]), (7.0, 3.0));
}

#[tokio::test]
async fn what_is_json_and_no_object_is_no_message() {
    let (world, key) = world(1.0).await;
    for door in ["/v1/traces", "/v1/logs"] {
        for body in ["[]", "[[]]", "null", "1"] {
            let sent = Request::post(door)
                .header(header::AUTHORIZATION, format!("Bearer {key}"))
                .header(header::CONTENT_TYPE, JSON)
                .body(Body::from(body));
            let (status, _, told) = parts(world.ask(sent.expect("a request")).await).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{door} {body}: {told:?}");
        }
    }
}

#[tokio::test]
async fn a_span_without_ids_costs_itself_alone() {
    let (world, key) = world(1.0).await;
    let mut bad = chat(2, None, "q", "a");
    bad.trace_id = vec![0; 16];
    let told = send(&world, &key, vec![bad, chat(1, None, "q", "a")]).await.expect("a partial success");
    assert_eq!(told.rejected_spans, 1);
    assert!(told.error_message.contains("item 0: trace_id has 16 bytes"), "{}", told.error_message);
    assert_eq!(balance(&world, Door::Spans).await, Balance { stored: 1, rejected: 1, ..Balance::default() });
}

#[tokio::test]
async fn a_request_without_spans_is_a_success() {
    let (world, key) = world(1.0).await;
    assert_eq!(send(&world, &key, vec![]).await, None);
    let response = world.ask(post(&key, PROTOBUF).body(Body::empty()).expect("a request")).await;
    assert_eq!(response.status(), StatusCode::OK);
    let response = world.ask(post(&key, JSON).body(Body::from("{}")).expect("a request")).await;
    assert_eq!(response.status(), StatusCode::OK);
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(vec![], Compression::fast());
    packed.write_all(body).expect("memory takes it");
    packed.finish().expect("memory takes it")
}

#[tokio::test]
async fn gzip_is_read_and_what_grows_beyond_the_bound_is_refused() {
    let (world, key) = world(1.0).await;
    let packed = |body: &[u8]| {
        let sent = post(&key, PROTOBUF).header(header::CONTENT_ENCODING, "gzip").body(Body::from(gzip(body)));
        world.ask(sent.expect("a request"))
    };
    let response = packed(&request(vec![chat(1, None, "q", "a")]).encode_to_vec()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(balance(&world, Door::Spans).await.stored, 1);
    let (status, kind, body) = parts(packed(&vec![0; 40 << 20]).await).await;
    assert_eq!((status, kind.as_str()), (StatusCode::PAYLOAD_TOO_LARGE, PROTOBUF));
    assert!(Status::decode(body).expect("a status").message.contains("send fewer spans"));
    let whole = post(&key, PROTOBUF).body(Body::from(vec![0; 40 << 20])).expect("a request");
    assert_eq!(world.ask(whole).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn every_error_is_a_status_in_the_encoding_of_the_request() {
    let (world, key) = world(1.0).await;
    let reader = world.key(Role::Auditor, None).await;
    let cases = [
        (post(&key, PROTOBUF).body(Body::from("nonsense")), StatusCode::BAD_REQUEST, 3),
        (
            post(&key, PROTOBUF).header("content-encoding", "gzip").body(Body::from("nonsense")),
            StatusCode::BAD_REQUEST,
            3,
        ),
        (
            post(&key, PROTOBUF).header("content-encoding", "br").body(Body::from("")),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            3,
        ),
        (post("atr_nobodys", PROTOBUF).body(Body::empty()), StatusCode::UNAUTHORIZED, 16),
        (post(&key, PROTOBUF).header("atr-project", "nowhere").body(Body::empty()), StatusCode::NOT_FOUND, 5),
        (post(&reader, PROTOBUF).body(Body::empty()), StatusCode::FORBIDDEN, 7),
        (
            Request::get("/v1/traces").header(header::CONTENT_TYPE, PROTOBUF).body(Body::empty()),
            StatusCode::METHOD_NOT_ALLOWED,
            12,
        ),
    ];
    for (sent, expected, code) in cases {
        let response = world.ask(sent.expect("a request")).await;
        if expected == StatusCode::METHOD_NOT_ALLOWED {
            assert_eq!(response.headers()[header::ALLOW], "POST");
        }
        let (status, kind, body) = parts(response).await;
        assert_eq!((status, kind.as_str()), (expected, PROTOBUF));
        let told = Status::decode(body).expect("a status");
        assert!(told.code == code && !told.message.is_empty(), "{told:?}");
    }
    for (kind, expected) in [(JSON, StatusCode::BAD_REQUEST), ("text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE)] {
        let response = world.ask(post(&key, kind).body(Body::from("{")).expect("a request")).await;
        let (status, kind, body) = parts(response).await;
        assert_eq!((status, kind.as_str()), (expected, JSON));
        let told: Value = serde_json::from_slice(&body).expect("JSON");
        assert!(told["code"] == 3 && told["message"].is_string(), "{told}");
    }
}

#[tokio::test]
async fn at_the_bound_of_unfinished_work_the_sender_is_told_when_to_come_again() {
    let (world, key) = world(1.0).await;
    let actor = atr::app::Actor::local(world.database.project);
    atr::app::projects::set_max_backlog(&world.app, &actor, 1).await.expect("a bound");
    send(&world, &key, vec![chat(1, None, "q", "a")]).await;
    world.database.clock.advance(chrono::TimeDelta::minutes(1));
    let body = request(vec![chat(2, None, "q", "a")]).encode_to_vec();
    let response = world.ask(post(&key, PROTOBUF).body(Body::from(body)).expect("a request")).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(Status::decode(body_of(response).await).expect("a status").code, 8);
}

#[tokio::test]
async fn between_two_counts_each_trace_that_is_staged_counts_once_towards_the_bound() {
    let (world, key) = world(1.0).await;
    let actor = atr::app::Actor::local(world.database.project);
    atr::app::projects::set_max_backlog(&world.app, &actor, 2).await.expect("a bound");
    let of = |trace: u8, n| Span { trace_id: vec![trace; 16], ..chat(n, None, "q", "a") };
    // Three spans of one trace are one task; the clock stands, so that nothing is counted anew.
    assert_eq!(send(&world, &key, vec![of(1, 1), of(1, 2), of(1, 3)]).await, None);
    assert_eq!(send(&world, &key, vec![of(2, 1)]).await, None);
    let body = request(vec![of(3, 1)]).encode_to_vec();
    let response = world.ask(post(&key, PROTOBUF).body(Body::from(body)).expect("a request")).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn what_comes_to_a_trace_of_which_spans_were_removed_is_not_taken_for_the_whole() {
    let (world, key) = world(0.0).await;
    // Left out by the rule: no revision tells that there was a trace.
    send(&world, &key, vec![chat(2, Some(1), "q", "a")]).await;
    assemble(&world).await;
    world.database.clock.advance(chrono::TimeDelta::days(8));
    // Removing is done on the way, by whatever else is assembled.
    send(&world, &key, vec![Span { trace_id: vec![1; 16], ..chat(1, None, "q", "a") }]).await;
    assemble(&world).await;
    send(&world, &key, vec![evaluated(chat(3, Some(2), "half", "b"), "hallucination", 0.9)]).await;
    assemble(&world).await;
    assert_eq!(stored(&world).await.len(), 0);
    assert_eq!(balance(&world, Door::Assembled).await, Balance { filtered: 3, ..Balance::default() });
    // That is known for a month.
    for (days, known) in [(8, true), (31, false)] {
        world.database.clock.advance(chrono::TimeDelta::days(days));
        let other = Span { trace_id: vec![u8::try_from(days).expect("a byte"); 16], ..chat(1, None, "q", "a") };
        send(&world, &key, vec![other]).await;
        assemble(&world).await;
        let there = sqlx::query_scalar::<_, bool>("select exists (select from partial_trace where trace_id = $1)")
            .bind(&spans::TRACE[..])
            .fetch_one(&world.database.owner)
            .await
            .expect("an answer");
        assert_eq!(there, known, "{days} days later");
    }
}

#[tokio::test]
async fn the_earlier_turns_of_a_conversation_are_the_context_of_the_last_question() {
    let (world, key) = world(1.0).await;
    let said = |role: &str, text: &str| json!({"role": role, "parts": [{"type": "text", "content": text}]});
    let input = json!([
        said("system", "Be brief."), said("user", "What is gold's symbol?"),
        said("assistant", "<think>Latin.</think>Au."), said("user", "And silver's?"),
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "element", "arguments": "{}"}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "Ag"}]},
    ]);
    let mut span = chat(1, None, "", "Ag.");
    span.attributes.retain(|attribute| attribute.key != "gen_ai.input.messages");
    span.attributes.push(text("gen_ai.input.messages", &input.to_string()));
    send(&world, &key, vec![span]).await;
    assemble(&world).await;
    let all = stored(&world).await;
    let trace = &all[0].0;
    assert_eq!((trace.query.as_str(), trace.answer.as_str()), ("And silver's?", "Ag."));
    let reader = world.key(Role::Auditor, None).await;
    let told = world.graphql(&reader, "{ traces { edges { node { context { role text } } } } }").await;
    let expected = json!([
        {"role": "SYSTEM", "text": "Be brief."}, {"role": "USER", "text": "What is gold's symbol?"},
        {"role": "ASSISTANT", "text": "Au."},
    ]);
    assert_eq!(told["data"]["traces"]["edges"][0]["node"]["context"], expected, "{told:#}");
}
