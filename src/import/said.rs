//! What people and programs said of an answer: which of it is a verdict, and who said it.

use atr_core::{
    domain::review::{ReviewInput, Severity, Verdict},
    hash,
};
use serde_json::{Value, json};

use super::{Options, report::Tally};

/// Questions whose answers are verdicts, where nothing else is said.
const VERDICT: &[&str] = &["verdict", "correctness"];
const CORRECTION: &[&str] = &["corrected_answer", "correction", "corrected"];
const RATIONALE: &[&str] = &["rationale", "explanation", "comment", "comments", "reason", "notes"];
const SEVERITY: &[&str] = &["severity"];
const FLAWS: &[&str] = &["flaw_labels", "flaws", "error_types"];

const NO_VERDICT: &str = "beside it there is no verdict, so that it makes no review";
const NOT_ONE: &str = "its label is no verdict: say which it is by --verdict LABEL=VERDICT";
const NO_EXPERT: &str = "its author is nobody here: say who it is by --expert-of USER=HANDLE or --expert HANDLE";
const UNTOLD: &str = "is neither a verdict, a correction, a rationale, a severity nor a flaw label";

/// What one person said of one answer.
#[derive(Debug, Default)]
pub struct Said<'a> {
    /// Who, by the names that the export has for them.
    pub by: Vec<String>,
    /// The questions with their answers; names as they are told in the report, and bare.
    pub answers: Vec<(String, &'a str, Value)>,
    /// Time spent, in seconds.
    pub seconds: Option<f64>,
}

/// The verdict that a label is: one that is called so, or one of the options.
pub fn verdict(label: &str, options: &Options) -> Option<Verdict> {
    let lower = label.trim().to_lowercase();
    if let Some(verdict) = options.verdicts.get(&lower) {
        return Some(*verdict);
    }
    match lower.replace([' ', '-'], "_").as_str() {
        "partially_correct" => Some(Verdict::PartlyCorrect),
        word => word.parse().ok(),
    }
}

/// Whether a field of that name holds what somebody said.
pub fn is_asked(name: &str, options: &Options) -> bool {
    let lower = name.to_lowercase();
    is_verdict(name, options)
        || [CORRECTION, RATIONALE, SEVERITY, FLAWS].iter().any(|names| names.contains(&lower.as_str()))
}

/// Whether the answers to a question are verdicts.
pub fn is_verdict(name: &str, options: &Options) -> bool {
    match options.verdict_questions.as_slice() {
        [] => VERDICT.contains(&name.to_lowercase().as_str()),
        given => given.iter().any(|question| question == name),
    }
}

/// The review that it makes; nothing where no verdict can be told, or not by whom.
pub fn review(said: &Said<'_>, trace: &str, options: &Options, tally: &mut Tally) -> Option<ReviewInput> {
    let asks = |name: &str| is_verdict(name, options);
    let verdicts: Vec<_> = said.answers.iter().filter(|(_, name, _)| asks(name)).collect();
    let found = verdicts.iter().find_map(|(_, _, value)| verdict(&one_text(value)?, options));
    let expert = said.by.iter().find_map(|name| options.experts.get(name)).or(options.expert.as_ref());
    let (Some(verdict), Some(expert)) = (found, expert) else {
        for (field, name, _) in &said.answers {
            tally.left(
                field,
                if found.is_some() {
                    NO_EXPERT
                } else if asks(name) {
                    NOT_ONE
                } else {
                    NO_VERDICT
                },
            );
        }
        return None;
    };
    let mut review = ReviewInput {
        external_id: None,
        trace: None,
        trace_external_id: Some(trace.to_owned()),
        expert: expert.to_string(),
        verdict,
        severity: None,
        suspect_step: None,
        flaw_labels: vec![],
        corrected_answer: None,
        corrected_steps: None,
        citations: vec![],
        rationale: None,
        seconds_spent: said.seconds.filter(|seconds| *seconds >= 0.0),
        attachments: vec![],
        step_marks: vec![],
        claim_marks: vec![],
        guideline: None,
    };
    for (field, name, value) in &said.answers {
        let lower = name.to_lowercase();
        let is = |names: &[&str]| names.contains(&lower.as_str());
        if asks(name) {
            tally.took(field, "review.verdict");
        } else if is(CORRECTION)
            && let Some(text) = one_text(value)
        {
            review.corrected_answer = Some(text);
            tally.took(field, "review.corrected_answer");
        } else if is(RATIONALE)
            && let Some(text) = one_text(value)
        {
            review.rationale = Some(text);
            tally.took(field, "review.rationale");
        } else if is(SEVERITY)
            && let Some(severity) = one_text(value).and_then(|text| severity(&text))
        {
            review.severity = Some(severity);
            tally.took(field, "review.severity");
        } else if is(FLAWS)
            && let Some(labels) = labels(value)
        {
            review.flaw_labels = labels;
            tally.took(field, "review.flaw_labels");
        } else {
            tally.left(field, UNTOLD);
        }
    }
    // A changed mind has another id, and becomes the next revision.
    let content = hash::of_json(&json!(review)).to_hex();
    review.external_id = Some(format!("import:{}", &content[..32]));
    Some(review)
}

fn severity(text: &str) -> Option<Severity> {
    text.trim().to_lowercase().parse().ok()
}

/// A text, or a list of one.
fn one_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Array(items) => match items.as_slice() {
            [one @ Value::String(_)] => one_text(one),
            _ => None,
        },
        _ => None,
    }
}

fn labels(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}
