//! What must hold for any text at all.

use std::time::Instant;

use proptest::prelude::*;

use super::arithmetic;
use super::logic::{Step, examine};

/// Texts with the pieces that the rules look for, in any order, and any other characters between.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[-+*/^%=()0-9xAB. ]{0,12}",
        Just("<<".to_owned()),
        Just(">>".to_owned()),
        Just("16 - 3 = 13 ".to_owned()),
        Just(" divided by ".to_owned()),
        Just("The box has 5 apples. ".to_owned()),
        Just("١٢ = ½ ".to_owned()),
        Just(" where A = (5 + 3), B = 4. ".to_owned()),
        Just("All men are mortal, so Socrates is not a man. ".to_owned()),
        Just("from left to right: first is the owl, then second to ninth can be any bird, ".to_owned()),
        Just(" the crow is not the third from the right ".to_owned()),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

const BIRDS: &str =
    "There are three birds: an owl, a crow, and a jay. The owl is to the left of the crow. All jays are birds.";

proptest! {
    #[test]
    fn equations_lie_inside_any_text(text in text()) {
        let found = arithmetic::check(&text);
        prop_assert!(found.wrong.len() <= found.checked);
        for span in found.wrong.iter().map(|w| w.span).chain(found.misread.iter().map(|m| m.span)) {
            prop_assert!(text.get(span.start..span.end).is_some_and(|s| !s.is_empty()));
        }
    }

    #[test]
    fn any_graph_of_steps_is_examined_and_names_steps_that_are_there(
        question in prop_oneof![Just("How many apples?".to_owned()), Just(BIRDS.to_owned()), text()],
        texts in proptest::collection::vec(text(), 0..6),
        edges in proptest::collection::vec(proptest::collection::vec(0usize..8, 0..4), 6),
        conclusion in proptest::option::of(text()),
    ) {
        let steps: Vec<Step> = texts.iter().zip(&edges).map(|(text, rests_on)| Step { text, rests_on }).collect();
        let logic = examine(&question, &steps, conclusion.as_deref());
        prop_assert!((0.0..=1.0).contains(&logic.consistency));
        prop_assert!(logic.first_suspect.is_none_or(|at| at < steps.len()));
        prop_assert_eq!(logic.first_suspect.is_none(), logic.findings.is_empty() || steps.is_empty());
        for finding in &logic.findings {
            prop_assert!(finding.steps.iter().all(|s| *s < steps.len()));
            prop_assert!(!finding.reason.is_empty());
            if let (Some(span), Some(at)) = (finding.span, finding.steps.first()) {
                prop_assert!(texts[*at].get(span.start..span.end).is_some_and(|s| !s.is_empty()));
            }
        }
    }

    #[test]
    fn a_right_sum_is_never_wrong_and_a_wrong_one_never_right(a in -9999i64..9999, b in 0i64..9999, off in 1i64..500) {
        let written = |result: i64| arithmetic::check(&format!("so {a} + {b} = {result}."));
        prop_assert!(written(a + b).wrong.is_empty());
        prop_assert_eq!(written(a + b + off).wrong.len(), 1);
    }

    #[test]
    fn expressions_of_any_depth_are_computed_exactly(expression in expression(), off in 1i64..9) {
        let Expression { written, value } = expression;
        let of = |result: i64| arithmetic::check(&format!("We get A = ({written}) = ({written} - 0) = {result}.")).wrong;
        let (right, wrong) = (of(value), of(value + off));
        prop_assert!(right.is_empty(), "{:?}", right);
        prop_assert_eq!(wrong.len(), 1);
        prop_assert_eq!(wrong[0].computed, value as f64);
    }

    #[test]
    fn decimals_are_added_and_fractions_divided_exactly(a in 0i64..100_000, b in 0i64..100_000, c in 1i64..50, off in 1i64..90) {
        let decimal = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
        let sum = |result: i64| arithmetic::check(&format!("{} + {} = {}", decimal(a), decimal(b), decimal(result))).wrong.len();
        prop_assert_eq!((sum(a + b), sum(a + b + off)), (0, 1));
        let thirds = |result: i64| arithmetic::check(&format!("({a} / {c}) * {c} + {b} = {result}")).wrong.len();
        prop_assert_eq!(thirds(a + b), 0);
    }
}

/// An expression of whole numbers with signs and brackets, and what it comes to.
#[derive(Debug, Clone)]
struct Expression {
    written: String,
    value: i64,
}

fn expression() -> impl Strategy<Value = Expression> {
    let number = (-9i64..10).prop_map(|value| Expression { written: value.to_string(), value });
    number.prop_recursive(4, 16, 2, |part| {
        (part.clone(), part, 0..4usize).prop_map(|(left, right, form)| {
            let Expression { written: a, value: x } = left;
            let Expression { written: b, value: y } = right;
            let (written, value) = match form {
                0 => (format!("({a}) + ({b})"), x.saturating_add(y)),
                1 => (format!("({a}) - ({b})"), x.saturating_sub(y)),
                2 => (format!("({a}) * ({b})"), x.saturating_mul(y)),
                _ => (format!("-({a}) - -({b})"), y.saturating_sub(x)),
            };
            Expression { written, value }
        })
    })
}

/// Eight times as much takes about eight times as long, in one step and in many.
#[test]
fn long_chains_and_long_steps_take_no_more_than_their_length() {
    let pieces = [
        "So A = (5 + 3) = 8 and B = (2 * (3 - 1)) = 4, then A + B = 8 + 4 = 12. ",
        "<<5+3=8>> x + 2 = 5 ",
        "( ( ( 5 + - - - 3 = = = ",
        "A = A = A = 5 = 5 = 5 ",
        "from left to right: first is the owl, then second and third can be any bird, ",
        "The crow is to the left of the jay, and the jay is not the leftmost, ",
        "All jays are birds, so some birds are jays and no owls are jays, ",
    ];
    let time = |text: &str, steps: usize| {
        let chain = vec![Step { text, rests_on: &[] }; steps];
        let begun = Instant::now();
        examine(BIRDS, &chain, Some("The owl is the leftmost."));
        begun.elapsed().as_secs_f64()
    };
    for piece in pieces {
        for (length, steps, longer, more) in [(150, 1, 8, 1), (1, 100, 1, 8)] {
            let (short, long) = (piece.repeat(length), piece.repeat(length * longer));
            let (short, long) = (time(&short, steps).max(time(&short, steps)), time(&long, steps * more));
            assert!(long < 24.0 * short + 0.5, "{piece}: {short} s and {long} s");
        }
    }
}
