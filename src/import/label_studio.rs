//! Label Studio: tasks with their annotations (JSON), and a row for each annotation (JSON_MIN).

use atr_core::domain::Rejection;
use serde_json::Value;

use super::{
    Format, Mapped, Options,
    flat::{self, Field},
    report::Tally,
    said::{self, Said},
};

pub(super) const FORMAT: Format = Format { name: "label-studio", trace_of: None, map };

const SKIPPED: &str = "the annotator skipped the task";
const MACHINE: &str = "is a machine's prediction, and no person's judgement";
const REGION: &str = "marks a region, and says nothing of the answer as a whole";
/// Of an annotation's row, what is neither the task's data nor an answer.
const OF_THE_ROW: &[&str] = &["id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement"];

fn map(records: &[Value], options: &Options, tally: &mut Tally) -> Result<Mapped, Rejection> {
    let task = records.first().unwrap_or(&Value::Null);
    let id = task.get("id").and_then(flat::name);
    let id = id.ok_or_else(|| Rejection::new("id", "is missing: a task has one in an export of Label Studio"))?;
    tally.took("id", "trace.external_id");
    // Ids of tasks are those of an installation; its projects share them.
    let external_id = format!("label-studio:{id}");
    match task.get("data") {
        Some(data) if data.is_object() => whole(task, data, external_id, options, tally),
        _ => row(task, external_id, options, tally),
    }
}

fn whole(
    task: &Value,
    data: &Value,
    external_id: String,
    options: &Options,
    tally: &mut Tally,
) -> Result<Mapped, Rejection> {
    let mut told = flat::fields(data, "data");
    told.extend(flat::fields(task.get("meta").unwrap_or(&Value::Null), "meta"));
    let trace = flat::trace(external_id.clone(), "label-studio", &told, options, tally)?;
    if task.get("predictions").is_some_and(flat::is_given) {
        tally.left("predictions", MACHINE);
    }
    let given = task.get("annotations").or_else(|| task.get("completions")).and_then(Value::as_array);
    let mut reviews = vec![];
    for annotation in given.into_iter().flatten() {
        let is = |name: &str| annotation.get(name).and_then(Value::as_bool).unwrap_or_default();
        if is("was_cancelled") || is("skipped") {
            tally.left("annotations", SKIPPED);
            continue;
        }
        let mut answers = vec![];
        for result in annotation.get("result").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = result.get("from_name").and_then(Value::as_str) else { continue };
            let told = format!("annotations.{name}");
            match answer(result) {
                Some(value) => answers.push((told, name, value)),
                None => tally.left(&told, REGION),
            }
        }
        let said = Said { by: users(annotation.get("completed_by")), answers, seconds: seconds(annotation) };
        reviews.extend(said::review(&said, &external_id, options, tally));
    }
    Ok(Mapped { trace, reviews })
}

/// What a result says of the whole task; a region says it of a part.
fn answer(result: &Value) -> Option<Value> {
    let value = result.get("value")?;
    let is_region = ["start", "end", "x", "y", "points"].iter().any(|name| value.get(*name).is_some());
    let found = ["choices", "text", "rating", "number", "taxonomy"].iter().find_map(|name| value.get(*name));
    found.filter(|_| !is_region).cloned()
}

fn row(task: &Value, external_id: String, options: &Options, tally: &mut Tally) -> Result<Mapped, Rejection> {
    let all: Vec<Field<'_>> = flat::fields(task, "");
    let told: Vec<Field<'_>> = all.iter().filter(|(name, ..)| !OF_THE_ROW.contains(&name.as_str())).cloned().collect();
    // A row does not say which of its fields are answers: those that have the name of one are.
    let (answers, data): (Vec<_>, Vec<_>) = told.into_iter().partition(|(_, name, _)| said::is_asked(name, options));
    let trace = flat::trace(external_id.clone(), "label-studio", &data, options, tally)?;
    let answers = answers.into_iter().map(|(told, name, value)| (told, name, value.clone())).collect();
    let said = Said { by: users(task.get("annotator")), answers, seconds: seconds(task) };
    let reviews = said::review(&said, &external_id, options, tally).into_iter().collect();
    Ok(Mapped { trace, reviews })
}

/// The names that an export has for a user: the id, the address.
fn users(by: Option<&Value>) -> Vec<String> {
    match by {
        Some(Value::Object(user)) => {
            ["id", "email", "username"].iter().filter_map(|name| flat::name(user.get(*name)?)).collect()
        }
        by => by.and_then(flat::name).into_iter().collect(),
    }
}

fn seconds(of: &Value) -> Option<f64> {
    of.get("lead_time").and_then(Value::as_f64)
}
