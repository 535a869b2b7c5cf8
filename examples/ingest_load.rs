//! Sends traces to a running service and says how many a second were acknowledged: run by `benches/ingest`.
//!
//! Its arguments: `ndjson`, `otlp` (protobuf, a root span and one for each step) or `stream` (one endless body of NDJSON); the
//! service's address; a key; a file of traces, a line each; how many of them a request (of a stream: how many in all); how
//! many connections; and headers to send beside, `NAME:VALUE`. What is sent is written before the clock starts, but for a stream, which repeats the file's traces under
//! names of their own.
#![allow(clippy::print_stdout, reason = "prints what it measured")]

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value as Any},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message as _;
use serde_json::Value;

fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn words(key: &str, value: &Value) -> KeyValue {
    attribute(key, Any::StringValue(value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
}

/// The spans of a trace, by the conventions of OpenInference.
fn spans(line: &str) -> Vec<Span> {
    const BEGAN: u64 = 1_760_000_000_000_000_000;
    let trace: Value = serde_json::from_str(line).expect("a trace");
    let digest = blake3::hash(trace["external_id"].as_str().expect("a name").as_bytes());
    let (trace_id, root) = (digest.as_bytes()[..16].to_vec(), digest.as_bytes()[16..24].to_vec());
    let all = trace["steps"].as_array().expect("steps");
    let mut spans = vec![Span {
        trace_id: trace_id.clone(),
        span_id: root.clone(),
        name: "query".to_owned(),
        start_time_unix_nano: BEGAN,
        end_time_unix_nano: BEGAN + 1_000_000_000,
        attributes: vec![
            attribute("openinference.span.kind", Any::StringValue("CHAIN".to_owned())),
            words("input.value", &trace["query"]),
            words("output.value", &trace["answer"]),
            words("metadata", &trace["signals"]),
            words("llm.model_name", &trace["model"]),
        ],
        ..Span::default()
    }];
    for (place, step) in (0..).zip(all) {
        let id = blake3::hash(&[root.as_slice(), &[place]].concat());
        spans.push(Span {
            trace_id: trace_id.clone(),
            span_id: id.as_bytes()[..8].to_vec(),
            parent_span_id: root.clone(),
            name: step["kind"].as_str().unwrap_or("step").to_owned(),
            start_time_unix_nano: BEGAN + u64::from(place) * 1000,
            end_time_unix_nano: BEGAN + u64::from(place) * 1000 + 1000,
            attributes: vec![
                attribute("openinference.span.kind", Any::StringValue("TOOL".to_owned())),
                words("output.value", &step["text"]),
                attribute("score", Any::DoubleValue(step["mean_logprob"].as_f64().unwrap_or(0.0))),
            ],
            ..Span::default()
        });
    }
    spans
}

fn exported(lines: &[&str]) -> Vec<u8> {
    let resource = Resource {
        attributes: vec![attribute("service.name", Any::StringValue("bench".to_owned()))],
        ..Resource::default()
    };
    let scope = InstrumentationScope { name: "bench".to_owned(), ..InstrumentationScope::default() };
    let spans = lines.iter().flat_map(|line| spans(line)).collect();
    let scoped = ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() };
    let resource_spans =
        vec![ResourceSpans { resource: Some(resource), scope_spans: vec![scoped], ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

/// Lines without end, a piece of a few hundred at a time.
fn endless(lines: Vec<String>, all: usize) -> reqwest::Body {
    const AT_ONCE: usize = 200;
    let pieces = stream::iter((0..all).step_by(AT_ONCE)).map(move |from| {
        let mut piece = String::new();
        for number in from..all.min(from + AT_ONCE) {
            let line = &lines[number % lines.len()];
            let renamed =
                line.replacen("\"external_id\":\"", &format!("\"external_id\":\"{}-", number / lines.len()), 1);
            piece += &renamed;
            piece.push('\n');
        }
        Ok::<_, std::convert::Infallible>(Bytes::from(piece))
    });
    reqwest::Body::wrap_stream(pieces)
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [mode, address, key, file, at_once, connections, headers @ ..] = args.as_slice() else {
        panic!("MODE ADDRESS KEY FILE RECORDS CONNECTIONS [HEADER:VALUE…]")
    };
    rustls::crypto::ring::default_provider().install_default().expect("the first provider");
    let text = std::fs::read_to_string(file).expect("the records");
    let lines: Vec<&str> = text.lines().collect();
    let at_once: usize = at_once.parse().expect("how many a request");
    let connections: usize = connections.parse().expect("how many connections");
    let (path, kind) = match mode.as_str() {
        "otlp" => ("/v1/traces", "application/x-protobuf"),
        _ => ("/v1/ingest/traces", "application/x-ndjson"),
    };
    let client = reqwest::Client::builder().pool_max_idle_per_host(connections).build().expect("a client");
    let post = |body: reqwest::Body| {
        let post = client.post(format!("{address}{path}")).bearer_auth(key).header("content-type", kind).body(body);
        headers
            .iter()
            .filter_map(|header| header.split_once(':'))
            .fold(post, |post, (name, value)| post.header(name, value))
    };
    let began;
    let all;
    if mode == "stream" {
        all = at_once;
        began = Instant::now();
        let body = endless(lines.iter().map(|line| (*line).to_owned()).collect(), all);
        let told: Value = post(body).send().await.expect("an answer").json().await.expect("an account");
        assert_eq!(told["stored"], Value::from(all), "{told}");
    } else {
        all = lines.len();
        let bodies: Vec<Bytes> = lines
            .chunks(at_once)
            .map(|some| if mode == "otlp" { exported(some) } else { (some.join("\n") + "\n").into_bytes() }.into())
            .collect();
        let bodies = Arc::new(Mutex::new(bodies));
        began = Instant::now();
        let sending = (0..connections).map(|_| async {
            loop {
                let next = bodies.lock().expect("no panic").pop();
                let Some(next) = next else { break };
                let answer = post(next.into()).send().await.expect("an answer");
                let (status, told) = (answer.status(), answer.bytes().await.expect("a body"));
                let refused = mode == "otlp" && !told.is_empty();
                assert!(status.is_success() && !refused, "{status} {}", String::from_utf8_lossy(&told));
            }
        });
        futures_util::future::join_all(sending).await;
    }
    println!("{}", all as f64 / began.elapsed().as_secs_f64());
}
