//! What a trace may be, and what a sender is told about one that may not.

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value, json};

use super::*;

fn parse(line: &Value) -> Result<NewTrace, Rejection> {
    NewTrace::parse(line.to_string().as_bytes())
}

fn least() -> Map<String, Value> {
    let Value::Object(fields) = json!({"model": "m", "query": "q", "answer": "a"}) else { unreachable!() };
    fields
}

/// The least trace with some fields changed.
fn with(changes: Value) -> Value {
    let mut fields = least();
    fields.extend(changes.as_object().expect("an object").clone());
    Value::Object(fields)
}

fn refused(line: &[u8]) -> Rejection {
    NewTrace::parse(line).expect_err("this is not to be taken")
}

#[test]
fn what_is_left_out_has_its_default() {
    let trace = parse(&Value::Object(least())).expect("the least trace");
    assert_eq!((trace.split, trace.pillar), (Split::Train, Pillar::Text));
    assert_eq!(
        [&trace.domain, &trace.language, &trace.licence, &trace.source],
        ["general", "und", "unknown", "unknown"]
    );
    let null =
        parse(&with(json!({"split": null, "steps": null, "signals": null}))).expect("null is as good as nothing");
    assert_eq!(null, trace);
    // To answer nothing is a mistake as others are.
    assert!(parse(&with(json!({"answer": ""}))).is_ok());
}

#[test]
fn the_turns_before_a_query_are_part_of_what_a_trace_is() {
    let turn =
        |role: &str, text: &str| json!({"context": [{"role": "user", "text": "Hello."}, {"role": role, "text": text}]});
    let trace = parse(&with(turn("assistant", "Hi."))).expect("a trace");
    assert_ne!(trace.content_hash(), parse(&Value::Object(least())).expect("the least trace").content_hash());
    assert_eq!(parse(&serde_json::to_value(&trace).expect("JSON")).expect("its own content"), trace);
    assert_eq!(refused(with(turn("assistant", " ")).to_string().as_bytes()).field, "context[1].text");
    assert_eq!(refused(with(turn("tool", "Hi.")).to_string().as_bytes()).field, "context[1].role");
    let many = json!({"context": vec![json!({"role": "user", "text": "Hello."}); TURNS + 1]});
    assert_eq!(refused(with(many).to_string().as_bytes()).field, "context");
}

#[test]
fn each_mistake_is_told_by_its_field_and_its_remedy() {
    let step = |changes: Value| {
        let mut step = json!({"id": "s", "text": "t"});
        step.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        with(json!({"steps": [{"id": "first", "text": "t"}, step]}))
    };
    let attachment = |changes: Value| {
        let mut sent = json!({"digest": "0".repeat(64), "media_type": "image/png", "bytes": 1});
        sent.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        with(json!({"attachments": [sent]}))
    };
    for (line, field, remedy) in [
        (json!({}), "model", "missing"),
        (json!({"model": "m", "query": "q"}), "answer", "missing"),
        (json!([]), ".", "expected"),
        (with(json!({"model": 1})), "model", "expected a string"),
        (with(json!({"query": "  "})), "query", "empty"),
        (with(json!({"answer": "a\u{0}b"})), "answer", "NUL"),
        (with(json!({"query": "x".repeat(TEXT + 1)})), "query", "1048576"),
        (with(json!({"external_id": ""})), "external_id", "empty"),
        (with(json!({"external_id": "x".repeat(KEY + 1)})), "external_id", "500"),
        (with(json!({"anser": "a"})), "anser", "`external_id`"),
        (with(json!({"split": "test"})), "split", "held_out"),
        (with(json!({"pillar": 3})), "pillar", "expected"),
        (with(json!({"confidence": 1.5})), "confidence", "0 to 1"),
        (with(json!({"confidence": "high"})), "confidence", "expected"),
        (with(json!({"signals": {"entropy": "low"}})), "signals.entropy", "expected"),
        (with(json!({"signals": {" ": 1}})), "signals. ", "empty"),
        (with(json!({"flaw_labels": ["a", ""]})), "flaw_labels[1]", "empty"),
        (with(json!({"flaw_labels": vec!["a"; 65]})), "flaw_labels", "64"),
        (with(json!({"language": "english language"})), "language", "BCP 47"),
        (with(json!({"licence": "free\nfor all"})), "licence", "SPDX"),
        (with(json!({"occurred_at": "yesterday"})), "occurred_at", "RFC 3339"),
        (with(json!({"occurred_at": 1700000000})), "occurred_at", "expected"),
        (with(json!({"occurred_at": "1999-12-31T23:59:59.999999Z"})), "occurred_at", "2000"),
        (with(json!({"steps": vec![json!({"text": "t"}); STEPS + 1]})), "steps", "2000"),
        (step(json!({"text": ""})), "steps[1].text", "empty"),
        (step(json!({"id": "first"})), "steps[1].id", "steps[0]"),
        (step(json!({"id": "x", "rests_on": ["first", "second"]})), "steps[1].rests_on[1]", "`second`"),
        (step(json!({"kind": "guess"})), "steps[1].kind", "reasoning"),
        (step(json!({"span_id": "0000000000000000"})), "steps[1].span_id", "16 hex digits"),
        (step(json!({"called_by_span_id": "12"})), "steps[1].called_by_span_id", "16 hex digits"),
        (step(json!({"mean_logprob": 0.1})), "steps[1].mean_logprob", "0 or less"),
        (step(json!({"weight": 1})), "steps[1].weight", "`rests_on`"),
        (attachment(json!({"digest": "abc"})), "attachments[0].digest", "64 hex digits"),
        (attachment(json!({"media_type": "png"})), "attachments[0].media_type", "image/png"),
        (attachment(json!({"bytes": -1})), "attachments[0].bytes", "0 or more"),
        (step(json!({"attachments": ["chart.png"]})), "steps[1].attachments[0]", "att_"),
        (attachment(json!({"name": "\u{0}"})), "attachments[0].name", "NUL"),
    ] {
        let Rejection { field: found, message } = refused(line.to_string().as_bytes());
        let shown: String = line.to_string().chars().take(200).collect();
        assert_eq!(found, field, "{shown}: {message}");
        assert!(message.contains(remedy), "{shown}: {message}");
    }
}

