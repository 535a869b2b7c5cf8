use proptest::prelude::*;
use serde_json::json;

use super::*;

fn line(change: serde_json::Value) -> Vec<u8> {
    let mut line = json!({"trace_external_id": "t1", "expert": "expert-1", "verdict": "incorrect"});
    line.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    line.to_string().into_bytes()
}

#[test]
fn every_fault_names_its_field() {
    for (field, change) in [
        ("verdict", json!({"verdict": "wrong"})),
        ("expert", json!({"expert": "jane@example.org"})),
        ("trace", json!({"trace": "trc_1"})),
        ("trace", json!({"trace_external_id": null})),
        ("suspect_step", json!({"suspect_step": -1})),
        ("suspect_step", json!({"suspect_step": 1.5})),
        ("flaw_labels[1]", json!({"flaw_labels": ["a", " "]})),
        ("corrected_steps[0]", json!({"corrected_steps": [""]})),
        ("citations[1]", json!({"citations": [{"fact": "f"}, {}]})),
        ("citations[0].doi", json!({"citations": [{"doi": "x"}]})),
        ("citations[0].page", json!({"citations": [{"fact": "f", "page": 3}]})),
        ("seconds_spent", json!({"seconds_spent": -1})),
        ("stars", json!({"stars": 5})),
    ] {
        assert_eq!(NewReview::parse(&line(change.clone())).unwrap_err().field, field, "{change}");
    }
}

#[test]
fn a_step_is_named_by_place_id_or_key() {
    let named = |step: serde_json::Value| NewReview::parse(&line(json!({"suspect_step": step}))).unwrap().suspect_step;
    assert_eq!(named(json!(2)), Some(StepRef::Ordinal(2)));
    assert_eq!(named(json!("s2")), Some(StepRef::Key("s2".into())));
    assert!(matches!(named(json!("stp_01h455vb4pex5vsknk084sn02q")), Some(StepRef::Id(_))));
}

proptest! {
    #[test]
    fn no_line_makes_parsing_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(NewReview::parse(&bytes));
    }

    #[test]
    fn a_review_written_as_a_line_reads_back_the_same(
        answer in ".{0,30}", steps in proptest::collection::vec("[a-z]{1,5}", 0..3), seconds in 0.0..1e5f64,
        step in 0..9i64, url in any::<bool>(), quoted in proptest::option::of("[a-z ]{1,9}"),
    ) {
        let cited = if url { json!({"url": "https://a.b/c", "quoted": quoted}) } else { json!({"fact": "f", "quoted": quoted}) };
        let sent = line(json!({
            "external_id": "r1", "severity": "major", "suspect_step": step, "corrected_answer": answer,
            "corrected_steps": steps, "seconds_spent": seconds, "citations": [cited],
        }));
        if let Ok(read) = NewReview::parse(&sent) {
            prop_assert_eq!(NewReview::parse(read.line().to_string().as_bytes()), Ok(read));
        } else {
            prop_assert!(answer.contains('\0'));
        }
    }

    #[test]
    fn the_order_of_labels_is_no_part_of_the_content(mut labels in proptest::collection::vec("[a-z]{1,8}", 0..8)) {
        let judged = |labels: &[String]| NewReview::parse(&line(json!({"flaw_labels": labels}))).unwrap().judgement;
        let one = judged(&labels);
        labels.reverse();
        prop_assert_eq!(one, judged(&labels));
    }

    #[test]
    fn an_abstention_is_neither_right_nor_wrong(at in 0..Verdict::ALL.len()) {
        let verdict = Verdict::ALL[at];
        let abstains = matches!(verdict, Verdict::CannotJudge | Verdict::NotMyField);
        prop_assert_eq!(verdict.is_right().is_none(), abstains);
    }
}
