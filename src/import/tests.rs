use std::collections::BTreeMap;

use atr_core::domain::{
    Rejection,
    review::{ReviewInput, Verdict},
    trace::StepKind,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FORMATS, Mapped, Options, format, records, report::Tally, run};

fn options() -> Options {
    Options { expert: Some("expert-1".parse().expect("a handle")), ..Options::default() }
}

fn mapped_with(name: &str, records: &[Value], options: &Options) -> (Result<Mapped, Rejection>, Tally) {
    let mut tally = Tally::default();
    let format = format(name).expect("a format");
    ((format.map)(records, options, &mut tally).and_then(Mapped::checked), tally)
}

fn mapped(name: &str, records: &[Value]) -> Mapped {
    mapped_with(name, records, &options()).0.unwrap_or_else(|refused| panic!("{refused}"))
}

fn field_refused(name: &str, record: Value) -> String {
    mapped_with(name, &[record], &options()).0.expect_err("nothing to map").field
}

/// What a review says, in short.
fn said(review: &ReviewInput) -> (Verdict, Option<&str>, Option<&str>, Option<f64>) {
    (review.verdict, review.corrected_answer.as_deref(), review.rationale.as_deref(), review.seconds_spent)
}

fn argilla() -> Value {
    json!({
        "id": "q1", "_server_id": "5e1f", "status": "completed", "vectors": {},
        "fields": {"prompt": "What is the atomic number of gold?", "response": "78"},
        "metadata": {"model": "small-1", "split": "a"},
        "suggestions": {"verdict": {"value": "correct", "score": 0.4, "agent": "judge"}},
        "responses": {
            "verdict": [{"value": "incorrect", "user_id": "u1"}, {"value": "Partially correct", "user_id": "u2"}],
            "correction": [{"value": "79", "user_id": "u1"}],
            "stars": [{"value": 2, "user_id": "u1"}],
        },
    })
}

#[test]
fn a_record_of_argilla_becomes_a_trace_and_a_review_of_each_who_gave_a_verdict() {
    let Mapped { trace, reviews } = mapped("argilla", &[argilla()]);
    assert_eq!(trace.external_id.as_deref(), Some("argilla:q1"));
    assert_eq!(
        (trace.model.as_str(), trace.query.as_str(), trace.answer.as_str()),
        ("small-1", "What is the atomic number of gold?", "78")
    );
    let said: Vec<_> = reviews.iter().map(said).collect();
    assert_eq!(said, [(Verdict::Incorrect, Some("79"), None, None), (Verdict::PartlyCorrect, None, None, None)]);
    assert_ne!(reviews[0].external_id, reviews[1].external_id);
}

#[test]
fn a_flattened_record_of_argilla_says_the_same_as_a_nested_one() {
    let flat = json!({
        "id": "q1", "status": "completed", "_server_id": "5e1f", "model": "small-1", "split": "a",
        "prompt": "What is the atomic number of gold?", "response": "78",
        "verdict.responses": ["incorrect", "Partially correct"], "verdict.responses.users": ["u1", "u2"],
        "verdict.responses.status": ["submitted", "submitted"],
        "correction.responses": ["79", "draft"], "correction.responses.users": ["u1", "u2"],
        "correction.responses.status": ["submitted", "draft"],
        "stars.responses": [2], "stars.responses.users": ["u1"],
        "verdict.suggestion": "correct", "verdict.suggestion.score": 0.4, "verdict.suggestion.agent": "judge",
    });
    let (one, two) = (mapped("argilla", &[flat]), mapped("argilla", &[argilla()]));
    assert_eq!(json!(one.trace), json!(two.trace));
    assert_eq!(json!(one.reviews), json!(two.reviews));
}

#[test]
fn what_cannot_be_told_to_be_a_verdict_is_taken_for_none() {
    let with = |change: Value, options: &Options| {
        let mut record = argilla();
        record["responses"] = change;
        let (mapped, _) = mapped_with("argilla", &[record], options);
        mapped.expect("a trace").reviews.len()
    };
    for no_verdict in [
        json!({"verdict": [{"value": "good", "user_id": "u1"}]}),
        json!({"verdict": [{"value": 1, "user_id": "u1"}]}),
        json!({"verdict": [{"value": true, "user_id": "u1"}]}),
        json!({"verdict": [{"value": ["correct", "incorrect"], "user_id": "u1"}]}),
        json!({"quality": [{"value": "correct", "user_id": "u1"}]}),
        json!({"correction": [{"value": "79", "user_id": "u1"}]}),
        json!({}),
    ] {
        assert_eq!(with(no_verdict.clone(), &options()), 0, "{no_verdict}");
    }
    let told = Options {
        verdict_questions: vec!["quality".to_owned()],
        verdicts: BTreeMap::from([("good".to_owned(), Verdict::Correct)]),
        ..options()
    };
    assert_eq!(with(json!({"quality": [{"value": "Good", "user_id": "u1"}]}), &told), 1);
    let nobody = Options::default();
    assert_eq!(with(json!({"verdict": [{"value": "correct", "user_id": "u1"}]}), &nobody), 0);
}