#[test]
fn what_is_no_json_is_told_where_it_breaks_off() {
    for line in [
        "",
        "traces",
        "{\"model\": \"m\"",
        "{'model': 'm'}",
        r#"{"model": "m", "query": "\ud800", "answer": "a"}"#,
        r#"{"model": "m", "query": "q", "answer": "\udc00x"}"#,
        r#"{"model": "m", "query": "q", "answer": "a", "confidence": NaN}"#,
        r#"{"model": "m", "query": "q", "answer": "a", "signals": {"entropy": -Infinity}}"#,
        r#"{"model": "m", "query": "q", "answer": "a", "confidence": 1e999}"#,
        r#"{"model": "m", "query": "q", "answer": "a"} {}"#,
        "{\"model\": \"m\", \"query\": \"a\u{1}b\", \"answer\": \"a\"}",
    ] {
        let Rejection { message, .. } = refused(line.as_bytes());
        assert!(message.contains("JSON") && message.contains("column"), "{line}: {message}");
    }
    let Rejection { message, .. } = refused(b"{\"model\": \"\xff\", \"query\": \"q\", \"answer\": \"a\"}");
    assert!(message.contains("unicode"), "{message}");
}

#[test]
fn a_line_beyond_the_limit_is_not_even_read() {
    let line = with(json!({"answer": "x".repeat(10_000_000)})).to_string();
    let Rejection { field, message } = refused(line.as_bytes());
    assert!(field == "." && message.contains("8388608"), "{field}: {message}");
}

#[test]
fn circular_support_is_no_mistake_but_known() {
    let circle = json!([{"id": "a", "text": "A", "rests_on": ["b"]}, {"id": "b", "text": "B", "rests_on": ["a"]}]);
    assert!(parse(&with(json!({"steps": circle}))).expect("it is taken").circular_support());
    let line = json!([{"text": "A"}, {"text": "B", "rests_on": ["0"]}]);
    assert!(!parse(&with(json!({"steps": line}))).expect("it is taken").circular_support());
}

#[test]
fn a_time_may_be_a_day_ahead_and_no_more() {
    let now = DateTime::parse_from_rfc3339("2026-11-24T09:00:00Z").expect("a time").to_utc();
    let at = |text: &str| parse(&with(json!({"occurred_at": text}))).expect("a trace").check_time(now);
    assert_eq!(at("2026-11-25T09:00:00Z"), Ok(()));
    assert_eq!(at("2000-01-01T00:00:00Z"), Ok(()));
    assert_eq!(at("2026-11-25T09:00:00.000001Z").map_err(|refused| refused.field), Err("occurred_at".to_owned()));
}

