//! Spans to send, as instrumentations write them.

use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value as Any},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, span::Event},
};

pub const TRACE: [u8; 16] = [0xab; 16];
/// As people write it.
pub const TRACE_HEX: &str = "abababababababababababababababab";
/// 2026-11-24T08:59:00Z.
const MINUTE_BEFORE: u64 = 1_795_510_740_000_000_000;

pub fn text(key: &str, value: &str) -> KeyValue {
    pair(key, Any::StringValue(value.to_owned()))
}

pub fn number(key: &str, value: f64) -> KeyValue {
    pair(key, Any::DoubleValue(value))
}

fn pair(key: &str, value: Any) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// The n-th span of the trace, called by another.
pub fn span(n: u8, parent: Option<u8>, attributes: Vec<KeyValue>) -> Span {
    let id = |n: u8| vec![n; 8];
    Span {
        trace_id: TRACE.to_vec(),
        span_id: id(n),
        parent_span_id: parent.map(id).unwrap_or_default(),
        name: format!("span {n}"),
        start_time_unix_nano: MINUTE_BEFORE + u64::from(n) * 1_000_000,
        end_time_unix_nano: MINUTE_BEFORE + 1_000_000_000 - u64::from(n) * 1_000_000,
        attributes,
        ..Span::default()
    }
}

/// A model's answer, by the GenAI conventions.
pub fn chat(n: u8, parent: Option<u8>, question: &str, answer: &str) -> Span {
    let input = serde_json::json!([{"role": "user", "parts": [{"type": "text", "content": question}]}]);
    let output = serde_json::json!([{
        "role": "assistant", "finish_reason": "stop", "parts": [{"type": "text", "content": answer}],
    }]);
    span(
        n,
        parent,
        vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.request.model", "small"),
            text("gen_ai.input.messages", &input.to_string()),
            text("gen_ai.output.messages", &output.to_string()),
        ],
    )
}

/// An evaluation of what the span did.
pub fn evaluated(mut span: Span, name: &str, score: f64) -> Span {
    span.events.push(Event {
        name: "gen_ai.evaluation.result".to_owned(),
        attributes: vec![text("gen_ai.evaluation.name", name), number("gen_ai.evaluation.score.value", score)],
        ..Event::default()
    });
    span
}

/// A log record of an event, of a span or of none.
pub fn event(name: &str, of: Option<u8>, attributes: Vec<KeyValue>) -> LogRecord {
    LogRecord {
        event_name: name.to_owned(),
        time_unix_nano: MINUTE_BEFORE,
        trace_id: of.map(|_| TRACE.to_vec()).unwrap_or_default(),
        span_id: of.map(|n| vec![n; 8]).unwrap_or_default(),
        attributes,
        ..LogRecord::default()
    }
}

pub fn logs(log_records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] }
}

pub fn request(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let resource = Resource { attributes: vec![text("service.name", "shop")], ..Resource::default() };
    let scope = InstrumentationScope { name: "test".to_owned(), ..InstrumentationScope::default() };
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }],
    }
}
