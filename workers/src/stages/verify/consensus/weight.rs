//! How likely each answer is right: a weighted vote whose weights are log-odds.
//!
//! A conditional logit (McFadden 1974, "Conditional Logit Analysis of Qualitative Choice Behavior") over the answers given and
//! one more outcome, that none of them is right:
//!
//! ```text
//! weight of a chain    w = max(0, chain + Σ signal × coefficient)
//! evidence of a group  s = none + κ × Σ w of its chains + implausible, if the answer is
//! chance               P = exp s / (1 + Σ exp s of all groups)
//! ```
//!
//! κ = 1 / (1 + correlation × (W − 1)) with W = Σ w of all chains / `chain`: chains err alike, so that many are worth less than
//! as many that know nothing of each other (the design effect: Kish 1965, "Survey Sampling"). With weights of nought or more
//! a chain that joins a group never lowers its share.

use super::evidence::{SIGNALS, Signals};

/// The model's coefficients, in log-odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficients {
    /// Of any answer beside none being right.
    pub none: f64,
    /// Of a chain of which nothing is known.
    pub chain: f64,
    /// Of each signal of a chain.
    pub signals: Signals,
    /// Of an answer that cannot be.
    pub implausible: f64,
    /// How far chains err alike, 0 to 1.
    pub correlation: f64,
}

/// A group as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The signals of its chains.
    pub chains: Vec<Signals>,
    /// Whether its answer cannot be.
    pub implausible: bool,
}

/// How many terms the evidence of a group has.
pub const TERMS: usize = SIGNALS + 3;

impl Coefficients {
    /// The weight of a chain, nought or more.
    pub fn weight(&self, signals: &Signals) -> f64 {
        let more: f64 = self.signals.iter().zip(signals).map(|(coefficient, signal)| coefficient * signal).sum();
        (self.chain + more).max(0.0)
    }

    /// What the chains of a question are worth beside as many that know nothing of each other.
    pub fn damping(&self, groups: &[Candidate]) -> f64 {
        let all = sum(groups.iter().flat_map(|group| &group.chains).map(|chain| self.weight(chain)));
        1.0 / (1.0 + self.correlation * (all / self.chain - 1.0).max(0.0))
    }

    /// The evidence for each group.
    pub fn evidence(&self, groups: &[Candidate]) -> Vec<f64> {
        let damping = self.damping(groups);
        let of = |group: &Candidate| {
            let implausible = if group.implausible { self.implausible } else { 0.0 };
            self.none + damping * sum(group.chains.iter().map(|chain| self.weight(chain))) + implausible
        };
        groups.iter().map(of).collect()
    }

    /// The evidence of a group as a product with [`Self::vector`], where no weight is cut at nought.
    pub fn terms(group: &Candidate, damping: f64) -> [f64; TERMS] {
        let mut terms = [0.0; TERMS];
        terms[0] = 1.0;
        terms[1] = damping * group.chains.len() as f64;
        for chain in &group.chains {
            for (term, signal) in terms[2..].iter_mut().zip(chain) {
                *term += damping * signal;
            }
        }
        terms[TERMS - 1] = f64::from(u8::from(group.implausible));
        terms
    }

    /// The coefficients in the order of [`Self::terms`].
    pub fn vector(&self) -> [f64; TERMS] {
        let mut vector = [0.0; TERMS];
        (vector[0], vector[1], vector[TERMS - 1]) = (self.none, self.chain, self.implausible);
        vector[2..TERMS - 1].copy_from_slice(&self.signals);
        vector
    }

    /// The same with other coefficients, in that order.
    pub fn with(self, vector: &[f64; TERMS]) -> Self {
        let mut signals = self.signals;
        signals.copy_from_slice(&vector[2..TERMS - 1]);
        Self { none: vector[0], chain: vector[1], signals, implausible: vector[TERMS - 1], ..self }
    }
}

/// Summed from the smallest up, so that the order of the chains does not show in the last digit.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.into_iter().sum()
}

/// By group the chance that its answer is right, and its share of the vote: the same where one of them is.
pub(super) fn chances(evidence: &[f64]) -> Vec<(f64, f64)> {
    let most = evidence.iter().copied().fold(0.0, f64::max);
    let parts: Vec<f64> = evidence.iter().map(|of| (of - most).exp()).collect();
    let all = sum(parts.iter().copied());
    let none = (-most).exp();
    parts.iter().map(|part| (part / (all + none), if all > 0.0 { part / all } else { 0.0 })).collect()
}
