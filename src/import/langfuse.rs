//! Langfuse: traces, observations and scores as its tables and its API give them, together or in files of their own.

use atr_core::domain::{Rejection, review::ReviewInput};
use atr_workers::stages::assemble::rules::{compose::Evaluation, message::Message, names, span::Attributes};
use serde_json::{Map, Value};

use super::{
    Format, Mapped, Options, flat,
    report::Tally,
    said::{self, Said},
    spans::{self, Call, first, nanoseconds, unpacked},
};

pub(super) const FORMAT: Format = Format { name: "langfuse", trace_of: Some(trace_id), map };

type Fields = Map<String, Value>;

const NO_TEXT: &str = "it is no text, no list of messages, and has no field by whose name one can be told";
const NOBODY: &str = "is of nobody's name: a score has a name";

/// Fields that hold the text of what went in, and of what came out, where it is an object.
const IN: &[&str] = &["messages", "query", "question", "prompt", "input", "text", "content"];
const OUT: &[&str] =
    &["choices", "messages", "answer", "output", "response", "completion", "result", "text", "content"];

/// Fields of traces and observations that are read, and what they become.
const READ: &[(&str, &str)] = &[
    ("id", "trace.external_id"),
    ("traceId", "trace.external_id"),
    ("trace_id", "trace.external_id"),
    ("type", "step.kind"),
    ("startTime", "the order of steps"),
    ("start_time", "the order of steps"),
    ("endTime", "trace.occurred_at"),
    ("end_time", "trace.occurred_at"),
    ("timestamp", "trace.occurred_at"),
    ("parentObservationId", "step.called_by_span_id"),
    ("parent_observation_id", "step.called_by_span_id"),
    ("input", "trace.query"),
    ("output", "trace.answer"),
    ("model", "trace.model"),
    ("providedModelName", "trace.model"),
    ("provided_model_name", "trace.model"),
    ("usageDetails", "trace.signals"),
    ("usage", "trace.signals"),
    ("inputTokens", "trace.signals"),
    ("outputTokens", "trace.signals"),
    ("inputUsage", "trace.signals"),
    ("outputUsage", "trace.signals"),
    ("promptTokens", "trace.signals"),
    ("completionTokens", "trace.signals"),
    ("level", "trace.flaw_labels"),
];

/// Fields of the tables that are read by nothing here; what is no field of theirs is a score, named by its column.
const UNREAD: &[&str] = &[
    "name",
    "userId",
    "user_id",
    "sessionId",
    "session_id",
    "release",
    "version",
    "environment",
    "tags",
    "bookmarked",
    "public",
    "metadata",
    "latency",
    "inputCost",
    "outputCost",
    "totalCost",
    "errorCount",
    "warningCount",
    "defaultCount",
    "debugCount",
    "observationCount",
    "totalTokens",
    "totalUsage",
    "projectId",
    "project_id",
    "htmlPath",
    "comments",
    "traceName",
    "traceTags",
    "traceTimestamp",
    "modelParameters",
    "statusMessage",
    "completionStartTime",
    "createdAt",
    "updatedAt",
    "costDetails",
    "providedCostDetails",
    "providedUsageDetails",
    "modelId",
    "internalModelId",
    "inputPrice",
    "outputPrice",
    "totalPrice",
    "promptId",
    "promptName",
    "promptVersion",
    "timeToFirstToken",
    "tokensPerSecond",
    "unit",
    "calculatedInputCost",
    "calculatedOutputCost",
    "calculatedTotalCost",
    "externalId",
    "isRootObservation",
    "toolDefinitions",
    "toolCalls",
    "toolCallNames",
    "usagePricingTierId",
    "usagePricingTierName",
    "countEvaluations",
    "toolCallsCount",
    "toolDefinitionsCount",
    "observations",
    "scores",
    "trace",
];

enum Kind {
    Trace,
    Observation,
    Score,
}

fn kind(of: &Fields) -> Kind {
    let has = |names: &[&str]| names.iter().any(|name| of.contains_key(*name));
    let of_trace = has(&["traceId", "trace_id"]);
    match () {
        () if of_trace && has(&["startTime", "start_time", "type"]) => Kind::Observation,
        () if has(&["dataType", "data_type", "stringValue", "string_value"]) && has(&["name"]) => Kind::Score,
        () if of_trace && has(&["value"]) => Kind::Score,
        () if of_trace => Kind::Observation,
        () => Kind::Trace,
    }
}

