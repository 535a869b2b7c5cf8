//! A final answer that the steps do not reach.

use std::collections::BTreeSet;

use super::{FaultKind, Finding, Step};
use crate::stages::verify::claims::sentences;
use crate::stages::verify::consensus::final_answer;
use crate::stages::verify::measure::{Likeness, Quantity, Unit, liken, measures};
use crate::stages::verify::words::words;

/// The conclusion's key value: its numbers, or its content words where it has none. Found in no step, it does not follow.
pub(super) fn does_not_follow(question: &str, steps: &[Step], conclusion: &str) -> Option<Finding> {
    let answer = final_answer(conclusion);
    // A step that only repeats the conclusion gives it no ground.
    let reasoned: Vec<&str> = steps
        .iter()
        .flat_map(|s| sentences(s.text).into_iter().map(|p| p.of(s.text)))
        .filter(|text| final_answer(text) != answer)
        .collect();
    if reasoned.is_empty() {
        return None;
    }
    let all = words(answer);
    if all.first().is_some_and(|w| matches!(w.lower.as_str(), "yes" | "no" | "true" | "false")) {
        return None;
    }
    let wanted = measures(answer);
    let reached = match wanted.quantities.last() {
        Some(value) => {
            let same = |text: &str| {
                let found = measures(text);
                found.quantities.iter().any(|q| reaches(q, value))
                    || found.dates.iter().any(|d| d.year.is_some_and(|y| f64::from(y) == value.value))
            };
            reasoned.iter().any(|text| same(text)) || same(question)
        }
        None => {
            let content: Vec<String> = all.iter().filter(|w| !w.is_stop()).map(|w| w.stem.clone()).collect();
            let known: BTreeSet<String> =
                reasoned.iter().flat_map(|t| words(t)).chain(words(question)).map(|w| w.stem).collect();
            let derived = |w: &str| known.iter().any(|k| one_name(w, k));
            content.is_empty()
                || content.iter().any(|w| known.contains(w))
                || all.iter().any(|w| w.capital && derived(&w.stem))
                || !wanted.dates.is_empty()
        }
    };
    (!reached).then(|| Finding {
        kind: FaultKind::ConclusionDoesNotFollow,
        steps: Vec::new(),
        span: None,
        reason: format!("the final answer \"{answer}\" is reached in no step"),
    })
}

/// Whether a step's quantity is the answer's: as written where one of them has no unit ("1000", asked for grams, is "1000 grams").
fn reaches(step: &Quantity, answer: &Quantity) -> bool {
    let (x, y) = match (&step.unit, &answer.unit) {
        (Unit::None, _) | (_, Unit::None) => (step.written, answer.written),
        _ => (step.value, answer.value),
    };
    (x - y).abs() <= 1e-6 * y.abs().max(1.0) || liken(step, answer) == Likeness::Same
}

/// Whether two stems are a place's name and what comes from there: "Africa" and "African", "Antarctica" and "Antarctic".
fn one_name(a: &str, b: &str) -> bool {
    const ENDINGS: [&str; 9] = ["", "a", "n", "an", "ian", "ean", "ish", "ese", "e"];
    let shared = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).map(|(c, _)| c.len_utf8()).sum::<usize>();
    shared >= 4 && ENDINGS.contains(&&a[shared..]) && ENDINGS.contains(&&b[shared..])
}
