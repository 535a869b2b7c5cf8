//! What holds of any spans: in which order they came, and who called whom, makes no difference and no harm.

use atr_core::domain::new_trace::{NewTrace, STEPS};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    compose::{Composed, Evaluation, compose},
    span::{Event, Span},
    thought,
};

/// Messages as the GenAI conventions write them on spans.
fn messages() -> impl Strategy<Value = String> {
    proptest::collection::vec(part(), 0..3)
        .prop_flat_map(|parts| ("(user|assistant|tool)", Just(parts)))
        .prop_map(|(role, parts)| json!([{ "role": role, "parts": parts, "finish_reason": "stop" }]).to_string())
}

fn attribute() -> impl Strategy<Value = (String, Value)> {
    prop_oneof![
        "(chat|execute_tool|retrieval|invoke_agent)".prop_map(|word| ("gen_ai.operation.name".to_owned(), word.into())),
        "(LLM|TOOL|RETRIEVER|CHAIN)".prop_map(|word| ("openinference.span.kind".to_owned(), word.into())),
        messages().prop_map(|text| ("gen_ai.input.messages".to_owned(), text.into())),
        messages().prop_map(|text| ("gen_ai.output.messages".to_owned(), text.into())),
        "[ab]{0,2}".prop_map(|text| ("input.value".to_owned(), text.into())),
        "(<think>)?[ab]{0,2}(</think>)?[ab]".prop_map(|text| ("output.value".to_owned(), text.into())),
        "(user|assistant)".prop_map(|role| ("llm.input_messages.0.message.role".to_owned(), role.into())),
        "[ab]".prop_map(|text| ("llm.input_messages.0.message.content".to_owned(), text.into())),
        "[ab]".prop_map(|text| ("gen_ai.completion.0.content".to_owned(), text.into())),
        "[ab]".prop_map(|text| ("gen_ai.response.model".to_owned(), text.into())),
        (-2.0..1.0f64).prop_map(|number| ("atr.mean_logprob".to_owned(), json!(number))),
        (0.0..2.0f64).prop_map(|number| ("atr.confidence".to_owned(), json!(number))),
    ]
}

fn part() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[ab]{0,2}".prop_map(|text| json!({ "type": "text", "content": text })),
        "[ab]{1,2}".prop_map(|text| json!({ "type": "reasoning", "content": text })),
        "[12]".prop_map(|id| json!({ "type": "tool_call", "id": id, "name": "t", "arguments": { "a": id } })),
        "[12]".prop_map(|id| json!({ "type": "tool_call_response", "id": id, "response": "r" })),
        Just(json!({ "type": "image" })),
        Just(json!(7)),
    ]
}

/// Spans that call each other in any way, also round in circles, and as if at the same time.
fn spans() -> impl Strategy<Value = Vec<Span>> {
    let span = (
        proptest::option::of(0usize..7),
        0u64..4,
        0u64..4,
        any::<bool>(),
        proptest::collection::vec(attribute(), 0..5),
        proptest::option::of(0.0..1.0f64),
    );
    proptest::collection::vec(span, 0..7).prop_map(|drawn| {
        let id = |n: usize| format!("{:016x}", n + 1);
        drawn
            .into_iter()
            .enumerate()
            .map(|(n, (parent, start, long, failed, attributes, score))| Span {
                id: id(n),
                parent: parent.map(id),
                start,
                end: start + long,
                failed,
                attributes: attributes.into_iter().collect(),
                events: score
                    .map(|score| Event {
                        name: "gen_ai.evaluation.result".to_owned(),
                        attributes: [
                            ("gen_ai.evaluation.name".to_owned(), json!("quality")),
                            ("gen_ai.evaluation.score.value".to_owned(), json!(score)),
                        ]
                        .into(),
                    })
                    .into_iter()
                    .collect(),
                ..Span::default()
            })
            .collect()
    })
}

fn told(composed: Option<Composed>) -> Option<(Value, bool)> {
    composed.map(|composed| (serde_json::to_value(&composed.trace).expect("JSON"), composed.flagged))
}

proptest! {
    #[test]
    fn the_order_in_which_spans_came_changes_nothing(
        (spans, shuffled) in spans().prop_flat_map(|spans| (Just(spans.clone()), Just(spans).prop_shuffle())),
    ) {
        prop_assert_eq!(told(compose(&spans, &[])), told(compose(&shuffled, &[])));
    }

    #[test]
    fn what_is_put_together_can_be_stored(spans in spans()) {
        if let Some(composed) = compose(&spans, &[]) {
            let stored = NewTrace::try_from(composed.trace);
            prop_assert!(stored.is_ok(), "{:?}", stored);
        }
    }

    #[test]
    fn every_step_names_a_span_that_is_there(spans in spans()) {
        for step in compose(&spans, &[]).and_then(|composed| composed.trace.steps).into_iter().flatten() {
            let by = spans.iter().find(|span| Some(&span.id) == step.span_id.as_ref());
            prop_assert_eq!(by.map(|span| &span.parent), Some(&step.called_by_span_id));
        }
    }

    #[test]
    fn an_evaluation_says_the_same_as_an_event_of_a_span_and_by_itself(spans in spans(), score in 0.0..1.0f64) {
        let evaluation = Evaluation { name: "late".to_owned(), score: Some(score), label: None };
        let mut evaluated = spans.clone();
        if let Some(span) = evaluated.first_mut() {
            span.events.push(Event {
                name: "gen_ai.evaluation.result".to_owned(),
                attributes: [
                    ("gen_ai.evaluation.name".to_owned(), json!("late")),
                    ("gen_ai.evaluation.score.value".to_owned(), json!(score)),
                ]
                .into(),
            });
            prop_assert_eq!(told(compose(&spans, &[evaluation])), told(compose(&evaluated, &[])));
        }
    }

    #[test]
    fn thoughts_never_stand_in_the_answer(spans in spans()) {
        if let Some(composed) = compose(&spans, &[]) {
            prop_assert_eq!(thought::split(&composed.trace.answer).0, Vec::<String>::new());
        }
    }
}

/// What would take hours if each were held against each.
#[test]
fn a_chain_of_thousands_of_calls_and_a_message_of_a_hundred_thousand_are_put_together() {
    let id = |n: usize| format!("{n:016x}");
    let chat = |name: &str, text: String| (name.to_owned(), Value::from(text));
    let parts: Vec<Value> =
        (0..100_000).map(|n| json!({ "type": "tool_call", "name": "t", "arguments": { "n": n } })).collect();
    let mut chain: Vec<Span> =
        (1..=5000).map(|n| Span { id: id(n), parent: Some(id(n - 1)), start: n as u64, ..Span::default() }).collect();
    chain[2500].attributes = [
        chat("gen_ai.operation.name", "chat".to_owned()),
        chat("gen_ai.input.messages", json!([{ "role": "user", "content": "q" }]).to_string()),
        chat("gen_ai.output.messages", json!([{ "parts": parts }, { "content": "a" }]).to_string()),
    ]
    .into();
    let Some(Composed { trace, .. }) = compose(&chain, &[]) else { panic!("a question and an answer") };
    assert_eq!((trace.answer.as_str(), trace.steps.map(|steps| steps.len())), ("a", Some(STEPS)));
    // Round in a circle, too.
    chain[0].parent = Some(id(5000));
    assert!(compose(&chain, &[]).is_some());
}