fn trace_id(record: &Value) -> Option<String> {
    let of = record.as_object()?;
    let id = first(of, &["traceId", "trace_id"]).map(|(_, id)| id);
    let whole = || of.get("trace").and_then(|trace| trace.get("id"));
    id.or_else(whole).or_else(|| of.get("id").filter(|_| matches!(kind(of), Kind::Trace))).and_then(flat::name)
}

fn map(records: &[Value], options: &Options, tally: &mut Tally) -> Result<Mapped, Rejection> {
    let id = records.iter().find_map(trace_id);
    let id = id.ok_or_else(|| Rejection::new("traceId", "is missing: observations and scores name their trace"))?;
    let external_id = format!("langfuse:{id}");
    let mut read = Read { calls: vec![], evaluations: vec![], reviews: vec![], external_id: &external_id, options };
    for record in records.iter().filter_map(Value::as_object) {
        read.record(record, tally);
    }
    // Observations that nothing called are called by the trace.
    let Read { mut calls, evaluations, reviews, .. } = read;
    let root = calls.iter().any(|call| call.id == ROOT);
    for call in calls.iter_mut().filter(|call| call.parent.is_none() && call.id != ROOT) {
        call.parent = root.then(|| ROOT.to_owned());
    }
    let trace = spans::trace(external_id.clone(), "langfuse", calls, &evaluations, options)?;
    Ok(Mapped { trace, reviews })
}

/// The id of the call that the trace itself is.
const ROOT: &str = "trace";

struct Read<'a> {
    calls: Vec<Call>,
    evaluations: Vec<Evaluation>,
    reviews: Vec<ReviewInput>,
    external_id: &'a str,
    options: &'a Options,
}

