//! Phoenix: spans, one a record, with the attributes of OpenInference; nested as its JSON has them, or a column each as
//! its data frames have them.

use std::collections::BTreeMap;

use atr_core::domain::Rejection;
use atr_workers::stages::assemble::rules::span::Attributes;
use serde_json::Value;

use super::{
    Format, Mapped, Options, flat,
    report::Tally,
    spans::{self, Call, flattened, nanoseconds, unpacked},
};

pub(super) const FORMAT: Format = Format { name: "phoenix", trace_of: Some(trace_id), map };

/// Attributes that are read begin so, and what they become.
const READ: &[(&str, &str)] = &[
    ("input.", "trace.query"),
    ("output.", "trace.answer"),
    ("llm.input_messages", "trace.query"),
    ("llm.output_messages", "trace.answer"),
    ("llm.model_name", "trace.model"),
    ("llm.token_count.prompt", "trace.signals"),
    ("llm.token_count.completion", "trace.signals"),
    ("llm.finish_reason", "trace.flaw_labels"),
    ("openinference.span.kind", "step.kind"),
    ("tool.", "steps"),
    ("tool_call.", "steps"),
    ("retrieval.documents", "steps"),
    ("reranker.output_documents", "steps"),
    ("gen_ai.", "as docs/otlp.md says"),
    ("atr.", "as docs/otlp.md says"),
];

/// A span's own fields that are read, flattened.
const OWN: &[(&str, &str)] = &[
    ("context.trace_id", "trace.external_id"),
    ("context.span_id", "step.span_id"),
    ("parent_id", "step.called_by_span_id"),
    ("start_time", "the order of steps"),
    ("end_time", "trace.occurred_at"),
    ("status_code", "trace.flaw_labels"),
    ("span_kind", "step.kind"),
];

fn trace_id(record: &Value) -> Option<String> {
    at(record, "context", "trace_id").and_then(flat::text)
}

/// A field within another, also where the two are one column.
fn at<'a>(record: &'a Value, outer: &str, inner: &str) -> Option<&'a Value> {
    record.get(format!("{outer}.{inner}")).or_else(|| record.get(outer)?.get(inner))
}

fn map(records: &[Value], options: &Options, tally: &mut Tally) -> Result<Mapped, Rejection> {
    let id = records.iter().find_map(trace_id);
    let id = id.ok_or_else(|| Rejection::new("context.trace_id", "is missing: a record is a span of a trace"))?;
    // A span may be exported twice.
    let mut calls = BTreeMap::new();
    for record in records {
        let call = call(record, tally);
        calls.insert(call.id.clone(), call);
    }
    let trace = spans::trace(format!("phoenix:{id}"), "phoenix", calls.into_values().collect(), &[], options)?;
    Ok(Mapped { trace, reviews: vec![] })
}

fn call(record: &Value, tally: &mut Tally) -> Call {
    let mut all = Attributes::new();
    for (name, value) in record.as_object().into_iter().flatten() {
        // The values of some columns are lists and objects written as JSON.
        let value =
            if name.contains("messages") || name.contains("documents") { unpacked(value) } else { value.clone() };
        flattened(&value, name, &mut all);
    }
    let (mut attributes, mut own) = (Attributes::new(), Attributes::new());
    for (name, value) in all.into_iter().filter(|(_, value)| flat::is_given(value)) {
        match name.strip_prefix("attributes.") {
            Some(attribute) => {
                let told = READ.iter().find(|(begins, _)| attribute.starts_with(begins));
                let shown = without_numbers(&name);
                match told {
                    Some((_, to)) => tally.took(&shown, to),
                    None => tally.left(&shown, flat::NO_PLACE),
                }
                attributes.insert(attribute.to_owned(), value);
            }
            None => {
                match OWN.iter().find(|(field, _)| *field == name) {
                    Some((_, to)) => tally.took(&name, to),
                    None => tally.left(&without_numbers(&name), flat::NO_PLACE),
                }
                own.insert(name, value);
            }
        }
    }
    if let Some(kind) = own.get("span_kind") {
        attributes.entry("openinference.span.kind".to_owned()).or_insert_with(|| kind.clone());
    }
    let text = |name: &str| own.get(name).and_then(flat::text);
    let start = own.get("start_time").and_then(nanoseconds).unwrap_or_default();
    Call {
        id: text("context.span_id").or_else(|| text("id")).unwrap_or_default(),
        parent: text("parent_id"),
        start,
        end: own.get("end_time").and_then(nanoseconds).unwrap_or(start),
        failed: text("status_code").as_deref() == Some("ERROR"),
        attributes,
    }
}

/// A name of the report: the places in a list are one field.
fn without_numbers(name: &str) -> String {
    name.split('.').map(|part| if part.parse::<usize>().is_ok() { "N" } else { part }).collect::<Vec<_>>().join(".")
}
