//! Curation: the data-ethics pipeline between derived examples and a snapshot.
//!
//! The stages run in one order ([`Stage::ORDER`]): settlement, deduplication (exact, then near), source transparency, bias detection and
//! balancing, toxicity filtration, verification of citations, decontamination. Each candidate gets one [`Decision`] with its
//! reason. The rules are pure: equal recipes over equal input decide alike, and which rows are kept does not depend on the
//! order in which they come.

pub mod balance;
mod candidate;
mod citations;
mod decision;
mod decontaminate;
pub mod distinct;
mod exact;
mod handler;
mod measures;
mod membership;
pub mod minhash;
pub(in crate::stages) mod near;
pub mod normalise;
mod recipe;
mod settlement;
#[cfg(test)]
mod tests;
pub mod toxicity;
mod transparency;

use std::collections::BTreeMap;

pub use candidate::{Candidate, CitationState, FactUsed, HeldOut, Input};
pub use decision::{Decision, Detail, Reason, Stage, Tag};
pub(crate) use handler::{decide, recipe, recorded, run as handle};
pub use measures::{Measures, StageMeasure};
pub(crate) use membership::read;
pub use recipe::{
    AgreementRule, BalanceRule, DecontaminationRule, LicenceRule, NearRule, Recipe, RecipeError, ToxicityRule,
    UnknownLicence,
};

use balance::{Attribute, Distribution};
use decision::Fall;

/// What a run answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// One decision for each candidate, in the order of the input.
    pub decisions: Vec<Decision>,
    /// What each stage did.
    pub measures: Measures,
}

/// Runs the pipeline.
///
/// # Errors
/// A recipe that cannot be followed.
pub fn run(recipe: &Recipe, input: &Input) -> Result<Output, RecipeError> {
    recipe.check()?;
    let candidates = &input.candidates;
    let mut ledger = Ledger::new(recipe, candidates);
    let mut before = ledger.distributions(&ledger.standing());
    for stage in Stage::ORDER {
        let standing = ledger.standing();
        let falls = match stage {
            Stage::Settlement => settlement::judge(candidates, &standing),
            Stage::ExactDuplicates => exact::judge(recipe, candidates, &standing),
            Stage::NearDuplicates => near::judge(recipe, candidates, &standing),
            Stage::Transparency => {
                ledger.tag(&standing, transparency::tags);
                transparency::judge(&recipe.licences, candidates, &standing)
            }
            Stage::Balance => {
                let (falls, weights) = balance::judge(recipe, candidates, &standing);
                ledger.weigh(weights);
                falls
            }
            Stage::Toxicity => toxicity::judge(&recipe.toxicity, candidates, &standing),
            Stage::Citations => {
                ledger.tag(&standing, citations::tags);
                citations::judge(candidates, &standing)
            }
            Stage::Decontamination => {
                decontaminate::judge(&recipe.decontamination, candidates, &standing, &input.held_out)
            }
        };
        before = ledger.close(stage, standing.len(), before, falls);
    }
    Ok(ledger.decide())
}

/// What is known of each candidate while the stages run.
struct Ledger<'a> {
    recipe: &'a Recipe,
    candidates: &'a [Candidate],
    fallen: Vec<Option<Fall>>,
    weights: Vec<f64>,
    tags: Vec<Vec<Tag>>,
    stages: Vec<StageMeasure>,
}

impl<'a> Ledger<'a> {
    fn new(recipe: &'a Recipe, candidates: &'a [Candidate]) -> Self {
        let len = candidates.len();
        Self {
            recipe,
            candidates,
            fallen: vec![None; len],
            weights: vec![1.0; len],
            tags: vec![Vec::new(); len],
            stages: Vec::new(),
        }
    }

    fn standing(&self) -> Vec<usize> {
        (0..self.candidates.len()).filter(|&at| self.fallen[at].is_none()).collect()
    }

    fn distributions(&self, rows: &[usize]) -> Vec<Distribution> {
        let of = |attribute| {
            let rows = rows.iter().map(|&at| (&self.candidates[at], self.weights[at]));
            balance::distribution(&self.recipe.balance, attribute, rows)
        };
        Attribute::ALL.into_iter().map(of).collect()
    }

    fn tag(&mut self, rows: &[usize], tags: impl Fn(&Candidate) -> Vec<Tag>) {
        for &at in rows {
            self.tags[at].extend(tags(&self.candidates[at]));
        }
    }

    fn weigh(&mut self, weights: Vec<(usize, f64)>) {
        for (at, weight) in weights {
            self.weights[at] = weight;
        }
    }

    /// Enters what a stage did; the distributions of what is left go into the next one.
    fn close(
        &mut self,
        stage: Stage,
        entered: usize,
        before: Vec<Distribution>,
        falls: Vec<Fall>,
    ) -> Vec<Distribution> {
        let mut fell = BTreeMap::new();
        for fall in falls {
            *fell.entry(fall.reason).or_default() += 1;
            let at = fall.at;
            self.fallen[at] = Some(fall);
        }
        let standing = self.standing();
        let after = self.distributions(&standing);
        self.stages.push(StageMeasure { stage, entered, left: standing.len(), fell, before, after: after.clone() });
        after
    }

    fn decide(self) -> Output {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let rows = self.candidates.iter().zip(self.fallen).zip(self.weights).zip(self.tags);
        let decisions: Vec<Decision> = rows
            .map(|(((candidate, fall), weight), mut tags)| {
                tags.sort();
                tags.dedup();
                let id = candidate.id.clone();
                match fall {
                    None => {
                        tags.iter().for_each(|tag| *counts.entry(tag.to_string()).or_default() += 1);
                        let (reason, words) = (Reason::Kept, "passed every stage".to_owned());
                        Decision { id, kept: true, stage: None, reason, words, weight, tags, detail: None }
                    }
                    Some(Fall { reason, words, detail, .. }) => {
                        Decision { id, kept: false, stage: reason.stage(), reason, words, weight: 0.0, tags, detail }
                    }
                }
            })
            .collect();
        let kept = decisions.iter().filter(|decision| decision.kept).count();
        let measures = Measures { entered: self.candidates.len(), kept, stages: self.stages, tags: counts };
        Output { decisions, measures }
    }
}
