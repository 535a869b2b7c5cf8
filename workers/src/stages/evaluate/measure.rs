//! The measures of two judges of answers. Pure: the same cases and seed give the same figures. Intervals are percentile
//! bootstraps that draw questions, never answers, and draw the same ones for both judges.

use std::collections::{BTreeMap, HashMap};

use atr_core::domain::evaluation::{Baseline, Interval, Measure, MeasureName, Measures};
use atr_reward::metrics::{self, Bootstrap};

/// Resamples of each interval.
const RESAMPLES: u32 = 2000;

/// A held-out answer, judged by an expert and rated by both judges.
#[derive(Debug, Clone, PartialEq)]
pub struct Rated {
    /// Key of the question.
    pub question: String,
    /// The field of knowledge it is about.
    pub domain: String,
    /// Whether the expert finds it right.
    pub right: bool,
    /// How likely the new model finds it.
    pub after: f64,
    /// How likely the reward model in use finds it.
    pub before: Option<f64>,
    /// How likely the answering model found it: its mean log-probability (nats).
    pub mean_logprob: Option<f64>,
}

/// An answer known to be wrong, from which was learnt, rated by both judges.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    /// Key of the question.
    pub question: String,
    /// How likely the new model finds it.
    pub after: f64,
    /// How likely the reward model in use finds it.
    pub before: Option<f64>,
}

/// How many questions the cases belong to.
pub fn questions(cases: &[Rated]) -> usize {
    grouped(cases.iter().map(|case| case.question.as_str())).len()
}

/// Measures the new model, beside the one in use or, where there is none, the answering model's own likelihood.
pub fn measure(cases: &[Rated], mistakes: &[Mistake], seed: u64) -> Measures {
    let bootstrap = Bootstrap { resamples: RESAMPLES as usize, level: 0.95, seed };
    let in_use: Option<Vec<f64>> = cases.iter().map(|case| case.before).collect();
    // The order of means of logarithms is that of their exponentials.
    let likelihood: Option<Vec<f64>> = cases.iter().map(|case| case.mean_logprob.map(f64::exp)).collect();
    let some = !cases.is_empty();
    let probabilities = in_use.clone();
    let (baseline, before) = match (in_use, &likelihood) {
        (Some(ratings), _) if some => (Baseline::ModelInUse, Some(ratings)),
        (_, Some(ratings)) if some => (Baseline::Likelihood, Some(ratings.clone())),
        _ => (Baseline::None, None),
    };
    let after: Vec<f64> = cases.iter().map(|case| case.after).collect();
    let held_out = HeldOut {
        groups: grouped(cases.iter().map(|case| case.question.as_str())),
        domains: cases.iter().map(|case| case.domain.as_str()).collect(),
        right: cases.iter().map(|case| case.right).collect(),
        bootstrap,
    };
    let likeliest = likelihood.and_then(|ratings| held_out.picked(&ratings));
    let measures = [
        held_out.auroc(before.as_deref(), &after),
        held_out.auroc_within_domain(before.as_deref(), &after),
        held_out.pick_accuracy(before.as_deref(), &after),
        held_out.picked(&vec![0.0; cases.len()]).map(|after| alone(MeasureName::PickRandom, after)),
        likeliest.map(|after| alone(MeasureName::PickLikeliest, after)),
        held_out.picked(&held_out.truth()).map(|after| alone(MeasureName::Oracle, after)),
        held_out.brier(probabilities.as_deref(), &after),
        regressions_caught(mistakes, bootstrap),
    ];
    Measures {
        version: 1,
        baseline,
        resamples: RESAMPLES,
        questions_to_pick: count(held_out.choices().count()),
        right: count(held_out.right.iter().filter(|right| **right).count()),
        regressions: count(mistakes.len()),
        measures: measures.into_iter().flatten().collect(),
    }
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

fn alone(name: MeasureName, after: Interval) -> Measure {
    Measure { name, before: None, after, difference: None }
}

fn interval(found: metrics::Interval) -> Interval {
    Interval { value: found.estimate, low: found.low, high: found.high }
}

/// The places of each question's answers, questions in the order in which they come.
fn grouped<'a>(questions: impl Iterator<Item = &'a str>) -> Vec<Vec<usize>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, question) in questions.enumerate() {
        let group = *places.entry(question).or_insert(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(at);
    }
    groups
}

