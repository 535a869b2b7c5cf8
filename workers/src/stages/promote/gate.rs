//! The gate. Pure.
//!
//! A model is promoted if it is better on the main measure, AUROC on held-out questions, and falls beyond its margin on
//! no other: a margin is how much worse a measure may be in the worst case that its interval admits (a test of
//! non-inferiority). The reason says whether the gain is certain, or may be chance. Mistakes that were trained on may
//! refuse and never promote: the new model has seen more of them. Where no model is in use, it must be better than
//! chance, within domains too: a model that has only learnt in which field answers are wrong would send experts there
//! and tell them nothing. Where one is in use, a measure of which the change is not known refuses.

use atr_core::domain::evaluation::{Baseline, Interval, MeasureName, Measures};
use serde::{Deserialize, Serialize};

/// Fewer held-out questions decide nothing.
pub const FEWEST_QUESTIONS: i32 = 30;

/// How far a measure may fall.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Margin {
    /// The measure.
    pub measure: MeasureName,
    /// The lower bound of its difference may lie this far below 0.
    pub margin: f64,
}

/// The measures that may not fall beyond their margins.
pub const MARGINS: [Margin; 4] = [
    Margin { measure: MeasureName::Auroc, margin: 0.05 },
    Margin { measure: MeasureName::AurocWithinDomain, margin: 0.10 },
    Margin { measure: MeasureName::PickAccuracy, margin: 0.10 },
    Margin { measure: MeasureName::RegressionsCaught, margin: 0.05 },
];

/// What the gate decided, and by what.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether the model comes into use.
    pub promoted: bool,
    /// Why, in words.
    pub reason: String,
    /// What was looked at.
    pub seen: Seen,
}

/// What the gate looked at: the `gate` of a promotion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Fewer questions would have refused.
    pub fewest_questions: i32,
    /// How many there were.
    pub questions: i32,
    /// How far each measure may fall.
    pub margins: Vec<Margin>,
    /// How each of them changed, where that is known.
    pub differences: Vec<Difference>,
}

/// How a measure changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The measure.
    pub measure: MeasureName,
    /// After less before.
    pub difference: Interval,
}

/// Decides on a model by what was measured on so many held-out questions.
pub fn decide(questions: i32, measures: &Measures) -> Verdict {
    let differences = MARGINS
        .iter()
        .filter_map(|margin| {
            let difference = measures.get(margin.measure)?.difference?;
            Some(Difference { measure: margin.measure, difference })
        })
        .collect();
    let seen = Seen { fewest_questions: FEWEST_QUESTIONS, questions, margins: MARGINS.to_vec(), differences };
    match judge(questions, measures) {
        Ok(reason) => Verdict { promoted: true, reason, seen },
        Err(reason) => Verdict { promoted: false, reason, seen },
    }
}

/// Why a model is promoted, or why it is not.
fn judge(questions: i32, measures: &Measures) -> Result<String, String> {
    if questions < FEWEST_QUESTIONS {
        return Err(format!(
            "only {questions} held-out questions are judged; {FEWEST_QUESTIONS} are needed to tell models apart"
        ));
    }
    let auroc = measures
        .get(MeasureName::Auroc)
        .ok_or("AUROC cannot be measured: the held-out answers are all right or all wrong")?;
    for Margin { measure, margin } in MARGINS {
        let Some(found) = measures.get(measure) else { continue };
        let Some(difference) = found.difference else {
            if measures.baseline == Baseline::ModelInUse {
                return Err(format!("how {measure} changed against the model in use is not known"));
            }
            continue;
        };
        if difference.low.is_nan() || difference.low < -margin {
            return Err(format!(
                "{measure} may have fallen by more than {margin}: it changed by {}",
                in_words(difference)
            ));
        }
    }
    match auroc.difference {
        Some(difference) if difference.value > 0.0 && difference.low > 0.0 => {
            Ok(format!("auroc rose by {}", in_words(difference)))
        }
        Some(difference) if difference.value > 0.0 => Ok(format!(
            "auroc is higher by {}, which may be chance, and no measure fell beyond its margin",
            in_words(difference)
        )),
        Some(difference) => Err(format!("auroc did not rise: it changed by {}", in_words(difference))),
        None => {
            let within = measures.get(MeasureName::AurocWithinDomain);
            match [Some(auroc), within]
                .into_iter()
                .flatten()
                .find(|found| found.after.low.is_nan() || found.after.low <= 0.5)
            {
                Some(found) => Err(format!(
                    "there is nothing to compare with, and {} may be no better than chance: {}",
                    found.name,
                    in_words(found.after)
                )),
                None => Ok(format!(
                    "there is nothing to compare with, and auroc is better than chance: {}",
                    in_words(auroc.after)
                )),
            }
        }
    }
}

fn in_words(interval: Interval) -> String {
    format!("{:.3} (95% interval {:.3} to {:.3})", interval.value, interval.low, interval.high)
}

#[cfg(test)]
mod tests {
    use atr_core::domain::evaluation::{Baseline, Measure};
    use proptest::prelude::*;

    use super::*;

    fn measure(name: MeasureName, difference: Option<(f64, f64, f64)>) -> Measure {
        let interval = |(value, low, high)| Interval { value, low, high };
        Measure { name, before: None, after: interval((0.7, 0.6, 0.8)), difference: difference.map(interval) }
    }