#[test]
fn who_is_who_is_said_by_the_caller() {
    let told = Options {
        experts: BTreeMap::from([("u2".to_owned(), "expert-2".parse().expect("a handle"))]),
        ..Options::default()
    };
    let (mapped, _) = mapped_with("argilla", &[argilla()], &told);
    let reviews = mapped.expect("a trace").reviews;
    assert_eq!(reviews.iter().map(|review| review.expert.as_str()).collect::<Vec<_>>(), ["expert-2"]);
}

#[test]
fn a_changed_mind_is_another_review_and_the_same_mind_is_not() {
    let id = |verdict: &str| {
        let mut record = argilla();
        record["responses"] = json!({"verdict": [{"value": verdict, "user_id": "u1"}]});
        mapped("argilla", &[record]).reviews[0].external_id.clone()
    };
    assert_eq!(id("correct"), id("correct"));
    assert_ne!(id("correct"), id("incorrect"));
}

#[test]
fn annotations_of_label_studio_become_reviews_and_what_was_skipped_does_not() {
    let result = |name: &str, kind: &str, value: Value| json!({"id": name, "from_name": name, "to_name": "text", "type": kind, "value": value});
    let task = json!({
        "id": 7, "project": 1, "data": {"question": "Which planet is nearest to the sun?", "answer": "Venus"},
        "predictions": [{"id": 1, "result": []}],
        "annotations": [
            {"id": 5, "completed_by": {"id": 3, "email": "someone@example.org"}, "was_cancelled": false, "lead_time": 12.5,
             "result": [
                 result("verdict", "choices", json!({"choices": ["incorrect"]})),
                 result("correction", "textarea", json!({"text": ["Mercury"]})),
                 result("comment", "textarea", json!({"text": ["It is the second."]})),
                 result("span", "labels", json!({"start": 0, "end": 3, "text": "Ven", "labels": ["x"]})),
                 result("stars", "rating", json!({"rating": 2})),
             ]},
            {"id": 6, "completed_by": 4, "was_cancelled": true, "result": [
                 result("verdict", "choices", json!({"choices": ["correct"]}))]},
        ],
    });
    let Mapped { trace, reviews } = mapped("label-studio", &[task]);
    assert_eq!((trace.external_id.as_deref(), trace.answer.as_str()), (Some("label-studio:7"), "Venus"));
    let said: Vec<_> = reviews.iter().map(said).collect();
    assert_eq!(said, [(Verdict::Incorrect, Some("Mercury"), Some("It is the second."), Some(12.5))]);
    let row = json!({
        "question": "Which planet is nearest to the sun?", "answer": "Venus", "id": 7, "verdict": "incorrect",
        "correction": "Mercury", "comment": "It is the second.", "stars": [{"rating": 2}],
        "annotator": 3, "annotation_id": 5, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        "lead_time": 12.5,
    });
    let small = mapped("label-studio", &[row]);
    assert_eq!(json!(small.trace), json!(trace), "JSON_MIN tells the same trace");
    assert_eq!(json!(small.reviews), json!(reviews), "and the same review");
}

fn observations() -> Vec<Value> {
    let trace = "0af7651916cd43dd8448eb211c80319c";
    vec![
        json!({"id": "b7ad6b7169203331", "traceId": trace, "type": "GENERATION", "name": "answer",
               "startTime": "2026-01-01T00:00:02Z", "endTime": "2026-01-01T00:00:03Z", "parentObservationId": null,
               "model": "small-1", "level": "DEFAULT", "usageDetails": {"input": 9, "output": 2, "total": 11},
               "input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How far is the moon?"}],
               "output": {"role": "assistant", "content": "100 km"}, "correctness": [0.2]}),
        json!({"id": "b7ad6b7169203332", "traceId": trace, "type": "RETRIEVER", "name": "search",
               "startTime": "2026-01-01T00:00:01Z", "endTime": "2026-01-01T00:00:01.5Z",
               "input": "moon distance", "output": [{"content": "384,400 km on average"}]}),
    ]
}

