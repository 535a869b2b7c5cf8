use uuid::Uuid;

use super::*;
use crate::{domain::agreement::Metric, ids::Id};

fn opinion(trace: u128, expert: u128, verdict: Verdict, labels: &[&str]) -> Opinion {
    Opinion {
        trace: TraceId::from_uuid(Uuid::from_u128(trace)),
        expert: ExpertId::from_uuid(Uuid::from_u128(expert)),
        verdict,
        severity: None,
        suspect_step: None,
        flaw_labels: labels.iter().map(|label| (*label).to_owned()).collect(),
    }
}

#[test]
fn who_abstains_rates_nothing() {
    let opinions = [
        opinion(1, 1, Verdict::Correct, &[]),
        opinion(1, 2, Verdict::PartlyCorrect, &["unit"]),
        opinion(2, 1, Verdict::CannotJudge, &["unit"]),
        opinion(2, 2, Verdict::NotMyField, &[]),
    ];
    let ratings = verdicts(&opinions).unwrap();
    assert_eq!((ratings.count(), ratings.units().len(), ratings.categories().len()), (2, 1, 3));
    let labels: Vec<_> = flaw_labels(&opinions).unwrap().map(|(label, ratings)| (label, ratings.count())).collect();
    assert_eq!(labels, [("unit", 2)]);
}

#[test]
fn severities_and_steps_are_compared_where_they_are_given() {
    let bad = |trace, expert, severity, step| Opinion {
        severity,
        suspect_step: step,
        ..opinion(trace, expert, Verdict::Incorrect, &[])
    };
    let opinions = [
        bad(1, 1, Some(Severity::Minor), Some(4)),
        bad(1, 2, Some(Severity::Major), Some(4)),
        bad(2, 1, Some(Severity::Critical), None),
        bad(2, 2, None, Some(11)),
        bad(3, 1, Some(Severity::Critical), Some(0)),
        bad(3, 2, Some(Severity::Critical), Some(1)),
    ];
    let severities = severities(&opinions).unwrap();
    assert_eq!((severities.count(), severities.categories()), (5, Severity::ALL));
    // Of 2 units: minor beside major, and critical twice. Middle ranks are 0.5, 1.5 and 3.
    let found = severities.tallies().alpha(Metric::Ordinal).unwrap();
    assert_eq!((found.units, found.ratings), (2, 4));
    // Observed: 2 · 1² of 4 ratings. Expected: 2 · (1² + 2 · 2.5² + 2 · 1.5²) of 4 · 3 pairs.
    assert!((found.observed - 0.5).abs() < 1e-12 && (found.expected - 3.0).abs() < 1e-12, "{found:?}");
    let steps = suspect_steps(&opinions).unwrap();
    assert_eq!((steps.count(), steps.categories()), (5, [0, 1, 4, 11].as_slice()));
}

#[test]
fn each_label_is_a_question_that_every_judge_of_a_trace_answers() {
    let opinions = [
        opinion(1, 1, Verdict::Incorrect, &["source", "unit"]),
        opinion(1, 2, Verdict::Incorrect, &["unit"]),
        opinion(2, 1, Verdict::Incorrect, &["unit"]),
        opinion(2, 2, Verdict::Correct, &[]),
        opinion(3, 2, Verdict::Correct, &[]),
        opinion(3, 1, Verdict::Correct, &[]),
    ];
    let by_label: Vec<_> = flaw_labels(&opinions).unwrap().collect();
    assert_eq!(by_label.iter().map(|(label, _)| *label).collect::<Vec<_>>(), ["source", "unit"]);
    for (label, ratings) in by_label {
        assert_eq!((ratings.categories(), ratings.count()), ([false, true].as_slice(), 6));
        let given = opinions.iter().map(|of| (of.trace, of.expert, of.flaw_labels.iter().any(|given| given == label)));
        assert_eq!(ratings, Ratings::over(&[false, true], given).unwrap(), "{label}");
    }
}

#[test]
fn an_expert_has_one_opinion_of_a_trace() {
    let twice = [opinion(1, 1, Verdict::Correct, &[]), opinion(1, 1, Verdict::Incorrect, &[])];
    assert_eq!(verdicts(&twice).unwrap_err(), RatingsError::Twice { at: 1 });
    assert_eq!(flaw_labels(&twice).err(), Some(RatingsError::Twice { at: 1 }));
}
