//! Argilla: records as `Dataset.records.to_json` and `to_list` write them, nested or flattened.

use std::collections::BTreeMap;

use atr_core::domain::Rejection;
use serde_json::Value;

use super::{
    Format, Mapped, Options,
    flat::{self, Field},
    report::Tally,
    said::{self, Said},
};

pub(super) const FORMAT: Format = Format { name: "argilla", trace_of: None, map };

const MACHINE: &str = "is a machine's suggestion, and no person's judgement";
const NOT_SUBMITTED: &str = "the response was not submitted";
const TOOL: &str = "tells of the tool, not of the answer";

fn map(records: &[Value], options: &Options, tally: &mut Tally) -> Result<Mapped, Rejection> {
    let record = records.first().unwrap_or(&Value::Null);
    let id = ["id", "_server_id"].iter().find_map(|name| {
        let id = record.get(*name).and_then(flat::name)?;
        tally.took(name, "trace.external_id");
        Some(id)
    });
    let id = id.ok_or_else(|| Rejection::new("id", "is missing: export records with their ids"))?;
    let external_id = format!("argilla:{id}");
    let (told, answers) = if record.get("fields").is_some_and(Value::is_object) {
        (nested(record, tally), responses(record))
    } else {
        (flattened(record, tally), flat_responses(record, tally))
    };
    let trace = flat::trace(external_id.clone(), "argilla", &told, options, tally)?;
    let reviews = by_user(answers)
        .into_iter()
        .filter_map(|(user, answers)| {
            let said = Said { by: vec![user], answers, seconds: None };
            said::review(&said, &external_id, options, tally)
        })
        .collect();
    Ok(Mapped { trace, reviews })
}

/// A question, who answered, and what.
type Answer<'a> = (&'a str, String, Value);

fn by_user(answers: Vec<Answer<'_>>) -> BTreeMap<String, Vec<(String, &str, Value)>> {
    let mut users: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (question, user, value) in answers {
        users.entry(user).or_default().push((format!("responses.{question}"), question, value));
    }
    users
}

fn nested<'a>(record: &'a Value, tally: &mut Tally) -> Vec<Field<'a>> {
    for (name, _, _) in flat::fields(record.get("suggestions").unwrap_or(&Value::Null), "suggestions") {
        tally.left(&name, MACHINE);
    }
    for name in ["status", "vectors", "score"] {
        if record.get(name).is_some_and(flat::is_given) {
            tally.left(name, TOOL);
        }
    }
    ["fields", "metadata"]
        .into_iter()
        .flat_map(|part| flat::fields(record.get(part).unwrap_or(&Value::Null), part))
        .collect()
}

fn responses(record: &Value) -> Vec<Answer<'_>> {
    let questions = record.get("responses").and_then(Value::as_object);
    questions
        .into_iter()
        .flatten()
        .flat_map(|(question, given)| given.as_array().into_iter().flatten().map(move |one| (question, one)))
        .filter_map(|(question, one)| {
            let user = one.get("user_id").and_then(flat::name).unwrap_or_default();
            Some((question.as_str(), user, one.get("value").filter(|value| flat::is_given(value))?.clone()))
        })
        .collect()
}

/// What a name of a flattened record is of, beside its fields.
const PARTS: &[&str] =
    &[".responses", ".responses.users", ".responses.status", ".suggestion", ".suggestion.score", ".suggestion.agent"];

fn flattened<'a>(record: &'a Value, tally: &mut Tally) -> Vec<Field<'a>> {
    let mut told = flat::fields(record, "");
    told.retain(|(name, ..)| {
        if name.contains(".suggestion") {
            tally.left(name, MACHINE);
        } else if ["status", "score"].contains(&name.as_str()) {
            tally.left(name, TOOL);
        }
        let is_part = PARTS.iter().any(|part| name.ends_with(part));
        !is_part && !["id", "_server_id", "status", "score"].contains(&name.as_str())
    });
    told
}

fn flat_responses<'a>(record: &'a Value, tally: &mut Tally) -> Vec<Answer<'a>> {
    let mut answers = vec![];
    for (name, value) in record.as_object().into_iter().flatten() {
        let Some(question) = name.strip_suffix(".responses") else { continue };
        let beside = |part: &str, at: usize| record.get(format!("{name}.{part}"))?.get(at).and_then(flat::name);
        for (at, given) in value.as_array().into_iter().flatten().enumerate().filter(|(_, given)| flat::is_given(given))
        {
            if beside("status", at).is_some_and(|status| status != "submitted") {
                tally.left(name, NOT_SUBMITTED);
            } else {
                answers.push((question, beside("users", at).unwrap_or_default(), given.clone()));
            }
        }
    }
    answers
}
