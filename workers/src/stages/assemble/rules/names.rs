//! The attributes that are read, by what they tell. Of several names the first that is there counts: the names of the
//! OpenTelemetry GenAI conventions, then what they replaced, then OpenInference's. Our own begin with `atr.`.

use serde_json::Value;

use super::span::{Attributes, Span};

/// The model that answered.
pub const MODEL: &[&str] =
    &["gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "embedding.model_name", "llm.request.model"];
/// What a span does.
pub const OPERATION: &[&str] =
    &["gen_ai.operation.name", "openinference.span.kind", "llm.request.type", "traceloop.span.kind"];
/// The messages that a model was given.
pub const INPUT_MESSAGES: &[&str] = &["gen_ai.input.messages", "gen_ai.prompt"];
/// The messages that it answered.
pub const OUTPUT_MESSAGES: &[&str] = &["gen_ai.output.messages", "gen_ai.completion"];
/// Why it stopped.
pub const FINISH_REASONS: &[&str] =
    &["gen_ai.response.finish_reasons", "llm.finish_reason", "gen_ai.response.finish_reason"];
/// Tokens that it was given.
pub const INPUT_TOKENS: &[&str] =
    &["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"];
/// Tokens that it gave.
pub const OUTPUT_TOKENS: &[&str] =
    &["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion"];
/// A tool's name.
pub const TOOL_NAME: &[&str] = &["gen_ai.tool.name", "tool.name", "tool_call.function.name"];
/// The call that a tool answers.
pub const TOOL_CALL: &[&str] = &["gen_ai.tool.call.id", "tool.id", "tool_call.id"];
/// What a tool was given.
pub const TOOL_ARGUMENTS: &[&str] =
    &["gen_ai.tool.call.arguments", "tool_call.function.arguments", "input.value", "traceloop.entity.input"];
/// What a tool gave.
pub const TOOL_RESULT: &[&str] = &["gen_ai.tool.call.result", "output.value", "traceloop.entity.output"];
/// What was looked up.
pub const RETRIEVAL_QUERY: &[&str] = &["gen_ai.retrieval.query.text", "input.value"];
/// What was found.
pub const RETRIEVED: &[&str] = &["gen_ai.retrieval.documents"];
/// The model's own confidence, 0 to 1.
pub const CONFIDENCE: &[&str] = &["atr.confidence"];
/// Natural logarithms of the probabilities of the answer's tokens.
pub const LOGPROBS: &[&str] = &["atr.logprobs"];
/// Their mean.
pub const MEAN_LOGPROB: &[&str] = &["atr.mean_logprob"];
/// The least of them.
pub const MIN_LOGPROB: &[&str] = &["atr.min_logprob"];
/// The entropy of the answer.
pub const ENTROPY: &[&str] = &["atr.entropy"];
/// Flaws that the sender suspects.
pub const FLAW_LABELS: &[&str] = &["atr.flaw_labels"];
/// The field of knowledge.
pub const DOMAIN: &[&str] = &["atr.domain"];
/// BCP 47 tag of the answer.
pub const LANGUAGE: &[&str] = &["atr.language"];
/// The name of a group of answers to one query.
pub const GROUP: &[&str] = &["atr.group"];
/// Under what terms the answer may be trained on.
pub const LICENCE: &[&str] = &["atr.licence"];
/// The system that sent it, of the resource.
pub const SOURCE: &[&str] = &["service.name"];
/// The event that tells what an evaluation found, and its parts.
pub const EVALUATION: &str = "gen_ai.evaluation.result";
/// What was evaluated.
pub const EVALUATION_NAME: &[&str] = &["gen_ai.evaluation.name"];
/// With which score.
pub const EVALUATION_SCORE: &[&str] = &["gen_ai.evaluation.score.value"];
/// With which label.
pub const EVALUATION_LABEL: &[&str] = &["gen_ai.evaluation.score.label"];

/// The first of these attributes that is there.
pub fn first<'a>(of: &'a Attributes, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| of.get(*name)).filter(|value| !value.is_null())
}

/// The same as a text that is not blank; what is no text is given as JSON.
pub fn text(of: &Attributes, names: &[&str]) -> Option<String> {
    first(of, names).map(as_text).filter(|text| !text.trim().is_empty())
}

/// The same as a number; some senders write numbers as texts.
pub fn number(of: &Attributes, names: &[&str]) -> Option<f64> {
    match first(of, names)? {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_f64(),
    }
    .filter(|number: &f64| number.is_finite())
}

/// The same of a span, or of what it ran in.
pub fn told(by: &Span, names: &[&str]) -> Option<String> {
    text(&by.attributes, names).or_else(|| text(&by.resource, names))
}

/// A value as people read it.
pub fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A list, also one that is written as a JSON text, or of one.
pub fn list(of: &Attributes, names: &[&str]) -> Vec<Value> {
    match first(of, names) {
        None => vec![],
        Some(Value::Array(items)) => items.clone(),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(Value::Array(items)) => items,
            Ok(Value::Null) => vec![],
            _ => vec![text.clone().into()],
        },
        Some(other) => vec![other.clone()],
    }
}
