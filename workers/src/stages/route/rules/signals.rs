//! How likely an answer is wrong: signals of it, weighed as the project's own reviews say.
//!
//! The weights are those of a logistic regression whose prior is centred on the defaults below. With no reviews the defaults
//! are what is believed; each review moves them, and with some hundred the reviews alone decide. Models and domains have an
//! intercept each, drawn together by their prior, so that one of which little is known is taken to be like the others
//! (partial pooling: A. Gelman and J. Hill, "Data Analysis Using Regression and Multilevel/Hierarchical Models", 2007,
//! chapter 12).

use std::collections::BTreeMap;

use atr_core::ids::ModelVersionId;

use crate::stages::curate::normalise::each_word;

use super::{
    Item, Reviewed,
    logistic::{self, Prior, Row},
};

/// How far a default is taken to be off.
const DEVIATION: f64 = 0.5;
/// How far the share of wrong answers may be from a half, before the first review, in log-odds.
const INTERCEPT_DEVIATION: f64 = 1.5;
/// How far models, and domains, differ in their share of wrong answers, in log-odds.
const GROUP_DEVIATION: f64 = 0.5;
/// So many models and so many domains have an intercept of their own: those most reviewed.
const MOST_GROUPS: usize = 64;

/// Something that tells whether an answer is wrong. Each is 0 where it tells nothing, and within about -1 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// How many other chains of the question give the same answer: -1 for none, 1 for all.
    Agreement,
    /// The share of the other chains that agree on one other answer.
    Rival,
    /// How much of the way the other chains share: -1 for nothing, 1 for all.
    CommonGround,
    /// What the reward model says: -1 for wrong, 1 for right.
    RewardModel,
    /// What the facts say: -1 for all claims contradicted, 1 for all supported.
    Support,
    /// The share of the claims that no fact decides.
    Unverifiable,
    /// How far the reasoning falls short of holding together.
    Inconsistency,
    /// How sure the model was of itself, or of its words in the mean: -1 to 1.
    Confidence,
    /// How unlikely the least likely word was: -1 for certain, 1 for one in 22,000 or less.
    WeakestToken,
    /// How far users found it bad.
    Complaint,
    /// The logarithm of the number of words of the question beside thirty, where it is answered in steps.
    QuestionLength,
    /// The logarithm of the number of words of reasoning and answer beside fifty.
    ReasoningLength,
}

impl Signal {
    /// All of them, in the order of their weights.
    pub const ALL: [Self; 12] = [
        Self::Agreement,
        Self::Rival,
        Self::CommonGround,
        Self::RewardModel,
        Self::Support,
        Self::Unverifiable,
        Self::Inconsistency,
        Self::Confidence,
        Self::WeakestToken,
        Self::Complaint,
        Self::QuestionLength,
        Self::ReasoningLength,
    ];

    /// Its weight before the first review: how much one unit of it adds to the log-odds that the answer is wrong.
    pub fn default_weight(self) -> f64 {
        match self {
            // Four of five answers that all chains give are right, and four of five that no other gives are wrong.
            Self::Agreement => -1.5,
            Self::Rival => 0.5,
            Self::CommonGround => -0.75,
            // As telling as agreement, once it has passed the gate of promotion.
            Self::RewardModel => -1.5,
            // The rules are made for precision: what they find is mostly so.
            Self::Support => -2.0,
            Self::Inconsistency => 2.0,
            // That nothing was found says little.
            Self::Unverifiable => 0.25,
            // Models are more sure than right (C. Guo et al. 2017, "On Calibration of Modern Neural Networks").
            Self::Confidence => -0.5,
            Self::WeakestToken => 0.25,
            Self::Complaint => 1.5,
            // The more conditions must be met and steps made, the more often one goes wrong (N. Dziri et al. 2023, "Faith and
            // Fate: Limits of Transformers on Compositionality").
            Self::QuestionLength => 0.3,
            Self::ReasoningLength => 0.1,
        }
    }