    fn measures(measures: Vec<Measure>) -> Measures {
        Measures {
            version: 1,
            baseline: Baseline::ModelInUse,
            resamples: 2000,
            questions_to_pick: 50,
            right: 60,
            regressions: 0,
            measures,
        }
    }

    fn auroc(difference: (f64, f64, f64)) -> Measures {
        measures(vec![measure(MeasureName::Auroc, Some(difference))])
    }

    #[test]
    fn a_model_that_is_better_and_falls_nowhere_is_promoted_with_its_reason() {
        let verdict = decide(60, &auroc((0.04, 0.01, 0.09)));
        assert!(verdict.promoted);
        assert_eq!(verdict.reason, "auroc rose by 0.040 (95% interval 0.010 to 0.090)");
        assert_eq!((verdict.seen.questions, verdict.seen.differences.len()), (60, 1));
    }

    #[test]
    fn a_gain_that_may_be_chance_is_not_called_a_rise() {
        let verdict = decide(60, &auroc((0.04, -0.01, 0.09)));
        let words = "auroc is higher by 0.040 (95% interval -0.010 to 0.090), which may be chance";
        assert!(verdict.promoted && verdict.reason.starts_with(words), "{}", verdict.reason);
    }

    #[test]
    fn a_change_that_is_not_known_refuses_where_a_model_is_in_use() {
        let unknown = measures(vec![
            measure(MeasureName::Auroc, Some((0.04, 0.01, 0.09))),
            measure(MeasureName::PickAccuracy, None),
        ]);
        let verdict = decide(60, &unknown);
        assert!(!verdict.promoted, "{}", verdict.reason);
        assert_eq!(verdict.reason, "how pick_accuracy changed against the model in use is not known");
        assert!(decide(60, &Measures { baseline: Baseline::Likelihood, ..unknown }).promoted);
    }

    #[test]
    fn mistakes_that_were_trained_on_may_refuse_and_never_promote() {
        let with = |auroc, caught| {
            measures(vec![
                measure(MeasureName::Auroc, Some(auroc)),
                measure(MeasureName::RegressionsCaught, Some(caught)),
            ])
        };
        assert!(!decide(60, &with((0.0, -0.01, 0.01), (0.4, 0.3, 0.5))).promoted);
        assert!(!decide(60, &with((0.1, 0.05, 0.2), (-0.2, -0.3, -0.1))).promoted);
    }

    #[test]
    fn a_model_that_does_not_help_is_refused_with_its_reason() {
        let verdict = decide(60, &auroc((0.0, -0.01, 0.01)));
        assert!(!verdict.promoted && verdict.reason.starts_with("auroc did not rise"), "{}", verdict.reason);
    }

    #[test]
    fn one_measure_beyond_its_margin_refuses_though_the_main_one_rose() {
        let fell = measures(vec![
            measure(MeasureName::Auroc, Some((0.04, 0.01, 0.09))),
            measure(MeasureName::PickAccuracy, Some((-0.02, -0.11, 0.05))),
        ]);
        let verdict = decide(60, &fell);
        assert!(!verdict.promoted && verdict.reason.starts_with("pick_accuracy may have fallen"), "{}", verdict.reason);
    }

    #[test]
    fn with_nothing_to_compare_with_it_must_be_better_than_chance() {
        let measures = |all| Measures { baseline: Baseline::None, ..measures(all) };
        let mut alone = measures(vec![measure(MeasureName::Auroc, None)]);
        assert!(decide(60, &alone).promoted);
        alone.measures[0].after.low = 0.5;
        assert!(!decide(60, &alone).promoted);
        let mut by_domain =
            measures(vec![measure(MeasureName::Auroc, None), measure(MeasureName::AurocWithinDomain, None)]);
        assert!(decide(60, &by_domain).promoted);
        by_domain.measures[1].after = Interval { value: 0.44, low: 0.25, high: 0.63 };
        let verdict = decide(60, &by_domain);
        let expected = "there is nothing to compare with, and auroc_within_domain may be no better than chance";
        assert!(!verdict.promoted && verdict.reason.starts_with(expected), "{}", verdict.reason);
    }

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![9 => -0.3..0.3f64, 1 => Just(f64::NAN)]
    }

    proptest! {
        #[test]
        fn never_promoted_unless_the_main_measure_rose_and_none_fell_beyond_its_margin(
            questions in 0..60i32,
            given in proptest::collection::vec((0..MeasureName::ALL.len(), proptest::option::of((number(), number(), number()))), 0..6),
        ) {
            let given = given.into_iter().map(|(name, difference)| measure(MeasureName::ALL[name], difference)).collect();
            let measures = measures(given);
            let verdict = decide(questions, &measures);
            if verdict.promoted {
                prop_assert!(questions >= FEWEST_QUESTIONS);
                let auroc = measures.get(MeasureName::Auroc).expect("measured");
                prop_assert!(auroc.difference.is_none_or(|difference| difference.value > 0.0));
                for margin in MARGINS {
                    let difference = measures.get(margin.measure).and_then(|found| found.difference);
                    prop_assert!(difference.is_none_or(|difference| difference.low >= -margin.margin));
                }
            }
            prop_assert!(!verdict.reason.is_empty());
        }
    }
}