struct HeldOut<'a> {
    groups: Vec<Vec<usize>>,
    domains: Vec<&'a str>,
    right: Vec<bool>,
    bootstrap: Bootstrap,
}

impl HeldOut<'_> {
    fn auroc(&self, before: Option<&[f64]>, after: &[f64]) -> Option<Measure> {
        self.compared(MeasureName::Auroc, before, after, |ratings, drawn| {
            let (scores, labels): (Vec<f64>, Vec<bool>) =
                self.answers(drawn).map(|at| (ratings[at], self.right[at])).unzip();
            metrics::auroc(&scores, &labels)
        })
    }

    fn auroc_within_domain(&self, before: Option<&[f64]>, after: &[f64]) -> Option<Measure> {
        let first = self.domains.first()?;
        if self.domains.iter().all(|domain| domain == first) {
            return None;
        }
        self.compared(MeasureName::AurocWithinDomain, before, after, |ratings, drawn| {
            let mut by_domain: BTreeMap<&str, (Vec<f64>, Vec<bool>)> = BTreeMap::new();
            for at in self.answers(drawn) {
                let (scores, labels) = by_domain.entry(self.domains[at]).or_default();
                scores.push(ratings[at]);
                labels.push(self.right[at]);
            }
            // The share of all pairs of a right and a wrong answer of one domain, so that each pair counts once.
            let (mut above, mut pairs) = (0.0, 0.0);
            for (scores, labels) in by_domain.values() {
                let right = labels.iter().filter(|right| **right).count();
                let of_domain = (right * (labels.len() - right)) as f64;
                if of_domain > 0.0 {
                    above += metrics::auroc(scores, labels)? * of_domain;
                    pairs += of_domain;
                }
            }
            (pairs > 0.0).then(|| above / pairs)
        })
    }

    fn brier(&self, before: Option<&[f64]>, after: &[f64]) -> Option<Measure> {
        self.compared(MeasureName::Brier, before, after, |ratings, drawn| {
            let (said, right): (Vec<f64>, Vec<bool>) =
                self.answers(drawn).map(|at| (ratings[at], self.right[at])).unzip();
            metrics::brier(&said, &right)
        })
    }

    /// The answers to the questions drawn.
    fn answers(&self, drawn: &[usize]) -> impl Iterator<Item = usize> {
        drawn.iter().flat_map(|group| self.groups[*group].iter().copied())
    }

    /// A figure of ratings over the questions drawn, before and after, on the same draws.
    fn compared(
        &self,
        name: MeasureName,
        before: Option<&[f64]>,
        after: &[f64],
        of: impl Fn(&[f64], &[usize]) -> Option<f64>,
    ) -> Option<Measure> {
        let over =
            |figure: &dyn Fn(&[usize]) -> Option<f64>| self.bootstrap.interval(self.groups.len(), figure).map(interval);
        Some(Measure {
            name,
            before: before.and_then(|before| over(&|drawn| of(before, drawn))),
            after: over(&|drawn| of(after, drawn))?,
            difference: before.and_then(|before| over(&|drawn| Some(of(after, drawn)? - of(before, drawn)?))),
        })
    }

    fn pick_accuracy(&self, before: Option<&[f64]>, after: &[f64]) -> Option<Measure> {
        let picks = |ratings: &[f64]| -> Vec<f64> { self.choices().map(|group| self.pick(group, ratings)).collect() };
        let before = before.map(picks);
        let after = picks(after);
        Some(Measure {
            name: MeasureName::PickAccuracy,
            before: before.as_deref().and_then(|before| self.bootstrap.mean(before)).map(interval),
            after: self.bootstrap.mean(&after).map(interval)?,
            difference: before.and_then(|before| self.bootstrap.paired(&before, &after)).map(interval),
        })
    }

    /// The share of questions answered right when the chain rated highest is picked.
    fn picked(&self, ratings: &[f64]) -> Option<Interval> {
        let picks: Vec<f64> = self.choices().map(|group| self.pick(group, ratings)).collect();
        self.bootstrap.mean(&picks).map(interval)
    }

    /// Questions with at least two answers to choose from.
    fn choices(&self) -> impl Iterator<Item = &[usize]> {
        self.groups.iter().map(Vec::as_slice).filter(|group| group.len() > 1)
    }

    /// The chance that the answer picked is right: the share of right ones among those rated highest.
    fn pick(&self, group: &[usize], ratings: &[f64]) -> f64 {
        let best = group.iter().map(|at| ratings[*at]).fold(f64::NEG_INFINITY, f64::max);
        let (right, all) = group
            .iter()
            .filter(|at| ratings[**at] == best)
            .fold((0.0, 0.0), |(right, all), at| (right + f64::from(u8::from(self.right[*at])), all + 1.0));
        // Without a best one (nothing but NaN) no pick is right.
        if all == 0.0 { 0.0 } else { right / all }
    }

    fn truth(&self) -> Vec<f64> {
        self.right.iter().map(|right| f64::from(u8::from(*right))).collect()
    }
}