impl Read<'_> {
    fn record(&mut self, of: &Fields, tally: &mut Tally) {
        let listed = |name: &str| of.get(name).and_then(Value::as_array).into_iter().flatten();
        match kind(of) {
            Kind::Score => return self.score(of, tally),
            Kind::Observation => self.call(of, false, tally),
            Kind::Trace => {
                let whole = of.get("trace").and_then(Value::as_object);
                self.call(whole.unwrap_or(of), true, tally);
                listed("observations").filter_map(Value::as_object).for_each(|one| self.call(one, false, tally));
            }
        }
        listed("scores").filter_map(Value::as_object).for_each(|one| self.score(one, tally));
        self.columns(of, tally);
    }

    fn call(&mut self, of: &Fields, is_root: bool, tally: &mut Tally) {
        for (name, _) in of.iter().filter(|(_, value)| flat::is_given(value)) {
            match READ.iter().find(|(read, _)| read == name) {
                Some((_, to)) => tally.took(name, to),
                None if UNREAD.contains(&name.as_str())
                    && !["observations", "scores", "trace"].contains(&name.as_str()) =>
                {
                    tally.left(name, flat::NO_PLACE);
                }
                None => {}
            }
        }
        let text = |names: &[&str]| first(of, names).and_then(|(_, value)| flat::name(value));
        let time = |names: &[&str]| first(of, names).and_then(|(_, value)| nanoseconds(value));
        let kind = text(&["type"]).unwrap_or_default().to_ascii_uppercase();
        let operation = match kind.as_str() {
            "GENERATION" => "LLM",
            "SPAN" => "CHAIN",
            "" if is_root => "CHAIN",
            other => other,
        };
        let mut attributes = Attributes::from([("openinference.span.kind".to_owned(), operation.into())]);
        let mut add = |name: &str, value: Value| drop(attributes.insert(name.to_owned(), value));
        for (field, role, within, to) in
            [("input", "user", IN, "gen_ai.input.messages"), ("output", "assistant", OUT, "gen_ai.output.messages")]
        {
            let Some(value) = of.get(field).filter(|value| flat::is_given(value)).map(unpacked) else { continue };
            if matches!(operation, "TOOL" | "RETRIEVER") {
                add(&format!("{field}.value"), names::as_text(&value).into());
                if let ("RETRIEVER", "output", Some(found)) = (operation, field, value.as_array()) {
                    add("gen_ai.retrieval.documents", found.clone().into());
                }
            } else {
                let messages = messages(&value, role, within);
                if messages.is_empty() {
                    tally.left(field, NO_TEXT);
                } else {
                    add(to, messages.into());
                }
            }
        }
        if operation == "TOOL" {
            add("tool.name", text(&["name"]).unwrap_or_default().into());
        }
        if let Some(model) = text(&["model", "providedModelName", "provided_model_name"]) {
            add("gen_ai.response.model", model.into());
        }
        let usage = first(of, &["usageDetails", "usage"]).map(|(_, usage)| unpacked(usage)).unwrap_or_default();
        for (names, to) in [
            (&["input", "promptTokens", "inputTokens", "inputUsage"][..], "gen_ai.usage.input_tokens"),
            (&["output", "completionTokens", "outputTokens", "outputUsage"], "gen_ai.usage.output_tokens"),
        ] {
            let inside = names.iter().find_map(|name| usage.get(*name)).filter(|tokens| !tokens.is_null());
            // A name that stands for text outside is one of tokens inside.
            let tokens = inside.or_else(|| first(of, &names[1..]).map(|(_, tokens)| tokens));
            if let Some(tokens) = tokens.filter(|tokens| tokens.as_f64() != Some(0.0)) {
                add(to, tokens.clone());
            }
        }
        let start = time(&["startTime", "start_time", "timestamp"]).unwrap_or_default();
        let parent = text(&["parentObservationId", "parent_observation_id"]);
        self.calls.push(Call {
            id: if is_root { ROOT.to_owned() } else { text(&["id"]).unwrap_or_else(|| self.calls.len().to_string()) },
            parent: parent.filter(|_| !is_root),
            start,
            end: time(&["endTime", "end_time"]).unwrap_or(start),
            // A trace's level sums up those of its observations.
            failed: text(&["level"]).as_deref() == Some("ERROR"),
            attributes,
        });
    }

    /// A score: of a person's who judges, a review where it is a verdict; else an evaluation.
    fn score(&mut self, of: &Fields, tally: &mut Tally) {
        let Some(name) = first(of, &["name"]).and_then(|(_, name)| flat::text(name)) else {
            tally.left("scores", NOBODY);
            return;
        };
        let told = format!("scores.{name}");
        let text = |names: &[&str]| first(of, names).and_then(|(_, value)| flat::text(value));
        let label = text(&["stringValue", "string_value"])
            .or_else(|| text(&["value"]).filter(|text| text.parse::<f64>().is_err()));
        if text(&["source"]).as_deref() == Some("ANNOTATION") && said::is_verdict(&name, self.options) {
            let mut answers = vec![(told, name.as_str(), label.map(Value::from).unwrap_or_default())];
            answers.extend(text(&["comment"]).map(|why| (format!("scores.{name}.comment"), "comment", why.into())));
            let by = ["authorUserId", "author_user_id"].iter().filter_map(|name| flat::name(of.get(*name)?)).collect();
            let said = Said { by, answers, seconds: None };
            self.reviews.extend(said::review(&said, self.external_id, self.options, tally));
            return;
        }
        let score = names::number(&of.clone().into_iter().collect(), &["value"]);
        // The number of a category is its place in a list.
        let is_category = text(&["dataType", "data_type"]).is_some_and(|kind| kind == "CATEGORICAL");
        tally.took(&told, "trace.signals and trace.flaw_labels");
        self.evaluations.push(Evaluation { name, score: score.filter(|_| !is_category), label });
    }

    /// The scores of a table's row, each a column of the score's name with a list of values.
    fn columns(&mut self, of: &Fields, tally: &mut Tally) {
        for (name, value) in of {
            let is_field = READ.iter().any(|(read, _)| read == name) || UNREAD.contains(&name.as_str());
            if is_field || !flat::is_given(value) {
                continue;
            }
            let Value::Array(values) = unpacked(value) else {
                tally.left(name, flat::NO_PLACE);
                continue;
            };
            for value in values {
                let (score, label) = (value.as_f64(), flat::text(&value));
                if score.is_some() || label.is_some() {
                    tally.took(name, "trace.signals and trace.flaw_labels");
                    self.evaluations.push(Evaluation { name: name.clone(), score, label });
                } else {
                    tally.left(name, flat::NO_PLACE);
                }
            }
        }
    }
}

/// What went in or came out as messages: a text, a message, a list of them, or an object that holds one of these.
fn messages(value: &Value, role: &str, within: &[&str]) -> Vec<Value> {
    let is_message = |value: &Value| value.get("role").is_some() || value.get("message").is_some_and(Value::is_object);
    match value {
        Value::String(text) if !text.trim().is_empty() => {
            vec![serde_json::json!({"role": role, "content": text})]
        }
        Value::Array(items) if items.iter().any(is_message) => {
            items.iter().filter(|item| Message::read(item, role).is_some()).cloned().collect()
        }
        Value::Object(_) if is_message(value) => vec![value.clone()],
        Value::Object(fields) => match first(fields, within) {
            Some((_, inner @ (Value::String(_) | Value::Array(_)))) => messages(inner, role, &[]),
            Some((_, inner)) if is_message(inner) => vec![inner.clone()],
            _ => vec![],
        },
        _ => vec![],
    }
}
