//! OpenInference: numbered attributes, and the raw request and response of a call in `input.value` and `output.value`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    genai::numbered,
    message::{Call, Message, Part},
    names,
    reading::{Kind, Reading, summary},
    span::{Attributes, Span},
};

/// Adds what the span tells in this dialect, where nothing is told yet.
pub fn read(span: &Span, into: &mut Reading) {
    let attributes = &span.attributes;
    if into.input.is_empty() {
        into.input = messages(attributes, "llm.input_messages", "user");
    }
    if into.output.is_empty() {
        into.output = messages(attributes, "llm.output_messages", "assistant");
    }
    if matches!(into.kind, Kind::Model | Kind::Agent) {
        if into.input.is_empty() {
            into.input.extend(plain(attributes, "input").map(|text| Message::of("user", &text)));
        }
        if into.output.is_empty() {
            into.output.extend(plain(attributes, "output").map(|text| Message::of("assistant", &text)));
        }
    }
    into.logprobs = response_logprobs(attributes);
}

/// What is given as text, and not as the JSON of a request.
fn plain(attributes: &Attributes, which: &str) -> Option<String> {
    let kind = attributes.get(&format!("{which}.mime_type")).and_then(Value::as_str).unwrap_or("text/plain");
    let value = names::text(attributes, &[&format!("{which}.value")])?;
    let is_json = kind.contains("json") || value.trim_start().starts_with(['{', '[']);
    (!is_json).then_some(value)
}

fn messages(attributes: &Attributes, name: &str, role: &str) -> Vec<Message> {
    numbered(attributes, name).into_values().filter_map(|one| message(one.get("message")?, role)).collect()
}

fn message(sent: &Value, role: &str) -> Option<Message> {
    let text = |of: &Value, name: &str| of.get(name).map(names::as_text).filter(|text| !text.trim().is_empty());
    let role = text(sent, "role").unwrap_or_else(|| role.to_owned());
    let mut message = Message { role, parts: vec![] };
    if let Some(content) = text(sent, "content") {
        if message.role == "tool" {
            message.parts.push(Part::Response { id: text(sent, "tool_call_id"), result: content });
        } else {
            message.say(&content);
        }
    }
    for part in sent.get("contents").and_then(Value::as_array).into_iter().flatten() {
        let part = part.get("message_content").unwrap_or(part);
        match (part.get("type").and_then(Value::as_str), text(part, "text")) {
            (Some("reasoning"), Some(thought)) => message.parts.push(Part::Reasoning(thought)),
            (_, Some(said)) => message.say(&said),
            _ => {}
        }
    }
    for call in sent.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
        let call = call.get("tool_call").unwrap_or(call);
        let of = |name: &str| call.get("function").and_then(|function| text(function, name));
        if let Some(name) = of("name") {
            let arguments = of("arguments").unwrap_or_default();
            message.parts.push(Part::Call(Call { id: text(call, "id"), name, arguments }));
        }
    }
    (!message.parts.is_empty()).then_some(message)
}

/// The texts of what a retriever or reranker found, in order.
pub fn documents(attributes: &Attributes) -> Vec<String> {
    let all: Vec<BTreeMap<usize, Value>> =
        ["retrieval.documents", "reranker.output_documents"].map(|name| numbered(attributes, name)).into();
    all.into_iter()
        .flat_map(BTreeMap::into_values)
        .filter_map(|one| Some(names::as_text(one.get("document")?.get("content")?)))
        .collect()
}

/// The tokens' log-probabilities of a chat completion, where the response is recorded whole and was asked for them.
fn response_logprobs(attributes: &Attributes) -> Option<(f64, f64)> {
    let response: Value = serde_json::from_str(attributes.get("output.value")?.as_str()?).ok()?;
    let tokens = response.get("choices")?.get(0)?.get("logprobs")?.get("content")?.as_array()?;
    let logprobs: Vec<f64> = tokens.iter().filter_map(|token| token.get("logprob")?.as_f64()).collect();
    // Providers write -9999 and the like for a token that they give no probability.
    summary(&logprobs).filter(|(mean, _)| *mean <= 0.0)
}
