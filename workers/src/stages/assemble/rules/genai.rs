//! The OpenTelemetry GenAI conventions, and what they replaced: messages as JSON in an attribute, as numbered
//! attributes (`gen_ai.prompt.0.content`), or as events of the span (`gen_ai.user.message`, `gen_ai.choice`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    message::Message,
    names,
    reading::Reading,
    span::{Attributes, Span},
};

/// Events that hold what `gen_ai.input.messages` and its like hold on spans.
const DETAILS: &str = "gen_ai.client.inference.operation.details";

/// Adds what the span tells in this dialect.
pub fn read(span: &Span, into: &mut Reading) {
    messages(&span.attributes, into);
    for event in &span.events {
        match event.name.as_str() {
            DETAILS | "gen_ai.content.prompt" | "gen_ai.content.completion" => messages(&event.attributes, into),
            "gen_ai.choice" => into.output.extend(event_message(&event.attributes, "assistant")),
            name => {
                let role = name.strip_prefix("gen_ai.").and_then(|name| name.strip_suffix(".message"));
                if let Some(role) = role {
                    into.input.extend(event_message(&event.attributes, role));
                }
            }
        }
    }
}

fn messages(attributes: &Attributes, into: &mut Reading) {
    if into.input.is_empty() {
        into.input = listed(attributes, names::INPUT_MESSAGES, "user");
    }
    if into.output.is_empty() {
        for choice in names::list(attributes, names::OUTPUT_MESSAGES) {
            into.finish_reasons.extend(choice.get("finish_reason").and_then(Value::as_str).map(str::to_owned));
        }
        into.output = listed(attributes, names::OUTPUT_MESSAGES, "assistant");
    }
}

/// Messages in one attribute, else in numbered ones.
fn listed(attributes: &Attributes, of: &[&str], role: &str) -> Vec<Message> {
    let whole: Vec<Message> =
        names::list(attributes, of).iter().filter_map(|message| Message::read(message, role)).collect();
    if !whole.is_empty() {
        return whole;
    }
    of.iter()
        .map(|name| numbered(attributes, name))
        .find(|messages| !messages.is_empty())
        .into_iter()
        .flat_map(BTreeMap::into_values)
        .filter_map(|message| Message::read(&message, role))
        .collect()
}

/// `name.0.a.b` as the object `{a: {b: …}}` under 0; numbers within make lists.
pub fn numbered(attributes: &Attributes, name: &str) -> BTreeMap<usize, Value> {
    let prefix = format!("{name}.");
    let mut found = BTreeMap::new();
    for (key, value) in attributes.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix)) {
        let Some((number, rest)) = key[prefix.len()..].split_once('.') else { continue };
        let Ok(number) = number.parse() else { continue };
        let mut place = found.entry(number).or_insert_with(|| Value::Object(Map::new()));
        for step in rest.split('.') {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(fields) = place else { break };
            place = fields.entry(step).or_insert(Value::Null);
        }
        *place = value.clone();
    }
    found.into_iter().map(|(number, value)| (number, lists(value))).collect()
}

/// Objects whose keys are all numbers become lists.
fn lists(value: Value) -> Value {
    let Value::Object(fields) = value else { return value };
    let places: Option<BTreeMap<usize, Value>> =
        fields.iter().map(|(key, value)| Some((key.parse().ok()?, value.clone()))).collect();
    match places.filter(|places| !places.is_empty()) {
        Some(places) => places.into_values().map(lists).collect(),
        None => Value::Object(fields.into_iter().map(|(key, value)| (key, lists(value))).collect()),
    }
}

/// The message of an event: its fields are attributes, some of them JSON texts.
fn event_message(attributes: &Attributes, role: &str) -> Option<Message> {
    let mut fields: Map<String, Value> = attributes
        .iter()
        .map(|(name, value)| {
            let parsed = value.as_str().filter(|text| text.starts_with(['{', '['])).map(serde_json::from_str);
            (name.clone(), parsed.and_then(Result::ok).unwrap_or_else(|| value.clone()))
        })
        .collect();
    fields.entry("role").or_insert_with(|| role.into());
    Message::read(&Value::Object(fields), role)
}
