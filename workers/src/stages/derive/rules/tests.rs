use atr_core::{
    domain::{
        review::Verdict,
        trace::{Pillar, StepKind, Turn},
    },
    hash,
    ids::{Id, TraceId},
};
use chrono::DateTime;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn id<T: Id>() -> T {
    T::from_uuid(Uuid::nil())
}

fn trace(answer: &str, split: Split) -> Trace {
    Trace {
        id: id(),
        external_id: None,
        model: id(),
        group: None,
        split,
        pillar: Pillar::Text,
        domain: "chemistry".to_owned(),
        language: "en".to_owned(),
        query: "What is the symbol of gold?".to_owned(),
        answer: answer.to_owned(),
        confidence: None,
        signals: Default::default(),
        flaw_labels: vec![],
        context: vec![],
        attachments: vec![],
        source: "test".to_owned(),
        licence: "CC0-1.0".to_owned(),
        circular_support: false,
        content_hash: hash::of_json(&answer),
        batch: id(),
        occurred_at: None,
        received_at: DateTime::UNIX_EPOCH,
    }
}

fn steps(texts: [&str; 2]) -> Vec<Step> {
    (0..)
        .zip(texts)
        .map(|(ordinal, text)| Step {
            id: id(),
            trace: id::<TraceId>(),
            ordinal,
            key: ordinal.to_string(),
            kind: StepKind::Reasoning,
            text: text.to_owned(),
            rests_on: vec![],
            span_id: None,
            called_by_span_id: None,
            mean_logprob: None,
        })
        .collect()
}

/// The rows by format, and the case.
fn yields(trace: &Trace, steps: &[Step], right: bool, correction: Correction<'_>) -> (Value, Option<CasePurpose>) {
    let found = derive(trace, steps, right, correction, &judged(trace, steps, Chains::default(), right));
    let rows = found.examples.into_iter().map(|(format, row)| (format.word().to_owned(), row));
    (Value::Object(rows.filter(|(format, _)| format != "reward").collect()), found.case)
}

const REASONS: [&str; 2] = ["Gold is aurum in Latin.", "So its symbol begins with an A."];

#[test]
fn what_was_said_before_stands_before_the_question_in_every_row() {
    let turn = |role, text: &str| Turn { role, text: text.to_owned() };
    let context = vec![turn(Speaker::User, "Gold's?"), turn(Speaker::Assistant, "Au.")];
    let trace = Trace { context, query: "And silver's?".to_owned(), ..trace("Ag", Split::Train) };
    let (rows, _) = yields(&trace, &[], true, Correction::default());
    let expected = json!({
        "sft": {"messages": [
            {"role": "user", "content": "Gold's?"}, {"role": "assistant", "content": "Au."},
            {"role": "user", "content": "And silver's?"}, {"role": "assistant", "content": "Ag"},
        ]},
        "kto": {
            "prompt": "user: Gold's?\n\nassistant: Au.\n\nuser: And silver's?", "completion": "Ag", "label": true,
        },
    });
    assert_eq!(rows, expected);
}

#[test]
fn a_right_answer_is_learnt_from_with_its_reasoning() {
    let (rows, case) = yields(&trace("Au", Split::Train), &steps(REASONS), true, Correction::default());
    let reply = "Gold is aurum in Latin.\nSo its symbol begins with an A.\nAu";
    let expected = json!({
        "sft": {"messages": [
            {"role": "user", "content": "What is the symbol of gold?"}, {"role": "assistant", "content": reply}
        ]},
        "kto": {"prompt": "What is the symbol of gold?", "completion": reply, "label": true},
    });
    assert_eq!((rows, case), (expected, None));
}

#[test]
fn a_wrong_answer_is_set_against_its_correction_and_becomes_a_regression_case() {
    let correction = Correction { answer: Some("Au"), suspect_step: Some(1), ..Correction::default() };
    let (rows, case) = yields(&trace("Ag", Split::Train), &steps(REASONS), false, correction);
    assert_eq!(rows["kto"]["label"], false);
    assert_eq!(rows["sft"]["messages"][1]["content"], "Au");
    assert_eq!(rows["stepwise"]["labels"], json!([true, false]));
    assert_eq!(case, Some(CasePurpose::Regression));
}

