//! ExpertQA: do the passages that a claim cites support it completely?

use std::collections::BTreeMap;

use atr_core::domain::agreement::Bootstrap;
use atr_reward::metrics::auroc;
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::evidence::Labelled;
use crate::factcheck::{PRIOR, features, part};
use crate::fit::fit;

const FOLDS: usize = 10;

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
        auroc(&scores, &inside).unwrap_or(f64::NAN)
    };
    note("expertqa_auroc", &|at| of(&ours, at))?;
    note("expertqa_lexical_auroc", &|at| of(&lexical, at))?;
    note("expertqa_auroc_above_lexical", &|at| of(&ours, at) - of(&lexical, at))
}
