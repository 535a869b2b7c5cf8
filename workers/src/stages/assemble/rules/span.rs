//! Spans as they are read: OTLP's messages with their attributes as JSON values.

use std::collections::BTreeMap;

use atr_core::{domain::span::SpanId, hash::hex};
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value as Any},
    logs::v1::ResourceLogs,
    trace::v1::{ResourceSpans, status::StatusCode},
};
use prost::Message as _;
use serde_json::{Map, Value, json};

/// Attributes by name.
pub type Attributes = BTreeMap<String, Value>;

/// A span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span {
    /// Its id, 16 hex digits.
    pub id: String,
    /// The id of the span that called it.
    pub parent: Option<String>,
    /// When it began, in nanoseconds since 1970.
    pub start: u64,
    /// When it ended.
    pub end: u64,
    /// Whether its status is an error.
    pub failed: bool,
    /// Its attributes.
    pub attributes: Attributes,
    /// Those of what it ran in.
    pub resource: Attributes,
    /// What happened in it, in order.
    pub events: Vec<Event>,
}

/// A log record that tells of a trace.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// The span it tells of, 16 hex digits.
    pub span: Option<String>,
    /// When, in nanoseconds since 1970.
    pub at: u64,
    /// What it tells.
    pub event: Event,
}

impl Record {
    /// Decodes the record of a staged `ResourceLogs` message. What its body tells is read as its attributes are.
    ///
    /// # Errors
    /// If it is no such message.
    pub fn decode(content: &[u8]) -> Result<Self, prost::DecodeError> {
        let message = ResourceLogs::decode(content)?;
        let record = message.scope_logs.into_iter().flat_map(|scope| scope.log_records).next().unwrap_or_default();
        let mut told = match record.body.map(value) {
            Some(Value::Object(fields)) => fields.into_iter().collect(),
            _ => Attributes::new(),
        };
        told.extend(attributes(record.attributes));
        let name = if record.event_name.is_empty() { told.get("event.name").map(super::names::as_text) } else { None };
        Ok(Self {
            span: span_id(&record.span_id),
            at: if record.time_unix_nano == 0 { record.observed_time_unix_nano } else { record.time_unix_nano },
            event: Event { name: name.unwrap_or(record.event_name), attributes: told },
        })
    }
}

/// Something that happened in a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event {
    /// What.
    pub name: String,
    /// Its attributes.
    pub attributes: Attributes,
}

impl Span {
    /// Decodes the span of a staged `ResourceSpans` message.
    ///
    /// # Errors
    /// If it is no such message, or holds no span.
    pub fn decode(content: &[u8]) -> Result<Self, prost::DecodeError> {
        let message = ResourceSpans::decode(content)?;
        let resource = message.resource.map(|resource| attributes(resource.attributes)).unwrap_or_default();
        let span = message.scope_spans.into_iter().flat_map(|scope| scope.spans).next().unwrap_or_default();
        let failed = span.status.is_some_and(|status| status.code == StatusCode::Error as i32);
        let parent = span_id(&span.parent_span_id);
        Ok(Self {
            id: hex(&span.span_id),
            parent,
            start: span.start_time_unix_nano,
            end: span.end_time_unix_nano,
            failed,
            attributes: attributes(span.attributes),
            resource,
            events: span
                .events
                .into_iter()
                .map(|event| Event { name: event.name, attributes: attributes(event.attributes) })
                .collect(),
        })
    }
}

/// An id in hex; none where it is not given.
fn span_id(bytes: &[u8]) -> Option<String> {
    SpanId::from_bytes(bytes).ok().map(|id| id.to_string())
}

fn attributes(sent: Vec<KeyValue>) -> Attributes {
    sent.into_iter().map(|pair| (pair.key, pair.value.map_or(Value::Null, value))).collect()
}

fn value(sent: AnyValue) -> Value {
    match sent.value {
        None | Some(Any::StringValueStrindex(_)) => Value::Null,
        Some(Any::StringValue(text)) => text.into(),
        Some(Any::BoolValue(is)) => is.into(),
        Some(Any::IntValue(number)) => number.into(),
        Some(Any::DoubleValue(number)) => json!(number),
        Some(Any::ArrayValue(list)) => list.values.into_iter().map(value).collect(),
        Some(Any::KvlistValue(list)) => Value::Object(
            list.values
                .into_iter()
                .map(|pair| (pair.key, pair.value.map_or(Value::Null, value)))
                .collect::<Map<_, _>>(),
        ),
        Some(Any::BytesValue(bytes)) => hex(&bytes).into(),
    }
}