    /// Its value for an item.
    pub fn of(self, item: &Item) -> f64 {
        let of = &item.of;
        let others =
            of.others.map(|others| (f64::from(others.same), f64::from(others.rival), f64::from(others.chains)));
        let centred = |share: f64| 2.0 * share.clamp(0.0, 1.0) - 1.0;
        let length =
            |words: usize, beside: f64| if words == 0 { 0.0 } else { (words as f64 / beside).ln().clamp(-2.0, 2.0) };
        match self {
            Self::Agreement => others.map_or(0.0, |(same, _, all)| centred(same / all)),
            Self::Rival => others.map_or(0.0, |(_, rival, all)| rival / all),
            Self::CommonGround => item.common_ground.map_or(0.0, centred),
            Self::RewardModel => of.model.map_or(0.0, centred),
            Self::Support => of.support.clamp(-1.0, 1.0),
            Self::Unverifiable => of.unverifiable.clamp(0.0, 1.0),
            Self::Inconsistency => (1.0 - of.consistency).clamp(0.0, 1.0),
            Self::Confidence => of.confidence.or_else(|| of.mean_logprob.map(f64::exp)).map_or(0.0, centred),
            Self::WeakestToken => of.min_logprob.map_or(0.0, |least| (-least / 10.0).clamp(0.0, 1.0) * 2.0 - 1.0),
            Self::Complaint => of.feedback.map_or(0.0, |said| (-said).clamp(0.0, 1.0)),
            Self::QuestionLength if of.reasoning.is_empty() => 0.0,
            Self::QuestionLength => length(count_words(&of.query), 30.0),
            Self::ReasoningLength => length(count_words(&of.reasoning) + count_words(&of.answer), 50.0),
        }
    }
}

fn count_words(text: &str) -> usize {
    let mut count = 0;
    each_word(text, |_| count += 1);
    count
}

/// What the reviews say of how much each signal tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The intercept; the signals' weights; those of models; those of domains.
    weights: Vec<f64>,
    models: BTreeMap<ModelVersionId, usize>,
    domains: BTreeMap<String, usize>,
}

/// A reason to hold an answer to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// A signal.
    Signal(Signal),
    /// How often the model that answered is wrong.
    Model,
    /// How often answers in its domain are.
    Domain,
}

impl Calibration {
    /// Learns from what was reviewed. Where experts disagree or abstain there is nothing to learn from.
    pub fn fitted(reviewed: &[Reviewed]) -> Self {
        Self::fit(&reviewed.iter().collect::<Vec<_>>())
    }

    pub(super) fn fit(reviewed: &[&Reviewed]) -> Self {
        let settled: Vec<(&Item, bool)> = reviewed.iter().filter_map(|of| Some((&of.item, !of.right?))).collect();
        let from = 1 + Signal::ALL.len();
        let models = places(settled.iter().map(|(item, _)| item.of.answered_by), from);
        let domains = places(settled.iter().map(|(item, _)| item.of.domain.clone()), from + models.len());
        let mut prior = vec![Prior { mean: 0.0, deviation: INTERCEPT_DEVIATION }];
        prior.extend(Signal::ALL.map(|signal| Prior { mean: signal.default_weight(), deviation: DEVIATION }));
        prior.resize(from + models.len() + domains.len(), Prior { mean: 0.0, deviation: GROUP_DEVIATION });
        let mut fitted = Self { weights: Vec::new(), models, domains };
        let rows: Vec<_> = settled.iter().map(|(item, wrong)| (fitted.row(item), *wrong)).collect();
        fitted.weights = logistic::fit(&prior, &rows);
        fitted
    }

    /// How likely the answer is wrong, 0 to 1.
    pub fn chance_wrong(&self, item: &Item) -> f64 {
        logistic::chance(&self.weights, &self.row(item))
    }

    /// What speaks for its being wrong, and by how much in log-odds, the strongest first.
    pub(super) fn evidence(&self, item: &Item) -> Vec<(Evidence, f64)> {
        let mut found: Vec<_> = self
            .row(item)
            .into_iter()
            .filter_map(|(at, value)| {
                let of = match at.checked_sub(1)? {
                    signal if signal < Signal::ALL.len() => Evidence::Signal(Signal::ALL[signal]),
                    group if group < Signal::ALL.len() + self.models.len() => Evidence::Model,
                    _ => Evidence::Domain,
                };
                let strength = self.weights[at] * value;
                (strength > 0.0).then_some((of, strength))
            })
            .collect();
        found.sort_by(|one, other| other.1.total_cmp(&one.1));
        found
    }

    fn row(&self, item: &Item) -> Row {
        let signals = Signal::ALL.iter().zip(1..).map(|(signal, at)| (at, signal.of(item)));
        let model = self.models.get(&item.of.answered_by).map(|at| (*at, 1.0));
        let domain = self.domains.get(&item.of.domain).map(|at| (*at, 1.0));
        let row = std::iter::once((0, 1.0)).chain(signals).chain(model).chain(domain);
        row.filter(|(_, value)| *value != 0.0).collect()
    }
}

/// The most frequent of some names, each with a place from `from` on.
fn places<N: Ord>(names: impl Iterator<Item = N>, from: usize) -> BTreeMap<N, usize> {
    let mut counts: BTreeMap<N, usize> = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    let mut most: Vec<_> = counts.into_iter().collect();
    // Stable: of those as frequent the first by name.
    most.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    most.truncate(MOST_GROUPS);
    most.into_iter().zip(from..).map(|((name, _), at)| (name, at)).collect()
}
