//! What must hold for any text at all.

use proptest::prelude::*;

use super::arithmetic;
use super::logic::{Step, examine};

/// Texts with the pieces that the rules look for, in any order, and any other characters between.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[-+*/^%=()0-9x. ]{0,12}",
        Just("<<".to_owned()),
        Just(">>".to_owned()),
        Just("16 - 3 = 13 ".to_owned()),
        Just(" divided by ".to_owned()),
        Just("The box has 5 apples. ".to_owned()),
        Just("١٢ = ½ ".to_owned()),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn equations_lie_inside_any_text(text in text()) {
        let found = arithmetic::check(&text);
        prop_assert!(found.wrong.len() <= found.checked);
        for wrong in found.wrong {
            prop_assert!(text.get(wrong.span.start..wrong.span.end).is_some_and(|s| !s.is_empty()));
        }
    }

    #[test]
    fn any_graph_of_steps_is_examined_and_names_steps_that_are_there(
        texts in proptest::collection::vec(text(), 0..6),
        edges in proptest::collection::vec(proptest::collection::vec(0usize..8, 0..4), 6),
        conclusion in proptest::option::of(text()),
    ) {
        let steps: Vec<Step> = texts.iter().zip(&edges).map(|(text, rests_on)| Step { text, rests_on }).collect();
        let logic = examine("How many apples?", &steps, conclusion.as_deref());
        prop_assert!((0.0..=1.0).contains(&logic.consistency));
        for finding in &logic.findings {
            prop_assert!(finding.steps.iter().all(|s| *s < steps.len()));
            prop_assert!(!finding.reason.is_empty());
        }
    }

    #[test]
    fn a_right_sum_is_never_wrong_and_a_wrong_one_never_right(a in -9999i64..9999, b in 0i64..9999, off in 1i64..500) {
        let written = |result: i64| arithmetic::check(&format!("so {a} + {b} = {result}."));
        prop_assert!(written(a + b).wrong.is_empty());
        prop_assert_eq!(written(a + b + off).wrong.len(), 1);
    }
}
