use proptest::prelude::*;
use serde_json::json;

use super::{super::compare::FactText, Weighed, weigh};

/// Texts that are nearly answers, or anything.
fn answer() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        Just(r#"{"verdict": "supported", "fact": 1, "quote": ""#.to_owned()),
        Just(r#"", "reason": "r"}"#.to_owned()),
        Just("```json".to_owned()),
        Just("```".to_owned()),
        Just("The capital of France is Paris".to_owned()),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// Words of one small vocabulary, so that they often stand in each other.
fn said() -> impl Strategy<Value = String> {
    let words = ["The", "capital", "France", "Paris", "not", "is", "of", "1889", "orbits", "Moon", "paris", "3 km"];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..9).prop_map(|words| words.join(" "))
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

proptest! {
    #[test]
    fn no_answer_breaks_anything_and_what_decides_stands_in_the_fact(text in answer(), fact in any::<String>()) {
        let [claim, question, fact] =
            ["The capital of France is Paris.", "", &format!("{fact} The capital of France is Paris.")].map(FactText::new);
        if let Weighed::Decides { span, .. } = weigh(&text, &claim, &question, &[&fact]) {
            prop_assert!(fact.statement().get(span.start..span.end).is_some_and(|quoted| !quoted.is_empty()));
        }
    }

    #[test]
    fn what_is_quoted_and_does_not_stand_in_the_fact_decides_nothing(
        claim in said(), fact in said(), quote in said(), verdict in prop_oneof![Just("supported"), Just("contradicted")],
    ) {
        let answer = json!({"verdict": verdict, "fact": 1, "quote": quote, "reason": "r"}).to_string();
        let [of, question, known] = [claim.as_str(), "", &fact].map(FactText::new);
        if let Weighed::Decides { span, score, .. } = weigh(&answer, &of, &question, &[&known]) {
            prop_assert_eq!(plain(span.of(&fact)), plain(&quote));
            prop_assert!((0.0..=1.0).contains(&score) && score >= 1.0 / 3.0);
        }
    }
}
