//! How often each rater is right, and what is true of each unit, found together.
//!
//! The model is that of A. P. Dawid and A. M. Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM
//! Algorithm" (1979): each unit has a true class; each rater gives each category with a chance that depends on the rater and
//! the true class alone. From the votes' shares as first guesses of the classes, raters' error rates and units' classes are
//! estimated in turn until the likelihood rises no more.
//!
//! Three things are added to it:
//! - Error rates and the frequencies of classes have a prior, as if there were ratings and units beyond those given (a
//!   Dirichlet prior, whose mode is found): each rater was right [`RIGHT`] times and wrong [`WRONG`] times in each class, the
//!   latter spread evenly over the other categories, and each class was seen [`CLASS`] times. So a rater of whom little is
//!   known is one who is mostly right, no rate is ever 0 or 1, and the classes keep their names.
//! - Gold units, whose class is known, keep it. They tell of the raters; of how frequent classes are they tell nothing, for
//!   they are chosen and not drawn.
//! - A unit that one rater alone rated, and that is not gold, tells of nobody: it gets its label by what is known from the
//!   others. Else raters who are never compared would confirm themselves.
//!
//! It takes raters to err independently of each other, given the class: two who copy each other count as two. Where there
//! are two raters and no gold units, no data can tell which of them is right more often.

use std::collections::BTreeMap;

use super::{Ratings, ratings::Given};

mod em;

use em::{Em, Model};

/// In each class, so often each rater was right before the first rating.
pub const RIGHT: f64 = 2.0;
/// In each class, so often each rater was wrong before the first rating.
pub const WRONG: f64 = 1.0;
/// So often each class was seen before the first unit.
pub const CLASS: f64 = 1.0;
/// The most categories: a rater has as many error rates as their square.
pub const MOST_CATEGORIES: usize = 64;
/// The most rounds of estimating.
const MOST_ITERATIONS: usize = 1_000;
/// It has converged where a round raises the logarithm of the likelihood by less than this share of it.
const RISE: f64 = 1e-9;

/// What is found to be true of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Consensus<C> {
    /// The class that is likeliest; of several that are alike, the first.
    pub label: C,
    /// How likely it is, 0 to 1; 1 for a gold unit.
    pub probability: f64,
    /// Whether the class was known beforehand.
    pub gold: bool,
}

/// How far a rater can be relied on.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    /// The chance that the rater is right about the next unit, 0 to 1, as frequent as classes are.
    pub reliability: f64,
    /// How many ratings that rests on: those of gold units and of units that others rated too. With none it is what the prior
    /// says of anyone.
    pub rests_on: usize,
    /// How many of these are of gold units.
    pub gold: usize,
    /// How many units the rater rated in all.
    pub ratings: usize,
    /// By true class, then by category: how likely the rater gives the category, 0 to 1. Each row sums to 1.
    pub confusion: Vec<Vec<f64>>,
}

/// Raters and units by the model of Dawid and Skene.
#[derive(Debug, Clone, PartialEq)]
pub struct DawidSkene<C> {
    /// By unit, in the order of [`Ratings::units`].
    pub consensus: Vec<Consensus<C>>,
    /// By rater, in the order of [`Ratings::raters`].
    pub raters: Vec<Reliability>,
    /// By category, in the order of [`Ratings::categories`]: how frequent it is as a class, 0 to 1.
    pub prevalence: Vec<f64>,
    /// How many rounds it took.
    pub iterations: usize,
    /// Whether the likelihood rose no more; else the most rounds were made.
    pub converged: bool,
    /// By unit, then by category.
    probabilities: Vec<f64>,
}

impl<C> DawidSkene<C> {
    /// How likely each class is of a unit, by the unit's place.
    pub fn probabilities(&self, unit: usize) -> &[f64] {
        let classes = self.prevalence.len();
        &self.probabilities[unit * classes..(unit + 1) * classes]
    }
}

/// Ratings that the model is not for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReliabilityError {
    /// The class of a gold unit is no category.
    #[error("the class of gold unit {at} is not among the categories of the ratings: declare it as one")]
    UnknownClass {
        /// The unit's place among the gold units, from 0.
        at: usize,
    },
    /// There are too many categories.
    #[error("there are {found} categories, and {MOST_CATEGORIES} is the most: take rare ones together")]
    TooManyCategories {
        /// How many there are.
        found: usize,
    },
}

impl<U: Ord, R, C: Ord + Clone> Ratings<U, R, C> {
    /// Estimates by the model of Dawid and Skene what is true of each unit and how often each rater is right. `gold` names
    /// the class of units where it is known; those that nobody rated are passed over.
    ///
    /// A round takes time linear in the number of ratings times that of categories.
    ///
    /// # Errors
    /// If the class of a gold unit is no category, or there are more than [`MOST_CATEGORIES`].
    pub fn dawid_skene(&self, gold: &BTreeMap<U, C>) -> Result<DawidSkene<C>, ReliabilityError> {
        let mut em = Em::new(self, gold)?;
        let mut model = em.maximise();
        let mut likelihood = em.expect(&model);
        let (mut iterations, mut converged) = (1, false);
        while !converged && iterations < MOST_ITERATIONS {
            model = em.maximise();
            let risen = em.expect(&model);
            converged = risen - likelihood <= RISE * risen.abs();
            likelihood = risen;
            iterations += 1;
        }
        em.label_the_rest(&model);
        Ok(DawidSkene {
            consensus: self.consensus(&em),
            raters: self.reliabilities(&em, &model),
            prevalence: model.prevalence(),
            iterations,
            converged,
            probabilities: em.probabilities,
        })
    }

    fn consensus(&self, em: &Em) -> Vec<Consensus<C>> {
        (0..self.units().len())
            .map(|unit| {
                let probabilities = em.probabilities(unit);
                let likeliest = (0..probabilities.len())
                    .rev()
                    .max_by(|one, other| probabilities[*one].total_cmp(&probabilities[*other]));
                // There is a category where there is a rating.
                let likeliest = likeliest.unwrap_or_default();
                Consensus {
                    label: self.categories()[likeliest].clone(),
                    probability: probabilities[likeliest],
                    gold: em.gold[unit].is_some(),
                }
            })
            .collect()
    }

    fn reliabilities(&self, em: &Em, model: &Model) -> Vec<Reliability> {
        let prevalence = model.prevalence();
        let mut raters: Vec<Reliability> = (0..self.raters().len())
            .map(|rater| {
                let confusion = model.confusion(rater);
                let right = prevalence.iter().enumerate().map(|(class, share)| share * confusion[class][class]).sum();
                Reliability { reliability: right, rests_on: 0, gold: 0, ratings: 0, confusion }
            })
            .collect();
        for unit in 0..self.units().len() {
            let (compared, gold) = (em.is_compared(unit), em.gold[unit].is_some());
            for Given { rater, .. } in self.of(unit) {
                let of = &mut raters[*rater];
                of.ratings += 1;
                of.rests_on += usize::from(compared);
                of.gold += usize::from(gold);
            }
        }
        raters
    }
}

#[cfg(test)]
mod tests;
