//! ExpertQA: do the passages that a claim cites support it completely?

use std::collections::BTreeMap;

use atr_core::domain::agreement::Bootstrap;
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::evidence::Labelled;
use crate::factcheck::{PRIOR, features, part};
use crate::fit::fit;

const FOLDS: usize = 10;

/// The chance that one who is in is above one who is out (Mann and Whitney 1947), ties half.
fn auroc(scores: &[f64], inside: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut ranks, mut at) = (0.0, 0);
    while at < order.len() {
        let tied = order[at..].iter().take_while(|o| scores[**o] == scores[order[at]]).count();
        let rank = at as f64 + (tied as f64 + 1.0) / 2.0;
        ranks += rank * order[at..at + tied].iter().filter(|o| inside[**o]).count() as f64;
        at += tied;
    }
    let (m, n) = (inside.iter().filter(|i| **i).count() as f64, inside.len() as f64);
    if m == 0.0 || m == n { 0.5 } else { (ranks - m * (m + 1.0) / 2.0) / (m * (n - m)) }
}

/// Prints and notes the figures.
pub fn report(claims: &[Labelled], figures: &mut Map<String, Value>) -> Outcome<()> {
    let all = features(claims);
    let complete: Vec<bool> = claims.iter().map(|c| c.label == 0).collect();
    let mut ours = vec![0.0; claims.len()];
    for fold in 0..FOLDS {
        let within: Vec<_> = (0..claims.len())
            .filter(|at| part(claims[*at].answer, FOLDS, 0) != fold)
            .map(|at| (all[at].0, claims[at].label))
            .collect();
        let model = fit(&within, PRIOR);
        for at in (0..claims.len()).filter(|at| part(claims[*at].answer, FOLDS, 0) == fold) {
            ours[at] = model.likelihood(&all[at].0).true_;
        }
    }
    let lexical: Vec<f64> = all.iter().map(|(_, own)| own.covered).collect();
    let mut answers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, claim) in claims.iter().enumerate() {
        answers.entry(claim.answer).or_default().push(at);
    }
    let groups: Vec<Vec<usize>> = answers.into_values().collect();
    let mut note = |name: &str, figure: &dyn Fn(&[usize]) -> f64| -> Outcome<()> {
        let found = Bootstrap::default().interval(groups.len(), |drawn| {
            let at: Vec<usize> = drawn.iter().flat_map(|g| groups[*g].iter().copied()).collect();
            Ok::<f64, std::convert::Infallible>(figure(&at))
        })?;
        println!("{name} {:.3} ({:.3} to {:.3})", found.value, found.low, found.high);
        figures
            .insert(name.to_owned(), json!({"value": found.value, "low": found.low, "high": found.high, "unit": ""}));
        Ok(())
    };
    let of = |scores: &[f64], at: &[usize]| {
        let (scores, inside): (Vec<f64>, Vec<bool>) = at.iter().map(|at| (scores[*at], complete[*at])).unzip();
        auroc(&scores, &inside)
    };
    note("expertqa_auroc", &|at| of(&ours, at))?;
    note("expertqa_lexical_auroc", &|at| of(&lexical, at))?;
    note("expertqa_auroc_above_lexical", &|at| of(&ours, at) - of(&lexical, at))
}