/// Below one half, a mistake is caught. Likelihoods of whole answers say nothing about that border, so that only a
/// reward model is measured before.
fn regressions_caught(mistakes: &[Mistake], bootstrap: Bootstrap) -> Option<Measure> {
    let groups = grouped(mistakes.iter().map(|mistake| mistake.question.as_str()));
    let over = |caught: &dyn Fn(&Mistake) -> Option<f64>| {
        let figure = |drawn: &[usize]| {
            let mut drawn = drawn.iter().flat_map(|group| &groups[*group]);
            let (sum, all) =
                drawn.try_fold((0.0, 0.0), |(sum, all), at| Some((sum + caught(&mistakes[*at])?, all + 1.0)))?;
            Some(sum / all)
        };
        bootstrap.interval(groups.len(), figure).map(interval)
    };
    let caught = |rating: f64| f64::from(u8::from(rating < 0.5));
    Some(Measure {
        name: MeasureName::RegressionsCaught,
        before: over(&|mistake| mistake.before.map(caught)),
        after: over(&|mistake| Some(caught(mistake.after)))?,
        difference: over(&|mistake| mistake.before.map(|before| caught(mistake.after) - caught(before))),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rated(question: &str, right: bool, after: f64, before: Option<f64>, mean_logprob: Option<f64>) -> Rated {
        Rated { question: question.to_owned(), domain: "d".to_owned(), right, after, before, mean_logprob }
    }

    fn value(measures: &Measures, name: MeasureName) -> f64 {
        measures.get(name).expect("the measure is defined").after.value
    }

    /// Two questions with a right and a wrong chain each, which the new model tells apart and likelihood does not.
    fn two() -> Vec<Rated> {
        vec![
            rated("a", true, 0.9, None, Some(-1.0)),
            rated("a", false, 0.2, None, Some(-0.1)),
            rated("b", true, 0.8, None, Some(-0.2)),
            rated("b", false, 0.1, None, Some(-0.9)),
        ]
    }

    #[test]
    fn a_better_judge_picks_more_right_answers_than_chance_or_likelihood() {
        let measures = measure(&two(), &[], 1);
        assert_eq!(measures.baseline, Baseline::Likelihood);
        assert_eq!((measures.right, measures.questions_to_pick), (2, 2));
        assert_eq!(value(&measures, MeasureName::Auroc), 1.0);
        assert_eq!(value(&measures, MeasureName::PickAccuracy), 1.0);
        assert_eq!(value(&measures, MeasureName::PickRandom), 0.5);
        assert_eq!(value(&measures, MeasureName::PickLikeliest), 0.5);
        assert_eq!(value(&measures, MeasureName::Oracle), 1.0);
        let auroc = measures.get(MeasureName::Auroc).expect("defined");
        assert_eq!(auroc.before.map(|before| before.value), Some(0.25));
        assert_eq!(auroc.difference.map(|gain| gain.value), Some(0.75));
    }

    #[test]
    fn the_model_in_use_is_the_baseline_where_there_is_one() {
        let cases: Vec<Rated> = two().into_iter().map(|case| Rated { before: Some(case.after), ..case }).collect();
        let measures = measure(&cases, &[], 1);
        assert_eq!(measures.baseline, Baseline::ModelInUse);
        let gain = measures.get(MeasureName::Auroc).and_then(|auroc| auroc.difference).expect("defined");
        assert_eq!((gain.value, gain.low, gain.high), (0.0, 0.0, 0.0));
    }

    #[test]
    fn without_a_baseline_and_with_one_kind_of_answers_nothing_is_made_up() {
        let cases = vec![rated("a", true, 0.9, None, None), rated("b", true, 0.2, None, None)];
        let measures = measure(&cases, &[], 1);
        let names: Vec<_> = measures.measures.iter().map(|measure| measure.name).collect();
        assert_eq!((measures.baseline, names), (Baseline::None, vec![MeasureName::Brier]));
        let nothing = measure(&[], &[], 1);
        assert_eq!((nothing.baseline, nothing.measures.len()), (Baseline::None, 0));
    }

    #[test]
    fn a_judge_that_only_tells_domains_apart_knows_nothing_within_one() {
        let of = |domain: &str, question: &str, right, after| Rated {
            domain: domain.to_owned(),
            ..rated(question, right, after, None, None)
        };
        // Mostly right in the one domain and mostly wrong in the other; rated by the domain.
        let easy = [true, true, true, false].map(|right| of("easy", if right { "a" } else { "b" }, right, 0.9));
        let hard = [false, false, false, true].map(|right| of("hard", if right { "c" } else { "e" }, right, 0.1));
        let measures = measure(&[easy, hard].concat(), &[], 1);
        assert_eq!(value(&measures, MeasureName::Auroc), 0.75);
        assert_eq!(value(&measures, MeasureName::AurocWithinDomain), 0.5);
        assert_eq!(measure(&two(), &[], 1).get(MeasureName::AurocWithinDomain), None, "of one domain");
    }

    #[test]
    fn how_far_probabilities_are_from_what_was_the_case_is_measured_beside_the_model_in_use_alone() {
        let cases = [rated("a", true, 0.8, None, Some(-0.1)), rated("b", false, 0.4, None, Some(-0.1))];
        let alone = measure(&cases, &[], 1);
        let found = alone.get(MeasureName::Brier).expect("defined");
        assert!((found.after.value - 0.1).abs() < 1e-12, "{found:?}");
        assert_eq!((found.before, found.difference), (None, None), "a likelihood is no probability of truth");
        let cases = cases.map(|case| Rated { before: Some(0.5), ..case });
        let found = measure(&cases, &[], 1).get(MeasureName::Brier).cloned().expect("defined");
        assert!(found.difference.is_some_and(|gain| (gain.value + 0.15).abs() < 1e-12), "{found:?}");
    }

    #[test]
    fn known_mistakes_are_caught_below_one_half() {
        let mistake = |after, before| Mistake { question: "q".to_owned(), after, before };
        let measures = measure(&two(), &[mistake(0.4, Some(0.6)), mistake(0.6, Some(0.6))], 1);
        let caught = measures.get(MeasureName::RegressionsCaught).expect("defined");
        assert_eq!(caught.after.value, 0.5);
        assert_eq!(caught.difference.map(|gain| gain.value), Some(0.5));
        let likelihood = measure(&two(), &[mistake(0.4, None)], 1);
        assert_eq!(likelihood.get(MeasureName::RegressionsCaught).and_then(|caught| caught.before), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn figures_are_the_same_for_the_same_cases_and_lie_in_their_intervals(
            cases in proptest::collection::vec((0..6u8, any::<bool>(), 0.0..1.0f64, 0.0..1.0f64), 0..30),
        ) {
            let cases: Vec<Rated> = cases
                .into_iter()
                .map(|(question, right, after, before)| rated(&question.to_string(), right, after, Some(before), None))
                .collect();
            let measures = measure(&cases, &[], 1);
            prop_assert_eq!(&measures, &measure(&cases, &[], 1));
            let oracle = measures.get(MeasureName::Oracle).map_or(0.0, |oracle| oracle.after.value);
            let picked = measures.get(MeasureName::PickAccuracy).map_or(0.0, |picked| picked.after.value);
            prop_assert!(picked <= oracle);
            for measure in &measures.measures {
                prop_assert!((0.0..=1.0).contains(&measure.after.value));
                prop_assert!(measure.after.low <= measure.after.high);
            }
        }
    }
}
