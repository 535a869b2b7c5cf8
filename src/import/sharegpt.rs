//! ShareGPT: conversations whose turns are `from` and `value`.

use atr_core::domain::Rejection;
use serde_json::{Value, json};

use super::{Format, Mapped, Options, flat, report::Tally, spans};

pub(super) const FORMAT: Format = Format { name: "sharegpt", trace_of: None, map };

const UNKNOWN: &str = "it is of a role that is not known";

fn map(records: &[Value], options: &Options, tally: &mut Tally) -> Result<Mapped, Rejection> {
    let record = records.first().unwrap_or(&Value::Null);
    let found = ["conversations", "conversation"].iter().find_map(|name| Some((*name, record.get(*name)?.as_array()?)));
    let (field, turns) =
        found.ok_or_else(|| Rejection::new("conversations", "is no list: a record holds a conversation"))?;
    tally.took(field, "trace.query");
    tally.took(field, "trace.answer");
    let mut messages = vec![];
    for turn in turns {
        match message(turn) {
            Some(message) => messages.push(message),
            None => tally.left(field, UNKNOWN),
        }
    }
    if let Some(prompt) = record.get("system").and_then(flat::text) {
        messages.insert(0, json!({"role": "system", "content": prompt}));
    }
    if spans::turns(&Value::Array(messages.clone())).earlier {
        tally.left(field, flat::EARLIER);
    }
    let id = record.get("id").and_then(flat::name);
    if id.is_some() {
        tally.took("id", "trace.external_id");
    }
    let model = record.get("model").and_then(flat::text);
    if model.is_some() {
        tally.took("model", "trace.model");
    }
    for (name, ..) in flat::fields(record, "") {
        if ![field, "id", "model"].contains(&name.as_str()) {
            tally.left(&name, flat::NO_PLACE);
        }
    }
    let trace = spans::conversation(id, "sharegpt", messages, model, options)?;
    Ok(Mapped { trace, reviews: vec![] })
}

/// A turn as a message of a chat.
fn message(turn: &Value) -> Option<Value> {
    let by = turn.get("from").or_else(|| turn.get("role"))?.as_str()?;
    let said = turn.get("value").or_else(|| turn.get("content"))?.as_str()?;
    let role = match by.to_ascii_lowercase().as_str() {
        "human" | "user" | "prompter" => "user",
        "gpt" | "assistant" | "chatgpt" | "bing" | "bard" | "model" | "bot" => "assistant",
        "system" => "system",
        "tool" | "observation" | "function_response" => "tool",
        "function_call" => {
            let call: Value = serde_json::from_str(said).ok().filter(|call: &Value| call.get("name").is_some())?;
            return Some(json!({"role": "assistant", "tool_calls": [{"function": call}]}));
        }
        _ => return None,
    };
    Some(json!({"role": role, "content": said}))
}
