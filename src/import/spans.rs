//! Conversations and trees of calls: read as the spans of OpenTelemetry are, by the same rules.

use atr_core::{
    domain::{Rejection, new_trace::TraceInput, span::SpanId},
    hash,
};
use atr_workers::stages::assemble::rules::{
    compose::{Evaluation, compose},
    message::Message,
    span::{Attributes, Span},
};
use chrono::{DateTime, NaiveDateTime};
use serde_json::{Map, Value};

use super::Options;

/// The most calls of a trace.
const SPANS: usize = 5000;

/// What the messages of a conversation say last.
#[derive(Debug, Default, PartialEq)]
pub struct Turns {
    /// The user's last message before the answer.
    pub query: Option<String>,
    /// The model's last message.
    pub answer: Option<String>,
    /// Whether there is more before.
    pub earlier: bool,
}

/// Reads a list of messages; of what is none nothing is told.
pub fn turns(value: &Value) -> Turns {
    let messages: Vec<Message> = value.as_array().into_iter().flatten().filter_map(spoken).collect();
    let said = messages.iter().rposition(|message| message.role == "assistant" && message.text().is_some());
    let before = &messages[..said.unwrap_or(messages.len())];
    let asked = before.iter().rposition(|message| message.role == "user");
    Turns {
        query: asked.and_then(|at| before[at].text()),
        answer: said.and_then(|at| messages[at].text()),
        earlier: asked.is_some_and(|at| before[..at].iter().any(|message| message.role != "system")),
    }
}

/// A message that says whose it is.
fn spoken(value: &Value) -> Option<Message> {
    value.get("role").and_then(Value::as_str)?;
    Message::read(value, "")
}

/// A call that is read.
#[derive(Debug, Default)]
pub struct Call {
    /// Its id in the export.
    pub id: String,
    /// The id of the call that made it.
    pub parent: Option<String>,
    /// When it began, in nanoseconds since 1970.
    pub start: u64,
    /// When it ended.
    pub end: u64,
    /// Whether it failed.
    pub failed: bool,
    /// What it tells, by the names of the GenAI conventions or of OpenInference.
    pub attributes: Attributes,
}

/// The trace that calls make.
///
/// # Errors
/// If none of them says what was asked.
pub fn trace(
    external_id: String,
    source: &str,
    calls: Vec<Call>,
    evaluations: &[Evaluation],
    options: &Options,
) -> Result<TraceInput, Rejection> {
    if calls.len() > SPANS {
        return Err(Rejection::new(".", format!("the trace has {} calls: {SPANS} is the most", calls.len())));
    }
    // What is no span id becomes one for the tree's sake, and is not stored as one.
    let hexed = |id: &str| match id.parse::<SpanId>() {
        Ok(id) => id.to_string(),
        Err(_) => format!("-{}", &blake3::hash(id.as_bytes()).to_hex()[..16]),
    };
    let spans: Vec<Span> = calls
        .into_iter()
        .map(|call| Span {
            id: hexed(&call.id),
            parent: call.parent.as_deref().map(hexed),
            start: call.start,
            end: call.end,
            failed: call.failed,
            attributes: call.attributes,
            resource: Attributes::new(),
            events: vec![],
        })
        .collect();
    let composed = compose(&spans, evaluations)
        .ok_or_else(|| Rejection::new(".", "nothing in it says in words what was asked and what was answered"))?;
    let mut trace = composed.trace;
    for step in trace.steps.iter_mut().flatten() {
        for id in [&mut step.span_id, &mut step.called_by_span_id] {
            *id = id.take().filter(|id| id.parse::<SpanId>().is_ok());
        }
    }
    if trace.model == "unknown"
        && let Some(model) = &options.model
    {
        trace.model.clone_from(model);
    }
    trace.external_id = Some(external_id);
    trace.source = Some(source.to_owned());
    trace.domain = trace.domain.or_else(|| options.domain.clone());
    trace.licence = trace.licence.or_else(|| options.licence.clone());
    Ok(trace)
}

/// The trace of one conversation, its last answer being the model's.
///
/// # Errors
/// If the model answers nothing, or nobody asks.
pub fn conversation(
    external_id: Option<String>,
    source: &str,
    messages: Vec<Value>,
    model: Option<String>,
    options: &Options,
) -> Result<TraceInput, Rejection> {
    let answered = |message: &Value| spoken(message).is_some_and(|one| one.role == "assistant" && one.text().is_some());
    let Some(last) = messages.iter().rposition(answered) else {
        return Err(Rejection::new("messages", "holds no answer of the model: nothing can be learnt from it"));
    };
    if turns(&messages[..=last].iter().cloned().collect()).query.is_none() {
        return Err(Rejection::new("messages", "holds no question of the user before the answer"));
    }
    // By its content where it has no id: the same conversation is the same trace.
    let id = external_id.unwrap_or_else(|| hash::of_json(&messages).to_hex()[..32].to_owned());
    let mut attributes = Attributes::from([
        ("gen_ai.operation.name".to_owned(), "chat".into()),
        ("gen_ai.input.messages".to_owned(), Value::Array(messages[..last].to_vec())),
        ("gen_ai.output.messages".to_owned(), Value::Array(vec![messages[last].clone()])),
    ]);
    attributes.extend(model.map(|model| ("gen_ai.response.model".to_owned(), model.into())));
    let call = Call { id: "1".to_owned(), attributes, ..Call::default() };
    trace(format!("{source}:{id}"), source, vec![call], &[], options)
}

/// Nested objects and lists of objects as attributes by dotted names.
pub fn flattened(value: &Value, name: &str, into: &mut Attributes) {
    let within = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(part, value)| flattened(value, &within(part), into)),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().enumerate().for_each(|(at, value)| flattened(value, &within(&at.to_string()), into));
        }
        Value::Null => {}
        value => {
            into.insert(name.to_owned(), value.clone());
        }
    }
}

/// A time in nanoseconds since 1970: RFC 3339, the same without a zone (then UTC), or a number of seconds,
/// milliseconds, microseconds or nanoseconds, by its size.
pub fn nanoseconds(value: &Value) -> Option<u64> {
    let at = match value {
        Value::Number(number) => {
            // Of a number with a fraction no more than microseconds are exact.
            let about = number.as_f64().filter(|number| *number >= 0.0)?;
            let by = [1_000_000_000_u32, 1_000_000, 1000, 1]
                .into_iter()
                .find(|by| (1e17..1e19).contains(&(about * f64::from(*by))))?;
            let exact = number.as_u64().and_then(|number| number.checked_mul(by.into()));
            return exact.or_else(|| Some((about * f64::from(by)).round() as u64));
        }
        Value::String(text) => {
            let text = text.trim();
            DateTime::parse_from_rfc3339(text)
                .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f %:z"))
                .map(|at| at.to_utc())
                .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|at| at.and_utc()))
                .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(|at| at.and_utc()))
                .ok()?
        }
        _ => return None,
    };
    u64::try_from(at.timestamp_nanos_opt()?).ok()
}

/// The first of these fields that is there and tells something.
pub fn first<'a>(of: &'a Map<String, Value>, names: &[&str]) -> Option<(&'a str, &'a Value)> {
    names.iter().find_map(|name| {
        let (name, value) = of.get_key_value(*name)?;
        super::flat::is_given(value).then_some((name.as_str(), value))
    })
}

/// Values that are written as JSON in a text, as tables have them.
pub fn unpacked(value: &Value) -> Value {
    let inner = value.as_str().filter(|text| text.trim_start().starts_with(['{', '[', '"']));
    inner.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())
}