#[test]
fn steps_are_labelled_up_to_the_first_flawed_one_and_only_where_a_review_names_it() {
    let named = |right, suspect_step| {
        let correction = Correction { answer: Some("Au"), suspect_step, ..Correction::default() };
        yields(&trace("Ag", Split::Train), &steps(REASONS), right, correction).0.get("stepwise").cloned()
    };
    let row = |completions: &[&str], labels: &[bool]| {
        Some(json!({"prompt": "What is the symbol of gold?", "completions": completions, "labels": labels}))
    };
    assert_eq!(named(false, Some(1)), row(&REASONS, &[true, false]));
    assert_eq!(named(false, Some(0)), row(&REASONS[..1], &[false]), "what follows from a flaw is not judged");
    assert_eq!(named(true, Some(0)), row(&REASONS[..1], &[false]), "a right answer may rest on a flawed step");
    assert_eq!(named(true, None), None, "that an answer is right says nothing of its steps");
    assert_eq!((named(false, None), named(false, Some(7))), (None, None));
}

#[test]
fn a_wrong_chain_is_set_against_a_right_one_whole_against_whole() {
    let right = steps(["Aurum is gold.", "Its symbol is Au."]);
    let chain = Some(RightChain { steps: &right, answer: "Au" });
    let (own, given) = (steps(REASONS), ["Aurum.".to_owned()]);
    let pair = |correction| yields(&trace("Ag", Split::Train), &own, false, correction).0.get("preference").cloned();
    let row = |chosen: &str, rejected: &str| {
        Some(json!({"prompt": "What is the symbol of gold?", "chosen": chosen, "rejected": rejected}))
    };
    let whole = format!("{}\n{}\nAg", REASONS[0], REASONS[1]);
    let corrected = Correction { answer: Some("Au"), ..Correction::default() };
    let by_chain = row("Aurum is gold.\nIts symbol is Au.\nAu", &whole);
    assert_eq!(pair(Correction { right_chain: chain, ..Correction::default() }), by_chain);
    assert_eq!(pair(Correction { right_chain: chain, ..corrected }), by_chain);
    assert_eq!(pair(corrected), row("Au", "Ag"), "an answer without reasoning is set against the answer alone");
    assert_eq!(pair(Correction { steps: Some(&given), ..corrected }), row("Aurum.\nAu", &whole));
    assert_eq!(
        pair(Correction { right_chain: Some(RightChain { steps: &[], answer: " " }), ..corrected }),
        row("Au", "Ag")
    );
    assert_eq!(pair(Correction::default()), None);
}

#[test]
fn an_answer_of_nothing_is_no_completion_but_its_correction_is_learnt() {
    let correction = Correction { answer: Some("Au"), ..Correction::default() };
    let (rows, case) = yields(&trace(" ", Split::Train), &[], false, correction);
    assert_eq!(rows.as_object().map(|rows| rows.keys().collect::<Vec<_>>()), Some(vec![&"sft".to_owned()]));
    assert_eq!(case, Some(CasePurpose::Regression));
    assert_eq!(yields(&trace("", Split::Train), &[], true, Correction::default()), (json!({}), None));
}

#[test]
fn what_is_held_out_is_never_trained_on() {
    let correction = Correction { answer: Some("Au"), ..Correction::default() };
    let (rows, case) = yields(&trace("Ag", Split::HeldOut), &steps(REASONS), false, correction);
    assert_eq!((rows, case), (json!({}), Some(CasePurpose::HeldOut)));
}

#[test]
fn abstentions_settle_nothing_and_disagreement_is_not_settled() {
    assert_eq!(settle(None, [None, None]), Settled::Open);
    assert_eq!(settle(None, [Some(true), None]), Settled::Verdict(true));
    assert_eq!(settle(None, [Some(true), Some(false), Some(true)]), Settled::Disagreement);
    assert_eq!(settle(Some(Verdict::PartlyCorrect), [Some(true), Some(false)]), Settled::Verdict(false));
    assert_eq!(settle(Some(Verdict::CannotJudge), [Some(true), Some(false)]), Settled::Open);
}

proptest! {
    #[test]
    fn settling_does_not_depend_on_the_order_of_experts(mut verdicts: Vec<Option<bool>>) {
        let settled = settle(None, verdicts.clone());
        verdicts.reverse();
        prop_assert_eq!(settled, settle(None, verdicts));
    }
}