#[test]
fn observations_of_langfuse_become_a_trace_with_steps() {
    let Mapped { trace, reviews } = mapped("langfuse", &observations());
    assert_eq!(trace.external_id.as_deref(), Some("langfuse:0af7651916cd43dd8448eb211c80319c"));
    assert_eq!(
        (trace.model.as_str(), trace.query.as_str(), trace.answer.as_str()),
        ("small-1", "How far is the moon?", "100 km")
    );
    assert_eq!(trace.occurred_at.as_deref(), Some("2026-01-01T00:00:03.000000Z"));
    let signals = trace.signals.expect("signals");
    let signal = |name: &str| signals.get(name).copied();
    assert_eq!(signal("input_tokens"), Some(9.0));
    assert_eq!(signal("evaluation.correctness"), Some(0.2), "a score of a table's row is a column");
    assert_eq!(trace.flaw_labels.as_deref(), Some(&["evaluation.correctness".to_owned()][..]));
    let steps = trace.steps.expect("steps");
    assert_eq!(steps[0].kind, Some(StepKind::Retrieval));
    assert_eq!(steps[0].span_id.as_deref(), Some("b7ad6b7169203332"));
    assert!(steps[0].text.contains("384,400 km"), "{}", steps[0].text);
    assert!(reviews.is_empty(), "a column does not say whose score it is");
}

#[test]
fn an_annotation_of_langfuse_is_a_review_and_other_scores_are_not() {
    let score = |source: &str| {
        json!({"id": "s1", "traceId": "t1", "name": "verdict", "source": source, "dataType": "CATEGORICAL", "value": 0,
               "stringValue": "incorrect", "comment": "It is farther.", "authorUserId": "u1"})
    };
    let trace = json!({"id": "t1", "timestamp": "2026-01-01T00:00:00Z", "name": "chat", "tags": [],
                       "input": {"question": "How far is the moon?"}, "output": "100 km"});
    let with = |score: Value| mapped("langfuse", &[trace.clone(), score]);
    let judged = with(score("ANNOTATION"));
    assert_eq!(
        judged.reviews.iter().map(said).collect::<Vec<_>>(),
        [(Verdict::Incorrect, None, Some("It is farther."), None)]
    );
    let evaluated = with(score("EVAL"));
    assert!(evaluated.reviews.is_empty());
    assert_eq!(evaluated.trace.flaw_labels.as_deref(), Some(&["evaluation.verdict".to_owned()][..]));
    let mut whole = trace.clone();
    whole["scores"] = json!([score("ANNOTATION")]);
    whole["observations"] = json!([]);
    assert_eq!(json!(mapped("langfuse", &[whole]).reviews), json!(judged.reviews), "within the trace it is the same");
}

#[test]
fn ids_that_are_no_span_ids_are_not_stored_as_such() {
    let mut old = observations();
    old[1]["id"] = json!("cm3x-search");
    let steps = mapped("langfuse", &old).trace.steps.expect("steps");
    assert_eq!((steps[0].kind, steps[0].span_id.as_deref()), (Some(StepKind::Retrieval), None));
}

