//! Several chains of reasoning for one query, merged by what they answer.
//!
//! Self-consistency (Wang et al. 2022, "Self-Consistency Improves Chain of Thought Reasoning in Language Models"): the answer that
//! most chains reach, whatever way they took. Each chain counts by what speaks for it ([`evidence`]), and what speaks for an
//! answer becomes the chance that it is right ([`weight`]).
//!
//! Measured by `make bench NAME=consensus`; its figures are in `benches/README.md`.

pub mod answer;
mod chain;
mod divergence;
pub mod evidence;
mod fitted;
pub mod weight;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use self::{
    answer::Asked,
    chain::Read,
    evidence::{implausible, signals},
    weight::{Candidate, Coefficients, chances},
};
pub use self::{
    answer::{Answer, final_answer, normalise},
    divergence::{Divergence, Parting},
};

/// One chain.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Chain<'a> {
    /// The final answer, or the whole output with the final answer marked in it.
    pub answer: &'a str,
    /// Its steps, in order. Without any, what stands before the marked answer is read as the way there.
    pub steps: &'a [&'a str],
    /// The mean log-probability of its tokens, where the model gave one.
    pub mean_logprob: Option<f64>,
    /// What facts said of its claims, where that is known.
    pub verdicts: Option<Verdicts>,
    /// How often its model was right, where that is known.
    pub record: Option<Record>,
}

/// How many claims of a chain facts decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdicts {
    /// Claims that a fact supports.
    pub supported: u32,
    /// Claims that a fact contradicts.
    pub contradicted: u32,
}

/// What experts found of a model's earlier answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Record {
    /// How many were right.
    pub right: u32,
    /// How many were judged.
    pub judged: u32,
}

/// Chains that gave the same answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The answer in its normal form.
    pub key: String,
    /// The chains, by index, ascending.
    pub chains: Vec<usize>,
    /// Their share of the weighted vote, 0 to 1: the chance that their answer is right if one of the answers is.
    pub share: f64,
    /// The chance that their answer is right, 0 to 1.
    pub confidence: f64,
}

/// What several chains say together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Consensus {
    /// The agreed answer, as its representative gave it; none where no chain answered.
    pub answer: Option<String>,
    /// The chance that the agreed answer is right, 0 to 1; 0 where there is none.
    pub confidence: f64,
    /// The answers given, the likeliest first.
    pub groups: Vec<Group>,
    /// How far the vote is spread over the answers: the entropy of their shares in nats, 0 where all give one.
    pub entropy: f64,
    /// The chain that the agreed answer is told by: the one of greatest weight.
    pub representative: Option<usize>,
    /// Chains that gave another answer or none.
    pub dissenters: Vec<usize>,
    /// Where each dissenter that answered parts ways with the representative.
    pub divergences: Vec<Divergence>,
    /// For each chain the share of all chains with its answer, itself included; 0 for one without an answer.
    pub agreement: Vec<f64>,
    /// For each chain the chance that its answer is right, 0 to 1; 0 for one without an answer.
    pub confidences: Vec<f64>,
}

/// Merges chains that answer `question`. The result does not depend on their order but for the indices; ties go to the larger
/// group, then to the answer that sorts first.
pub fn merge(question: &str, chains: &[Chain<'_>]) -> Consensus {
    merge_by(question, chains, &Coefficients::FITTED)
}

/// The same by other coefficients than the fitted ones.
pub fn merge_by(question: &str, chains: &[Chain<'_>], by: &Coefficients) -> Consensus {
    let asked = Asked::of(question);
    let read: Vec<Read<'_>> = chains.iter().map(|chain| Read::of(&asked, chain)).collect();
    let told = signals(question, chains, &read);
    let grouped = grouped(&read);
    let candidates: Vec<Candidate> = grouped.values().map(|of| candidate(&asked, &read, of, &told)).collect();
    let mut groups: Vec<Group> = grouped
        .into_iter()
        .zip(chances(&by.evidence(&candidates)))
        .map(|((key, chains), (confidence, share))| Group { key, chains, share, confidence })
        .collect();
    groups
        .sort_by(|a, b| b.share.total_cmp(&a.share).then(b.chains.len().cmp(&a.chains.len())).then(a.key.cmp(&b.key)));
    let agreed = groups.first();
    let representative = agreed.and_then(|group| {
        group.chains.iter().copied().min_by(|a, b| {
            let (x, y) = (read[*a].said, read[*b].said);
            by.weight(&told[*b])
                .total_cmp(&by.weight(&told[*a]))
                .then(x.len().cmp(&y.len()))
                .then(x.cmp(y))
                .then(a.cmp(b))
        })
    });
    let dissenters: Vec<usize> =
        (0..chains.len()).filter(|at| agreed.is_none_or(|group| !group.chains.contains(at))).collect();
    let divergences = representative.map_or_else(Vec::new, |standing| {
        let answered = dissenters.iter().filter(|at| read[**at].answer != Answer::Nothing);
        answered.map(|at| Divergence::find(*at, &read[*at], &read[standing])).collect()
    });
    let (mut agreement, mut confidences) = (vec![0.0; chains.len()], vec![0.0; chains.len()]);
    for group in &groups {
        for at in &group.chains {
            agreement[*at] = group.chains.len() as f64 / chains.len() as f64;
            confidences[*at] = group.confidence;
        }
    }
    Consensus {
        answer: representative.map(|at| read[at].said.to_owned()),
        confidence: agreed.map_or(0.0, |group| group.confidence),
        entropy: -groups.iter().map(|group| group.share * group.share.max(f64::MIN_POSITIVE).ln()).sum::<f64>() + 0.0,
        representative,
        dissenters,
        divergences,
        agreement,
        confidences,
        groups,
    }
}

/// The groups of chains that answer `question` alike, by index, with what the model is told of each; in no particular order. For
/// who fits the coefficients.
pub fn candidates(question: &str, chains: &[Chain<'_>]) -> Vec<(Vec<usize>, Candidate)> {
    let asked = Asked::of(question);
    let read: Vec<Read<'_>> = chains.iter().map(|chain| Read::of(&asked, chain)).collect();
    let told = signals(question, chains, &read);
    let of = |chains: Vec<usize>| {
        let candidate = candidate(&asked, &read, &chains, &told);
        (chains, candidate)
    };
    grouped(&read).into_values().map(of).collect()
}

/// The chains of each answer, by its key.
fn grouped(read: &[Read<'_>]) -> BTreeMap<String, Vec<usize>> {
    let mut grouped: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, chain) in read.iter().enumerate().filter(|(_, chain)| chain.answer != Answer::Nothing) {
        grouped.entry(chain.answer.key()).or_default().push(at);
    }
    grouped
}

/// Chains that answer alike, none of them without an answer.
fn candidate(asked: &Asked, read: &[Read<'_>], chains: &[usize], told: &[evidence::Signals]) -> Candidate {
    Candidate {
        chains: chains.iter().map(|at| told[*at]).collect(),
        implausible: chains.first().is_some_and(|at| implausible(asked, &read[*at].answer)),
    }
}