#[test]
fn content_differs_where_any_field_does() {
    let plain = parse(&with(json!({}))).expect("a trace").content_hash();
    for change in [
        json!({"query": "Q"}),
        json!({"split": "held_out"}),
        json!({"confidence": 0}),
        json!({"steps": [{"text": "t"}]}),
        json!({"signals": {"entropy": 0}}),
        json!({"group": "g"}),
        json!({"occurred_at": "2026-11-24T09:00:00Z"}),
    ] {
        assert_ne!(parse(&with(change.clone())).expect("a trace").content_hash(), plain, "{change}");
    }
    // The same said otherwise.
    let zero = parse(&with(json!({"confidence": 0.0}))).expect("a trace").content_hash();
    assert_eq!(parse(&with(json!({"confidence": -0.0}))).expect("a trace").content_hash(), zero);
    let west = parse(&with(json!({"occurred_at": "2026-11-24T09:00:00Z"}))).expect("a trace").content_hash();
    let east = parse(&with(json!({"occurred_at": "2026-11-24T11:00:00+02:00"}))).expect("a trace").content_hash();
    assert_eq!(west, east);
}

fn name() -> impl Strategy<Value = String> {
    "[a-zé0-9][a-z é0-9]{0,10}"
}

/// Steps that rest on any of each other.
fn some_steps() -> impl Strategy<Value = Vec<Value>> {
    vec((name(), option::of(-9.0..0.0), vec(any::<prop::sample::Index>(), 0..3)), 0..5).prop_map(|steps| {
        let count = steps.len();
        let step = |(at, (text, logprob, supports)): (usize, (String, Option<f64>, Vec<prop::sample::Index>))| {
            let supports: Vec<_> = supports.iter().map(|support| format!("s{}", support.index(count))).collect();
            json!({"id": format!("s{at}"), "text": text, "mean_logprob": logprob, "rests_on": supports})
        };
        steps.into_iter().enumerate().map(step).collect()
    })
}

prop_compose! {
    fn some_trace()(
        (model, query, answer) in (name(), ".{1,20}[^\\s\0]", "[^\0]{1,20}x"),
        (external_id, group, domain) in (option::of(name()), option::of(name()), option::of(name())),
        confidence in option::of(0.0..=1.0),
        signals in prop::collection::btree_map(name(), -1e6..1e6, 0..3),
        flaw_labels in vec(name(), 0..3),
        steps in some_steps(),
        split in option::of(prop::sample::select(Split::ALL)),
        seconds in option::of(946_684_800i64..1_800_000_000),
    ) -> Value {
        json!({
            "external_id": external_id, "model": model, "query": query.replace('\0', ""), "answer": answer,
            "group": group, "domain": domain, "confidence": confidence, "signals": signals,
            "flaw_labels": flaw_labels, "steps": steps, "split": split,
            "occurred_at": seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        })
    }
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(bytes in vec(any::<u8>(), 0..300)) {
        drop(NewTrace::parse(&bytes));
    }

    #[test]
    fn the_canonical_content_is_a_trace_again_and_the_same(line in some_trace()) {
        let trace = parse(&line).expect("a trace");
        let canonical = serde_json::to_vec(&trace).expect("it serialises");
        let again = NewTrace::parse(&canonical).expect("the canonical content is a trace");
        prop_assert_eq!(again.content_hash(), trace.content_hash());
        prop_assert_eq!(again, trace);
    }

    #[test]
    fn white_space_and_the_order_of_fields_make_no_difference(line in some_trace()) {
        let mut fields: Vec<_> = line.as_object().expect("an object").iter().collect();
        fields.reverse();
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!(" {name:?} : {value:#}")).collect();
        let turned = NewTrace::parse(format!("{{{}\n}}", fields.join(" ,\t")).as_bytes()).expect("a trace");
        prop_assert_eq!(turned.content_hash(), parse(&line).expect("a trace").content_hash());
    }

    #[test]
    fn a_field_of_the_wrong_type_is_refused_by_its_name(line in some_trace(), which: prop::sample::Index) {
        let mut fields = line.as_object().expect("an object").clone();
        let name = fields.keys().nth(which.index(fields.len())).expect("a field").clone();
        // No field is a list of lists.
        fields.insert(name.clone(), json!([[]]));
        let refused = parse(&Value::Object(fields)).expect_err("a wrong type");
        prop_assert!(refused.field == name || refused.field == format!("{name}[0]"), "{name}: {refused}");
    }

    #[test]
    fn a_step_that_rests_on_nothing_known_is_refused(line in some_trace(), which: prop::sample::Index) {
        let mut line = line;
        let steps = line["steps"].as_array_mut().expect("a list");
        prop_assume!(!steps.is_empty());
        let at = which.index(steps.len());
        steps[at]["rests_on"] = json!(["nowhere"]);
        let refused = parse(&line).expect_err("a wrong support");
        prop_assert_eq!(refused.field, format!("steps[{at}].rests_on[0]"));
    }
}
