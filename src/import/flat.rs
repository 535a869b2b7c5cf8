//! Records that are a question and an answer in fields of any name, as annotation tools have them.

use atr_core::domain::{Rejection, new_trace::TraceInput};
use serde_json::Value;

use super::{Options, report::Tally, spans};

const QUERY: &[&str] =
    &["query", "question", "prompt", "instruction", "input", "user_input", "user_query", "problem", "messages", "chat"];
const ANSWER: &[&str] =
    &["answer", "response", "completion", "output", "generation", "prediction", "model_answer", "model_response"];
const MODEL: &[&str] = &["model", "model_name", "model_id", "generation_model"];
const DOMAIN: &[&str] = &["domain", "topic", "category"];
const LANGUAGE: &[&str] = &["language", "lang"];
const LICENCE: &[&str] = &["licence", "license"];
const CONFIDENCE: &[&str] = &["confidence"];

/// Why most fields are left out.
pub const NO_PLACE: &str = "has no place in a trace or a review";
/// Why a conversation is not taken whole.
pub const EARLIER: &str = "the last question and its answer are taken; what was said before is not";

/// A field of a record: its name as the report tells it, its bare name, what it holds.
pub type Field<'a> = (String, &'a str, &'a Value);

/// The fields of an object, told with the name of what holds them.
pub fn fields<'a>(of: &'a Value, within: &str) -> Vec<Field<'a>> {
    let told = |name: &str| if within.is_empty() { name.to_owned() } else { format!("{within}.{name}") };
    let fields = of.as_object().into_iter().flatten();
    fields.filter(|(_, value)| is_given(value)).map(|(name, value)| (told(name), name.as_str(), value)).collect()
}

/// Whether a value tells anything.
pub fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}

/// The trace that fields make; the names of those that are left are told.
///
/// # Errors
/// If no field holds a question, or none an answer.
pub fn trace(
    external_id: String,
    source: &str,
    sent: &[Field<'_>],
    options: &Options,
    tally: &mut Tally,
) -> Result<TraceInput, Rejection> {
    let find = |given: Option<&String>, usual: &[&str]| match given {
        Some(name) => sent.iter().position(|(told, bare, _)| bare == name || told == name),
        None => usual.iter().find_map(|usual| sent.iter().position(|(_, bare, _)| bare.eq_ignore_ascii_case(usual))),
    };
    let mut used = vec![];
    let asked = find(options.query.as_ref(), QUERY).ok_or_else(|| {
        Rejection::new("query", "no field has a name by which a question is told: say which it is by --query FIELD")
    })?;
    used.push(asked);
    let turns = spans::turns(sent[asked].2);
    let question = turns.query.or_else(|| text(sent[asked].2)).ok_or_else(|| {
        Rejection::new(sent[asked].0.clone(), "holds neither a text nor messages of which one is the user's")
    })?;
    tally.took(&sent[asked].0, "trace.query");
    if turns.earlier {
        tally.left(&sent[asked].0, EARLIER);
    }
    let answered = find(options.answer.as_ref(), ANSWER).filter(|at| *at != asked);
    let answer = match answered {
        Some(at) => {
            used.push(at);
            tally.took(&sent[at].0, "trace.answer");
            spans::turns(sent[at].2).answer.or_else(|| text(sent[at].2)).ok_or_else(|| {
                Rejection::new(sent[at].0.clone(), "holds neither a text nor messages of which one is the model's")
            })?
        }
        None => {
            let said = turns.answer.ok_or_else(|| {
                Rejection::new("answer", "no field has a name by which an answer is told: say which by --answer FIELD")
            })?;
            tally.took(&sent[asked].0, "trace.answer");
            said
        }
    };
    let mut take = |usual: &[&str], to: &'static str| {
        let at = find(None, usual).filter(|at| !used.contains(at) && text(sent[*at].2).is_some())?;
        used.push(at);
        tally.took(&sent[at].0, to);
        text(sent[at].2)
    };
    let model = take(MODEL, "trace.model").or_else(|| options.model.clone());
    let domain = take(DOMAIN, "trace.domain").or_else(|| options.domain.clone());
    let language = take(LANGUAGE, "trace.language");
    let licence = take(LICENCE, "trace.licence").or_else(|| options.licence.clone());
    let confidence = find(None, CONFIDENCE).filter(|at| !used.contains(at)).and_then(|at| {
        let share = sent[at].2.as_f64().filter(|share| (0.0..=1.0).contains(share))?;
        used.push(at);
        tally.took(&sent[at].0, "trace.confidence");
        Some(share)
    });
    for (at, (told, ..)) in sent.iter().enumerate() {
        if !used.contains(&at) {
            tally.left(told, NO_PLACE);
        }
    }
    Ok(TraceInput {
        external_id: Some(external_id),
        model: model.unwrap_or_else(|| "unknown".to_owned()),
        query: question,
        answer,
        domain,
        language,
        licence,
        confidence,
        source: Some(source.to_owned()),
        ..TraceInput::default()
    })
}

/// A text that is not blank.
pub fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// A text or a number, as a name.
pub fn name(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        value => text(value),
    }
}