fn nested_span() -> Value {
    json!({
        "name": "ChatCompletion", "context": {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331"},
        "span_kind": "LLM", "parent_id": null, "start_time": "2026-01-01T00:00:01+00:00",
        "end_time": "2026-01-01T00:00:02.250000+00:00", "status_code": "OK", "status_message": "", "events": [],
        "conversation": null,
        "attributes": {
            "llm": {"model_name": "small-1", "token_count": {"prompt": 8, "completion": 2},
                    "input_messages": [{"message": {"role": "user", "content": "Is glass a liquid?"}}],
                    "output_messages": [{"message": {"role": "assistant", "content": "Yes."}}]},
            "input": {"value": "{\"messages\": []}", "mime_type": "application/json"},
            "openinference": {"span": {"kind": "LLM"}},
        },
    })
}

#[test]
fn a_span_of_phoenix_is_the_same_nested_and_as_the_columns_of_a_data_frame() {
    let columns = json!({
        "name": "ChatCompletion", "context.trace_id": "0af7651916cd43dd8448eb211c80319c",
        "context.span_id": "b7ad6b7169203331", "span_kind": "LLM", "parent_id": null,
        "start_time": "2026-01-01 00:00:01 +00:00", "end_time": 1_767_225_602_250_000_000_u64,
        "status_code": "OK", "status_message": "", "events": "[]",
        "attributes.llm.model_name": "small-1", "attributes.llm.token_count.prompt": 8.0,
        "attributes.llm.token_count.completion": 2.0,
        "attributes.llm.input_messages": [{"message.role": "user", "message.content": "Is glass a liquid?"}],
        "attributes.llm.output_messages": "[{\"message.role\": \"assistant\", \"message.content\": \"Yes.\"}]",
        "attributes.openinference.span.kind": "LLM",
    });
    let (one, two) = (mapped("phoenix", &[nested_span()]).trace, mapped("phoenix", &[columns]).trace);
    assert_eq!(
        (one.query.as_str(), one.answer.as_str(), one.model.as_str()),
        ("Is glass a liquid?", "Yes.", "small-1")
    );
    assert_eq!(one.occurred_at.as_deref(), Some("2026-01-01T00:00:02.250000Z"));
    assert_eq!(json!(one), json!(two));
}

#[test]
fn conversations_give_their_last_question_and_answer_and_are_known_by_their_content() {
    let chat = |answer: &str| {
        json!({"messages": [
            {"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2?"},
            {"role": "assistant", "content": "4"}, {"role": "user", "content": "3 + 4?"},
            {"role": "assistant", "content": answer, "weight": 1},
        ]})
    };
    let told = Options { model: Some("small-1".to_owned()), ..options() };
    let trace = |answer: &str| mapped_with("openai-chat", &[chat(answer)], &told).0.expect("a trace").trace;
    let one = trace("<think>3 and 4</think>7");
    assert_eq!((one.query.as_str(), one.answer.as_str(), one.model.as_str()), ("3 + 4?", "7", "small-1"));
    assert_eq!(one.steps.as_ref().map(|steps| steps[0].text.as_str()), Some("3 and 4"));
    assert_eq!(one.external_id, trace("<think>3 and 4</think>7").external_id);
    assert_ne!(one.external_id, trace("8").external_id);

    let shared = json!({"id": "c1", "conversations": [
        {"from": "human", "value": "3 + 4?"}, {"from": "gpt", "value": "8"}, {"from": "human", "value": "Sure?"}]});
    let shared = mapped("sharegpt", &[shared]).trace;
    assert_eq!((shared.query.as_str(), shared.answer.as_str()), ("3 + 4?", "8"));
    assert_eq!(shared.external_id.as_deref(), Some("sharegpt:c1"));
}

#[test]
fn what_makes_no_trace_is_refused_with_the_field() {
    for (name, record, field) in [
        ("argilla", json!({"fields": {"prompt": "a", "response": "b"}}), "id"),
        ("argilla", json!({"id": "1", "fields": {"a": "b"}}), "query"),
        ("argilla", json!({"id": "1", "fields": {"prompt": "a"}}), "answer"),
        ("argilla", json!({"id": "1", "fields": {"prompt": 1, "response": "b"}}), "fields.prompt"),
        ("argilla", json!({"id": "1", "fields": {"prompt": "a", "response": "b", "language": "??"}}), "trace.language"),
        ("label-studio", json!({"data": {}}), "id"),
        ("langfuse", json!({"name": "x"}), "traceId"),
        ("langfuse", json!({"id": "t", "input": {"n": 1}, "output": null}), "."),
        ("openai-chat", json!({"prompt": "a"}), "messages"),
        ("openai-chat", json!({"messages": [{"role": "user", "content": "a"}]}), "messages"),
        ("openai-chat", json!({"messages": [{"role": "assistant", "content": "a"}]}), "messages"),
        ("phoenix", json!({"name": "x"}), "context.trace_id"),
        ("sharegpt", json!({"items": []}), "conversations"),
    ] {
        assert_eq!(field_refused(name, record.clone()), field, "{name}: {record}");
    }
}

/// The records of a text, those that are none as their fault's field.
fn read(text: &str) -> Vec<Result<Value, String>> {
    let mut read = vec![];
    let mut take = |record: Result<Value, Rejection>| {
        read.push(record.map_err(|refused| refused.field));
        true
    };
    records::json(text.as_bytes(), &mut take).expect("memory is read");
    read
}

#[test]
fn lists_lines_and_documents_are_read_and_a_broken_line_costs_itself_alone() {
    let two = [Ok(json!({"a": 1})), Ok(json!({"b": [2]}))];
    assert_eq!(read(r#"[{"a": 1}, {"b": [2]}]"#), two);
    assert_eq!(read("\u{feff}\n[\n{\"a\": 1},\n{\"b\": [2]}\n]\n"), two);
    assert_eq!(read("{\"a\": 1}\r\n\r\n{\"b\": [2]}"), two);
    assert_eq!(read("{\"data\": [\n{\"a\": 1}, {\"b\": [2]}], \"meta\": {}}"), two);
    assert_eq!(read("{\n  \"a\": 1\n}"), [Ok(json!({"a": 1}))]);
    let broken = [Ok(json!({"a": 1})), Err(".".to_owned()), Ok(json!({"b": [2]}))];
    assert_eq!(read("{\"a\": 1}\n{\"a\": \n{\"b\": [2]}\n"), broken);
    assert_eq!(read("{\"a\"\n{\"a\": 1}\n"), [Err(".".to_owned()), Ok(json!({"a": 1}))]);
    assert_eq!(read("[{\"a\": 1}, {\"a\"]"), [Ok(json!({"a": 1})), Err(".".to_owned())]);
    assert_eq!(read(""), []);
}

#[test]
fn rows_of_csv_are_records_whose_cells_may_hold_json() {
    let text =
        "id,input,output,scores\n1,\"{\"\"question\"\": \"\"a\"\"}\",b,\n2,short\n3,\"[1]\",\"say \"\"b\"\"\",x\n";
    let mut read = vec![];
    records::csv(text.as_bytes(), records::cell, &mut |record| {
        read.push(record.map_err(|refused| refused.field));
        true
    });
    assert_eq!(
        read,
        [
            Ok(json!({"id": "1", "input": {"question": "a"}, "output": "b"})),
            Err(".".to_owned()),
            Ok(json!({"id": "3", "input": [1], "output": "say \"b\"", "scores": "x"})),
        ]
    );
}

#[test]
fn the_records_of_a_trace_are_found_wherever_they_stand_and_all_are_accounted_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, lines: &[Value]| {
        let path = folder.path().join(name);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, text).expect("a file");
        path
    };
    let mut other = observations();
    for one in &mut other {
        one["traceId"] = json!("t2");
    }
    let [a, b] = observations().try_into().expect("two");
    let files = [
        write("one.jsonl", &[a, other[0].clone(), json!(3), json!({"name": "no trace"})]),
        write("two.jsonl", &[other[1].clone(), b]),
    ];
    let mut sent = vec![];
    let report = run::run(format("langfuse").expect("a format"), &files, &options(), &mut |place, mapped| {
        sent.push((place, json!(mapped.trace)));
        true
    })
    .expect("files are read");
    sent.sort_by_key(|(place, _)| *place);
    let steps: Vec<_> =
        sent.iter().map(|(place, trace)| (*place, trace["steps"].as_array().map_or(0, Vec::len))).collect();
    assert_eq!(steps, [(1, 1), (2, 1)]);
    assert_eq!((report.records, report.traces, report.unmapped), (6, 2, 2));
    let places: Vec<_> = report.unmapped_shown.iter().map(|one| one.record).collect();
    assert_eq!(places, [3, 4]);
    let taken = report.taken.iter().find(|taken| taken.field == "model").expect("the model is told");
    assert_eq!((taken.to, taken.times), ("trace.model", 2));
}

/// Any JSON, its names often those that are read.
fn anything() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        "[a-z]{1,5}",
        proptest::sample::select(vec![
            "id",
            "fields",
            "responses",
            "verdict",
            "value",
            "user_id",
            "data",
            "annotations",
            "result",
            "from_name",
            "messages",
            "role",
            "content",
            "conversations",
            "from",
            "input",
            "output",
            "traceId",
            "type",
            "startTime",
            "scores",
            "name",
            "context",
            "trace_id",
            "span_id",
            "attributes",
            "llm",
            "prompt",
            "response",
            "suggestions",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        proptest::sample::select(vec!["user", "assistant", "GENERATION", "correct", "[{}]", "2026-01-01T00:00:00Z"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(name.clone(), inner, 0..8).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_record_makes_a_rule_panic(records in proptest::collection::vec(anything(), 0..4)) {
        for format in FORMATS {
            for record in &records {
                drop(format.trace_of.and_then(|trace_of| trace_of(record)));
            }
            drop((format.map)(&records, &options(), &mut Tally::default()).and_then(Mapped::checked));
        }
    }

    #[test]
    fn no_text_makes_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        records::json(&bytes[..], &mut |_| true).expect("memory is read");
        records::csv(&bytes[..], records::cell, &mut |_| true);
    }
}

#[test]
fn a_parquet_file_whose_content_is_not_what_it_says_is_refused() {
    let file = include_bytes!("../../fuzz/seeds/import_parquet/at_odds");
    let mut last = None;
    records::parquet(bytes::Bytes::from_static(file), &mut |record| {
        last = Some(record);
        true
    });
    let refused = last.expect("an answer").expect_err("a row that cannot be read");
    assert!(refused.message.starts_with("this is no Parquet file that can be read"), "{}", refused.message);
}
