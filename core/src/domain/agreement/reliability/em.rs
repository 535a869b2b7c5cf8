//! The steps of expectation and maximisation. Only units that tell of raters take part; see the module above.

use std::collections::BTreeMap;

use super::{CLASS, MOST_CATEGORIES, RIGHT, ReliabilityError, WRONG};
use crate::domain::agreement::{Ratings, ratings::Given};

/// Ratings, and what is believed of the units.
pub(super) struct Em<'a> {
    /// By unit, its ratings.
    ratings: Vec<&'a [Given]>,
    raters: usize,
    classes: usize,
    /// By unit, its class where that is known.
    pub gold: Vec<Option<usize>>,
    /// By unit, then by class: how likely the class is.
    pub probabilities: Vec<f64>,
}

/// Chances, as their natural logarithms.
pub(super) struct Model {
    classes: usize,
    /// By class: how frequent it is.
    prevalence: Vec<f64>,
    /// By rater, category given and true class: how likely the rater gives the category.
    rates: Vec<f64>,
}

/// How often a rater gave a category in a class before the first rating.
fn before(classes: usize, category: usize, class: usize) -> f64 {
    if category == class { RIGHT } else { WRONG / (classes - 1) as f64 }
}

impl<'a> Em<'a> {
    /// Begins with the share of the votes for each class (equation 3.1 of the paper), and gold units at theirs.
    pub fn new<U: Ord, R, C: Ord>(
        ratings: &'a Ratings<U, R, C>,
        gold: &BTreeMap<U, C>,
    ) -> Result<Self, ReliabilityError> {
        let (units, classes) = (ratings.units(), ratings.categories().len());
        if classes > MOST_CATEGORIES {
            return Err(ReliabilityError::TooManyCategories { found: classes });
        }
        let mut known = vec![None; units.len()];
        for (at, (unit, class)) in gold.iter().enumerate() {
            let class = ratings.categories().iter().position(|category| category == class);
            let class = class.ok_or(ReliabilityError::UnknownClass { at })?;
            if let Ok(unit) = units.binary_search(unit) {
                known[unit] = Some(class);
            }
        }
        let ratings_of: Vec<&[Given]> = (0..units.len()).map(|unit| ratings.of(unit)).collect();
        let mut probabilities = vec![0.0; units.len() * classes];
        for (unit, given) in ratings_of.iter().enumerate() {
            let of = &mut probabilities[unit * classes..][..classes];
            match known[unit] {
                Some(class) => of[class] = 1.0,
                None => {
                    let share = 1.0 / given.len() as f64;
                    given.iter().for_each(|given| of[given.category] += share);
                }
            }
        }
        Ok(Self { ratings: ratings_of, raters: ratings.raters().len(), classes, gold: known, probabilities })
    }

    /// Whether a unit tells of its raters.
    pub fn is_compared(&self, unit: usize) -> bool {
        self.gold[unit].is_some() || self.ratings[unit].len() > 1
    }

    /// How likely each class is of a unit.
    pub fn probabilities(&self, unit: usize) -> &[f64] {
        &self.probabilities[unit * self.classes..][..self.classes]
    }

    /// The likeliest model, with its prior, if units are of their classes as likely as is believed.
    pub fn maximise(&self) -> Model {
        let classes = self.classes;
        let mut prevalence = vec![CLASS; classes];
        let mut rates: Vec<f64> = (0..self.raters * classes * classes)
            .map(|at| before(classes, at / classes % classes, at % classes))
            .collect();
        for unit in (0..self.ratings.len()).filter(|unit| self.is_compared(*unit)) {
            let believed = self.probabilities(unit);
            for Given { rater, category } in self.ratings[unit] {
                let row = &mut rates[(rater * classes + category) * classes..][..classes];
                row.iter_mut().zip(believed).for_each(|(count, chance)| *count += chance);
            }
            if self.gold[unit].is_none() {
                prevalence.iter_mut().zip(believed).for_each(|(count, chance)| *count += chance);
            }
        }
        let all: f64 = prevalence.iter().sum();
        prevalence.iter_mut().for_each(|count| *count = (*count / all).ln());
        for of_rater in rates.chunks_exact_mut((classes * classes).max(1)) {
            for class in 0..classes {
                let all: f64 = of_rater.iter().skip(class).step_by(classes).sum();
                of_rater.iter_mut().skip(class).step_by(classes).for_each(|count| *count = (*count / all).ln());
            }
        }
        Model { classes, prevalence, rates }
    }

    /// Believes of each unit that tells of raters what the model says of it, and gives the logarithm of the model's
    /// likelihood times its prior (but for a constant factor): from round to round it never falls.
    pub fn expect(&mut self, model: &Model) -> f64 {
        let mut likelihood = model.prior();
        for unit in 0..self.ratings.len() {
            if self.is_compared(unit) {
                likelihood += self.believe(unit, model);
            }
        }
        likelihood
    }

    /// Believes of every other unit what the model says of it.
    pub fn label_the_rest(&mut self, model: &Model) {
        for unit in 0..self.ratings.len() {
            if !self.is_compared(unit) {
                self.believe(unit, model);
            }
        }
    }

    /// Believes of a unit what the model says of it, and gives the logarithm of how likely its ratings are; given its class
    /// where that is known, so that it is as it was.
    fn believe(&mut self, unit: usize, model: &Model) -> f64 {
        let rated = self.ratings[unit];
        if let Some(class) = self.gold[unit] {
            return rated.iter().map(|given| model.rates(given)[class]).sum();
        }
        let believed = &mut self.probabilities[unit * self.classes..][..self.classes];
        believed.copy_from_slice(&model.prevalence);
        for given in rated {
            believed.iter_mut().zip(model.rates(given)).for_each(|(chance, rate)| *chance += rate);
        }
        // Taken from the largest, which is then 1: many small chances multiplied are less than a number can hold.
        let largest = believed.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        believed.iter_mut().for_each(|chance| *chance = (*chance - largest).exp());
        let all: f64 = believed.iter().sum();
        believed.iter_mut().for_each(|chance| *chance /= all);
        largest + all.ln()
    }
}

impl Model {
    /// By class: how frequent it is, 0 to 1.
    pub fn prevalence(&self) -> Vec<f64> {
        self.prevalence.iter().map(|chance| chance.exp()).collect()
    }

    /// By true class, then by category: how likely a rater gives the category.
    pub fn confusion(&self, rater: usize) -> Vec<Vec<f64>> {
        let rate = |class: usize, category| self.rates(&Given { rater, category })[class].exp();
        (0..self.classes).map(|class| (0..self.classes).map(|category| rate(class, category)).collect()).collect()
    }

    /// By true class: how likely a rater gives a category.
    fn rates(&self, given: &Given) -> &[f64] {
        &self.rates[(given.rater * self.classes + given.category) * self.classes..][..self.classes]
    }

    /// The logarithm of the prior, but for a constant.
    fn prior(&self) -> f64 {
        let classes = self.classes;
        let rates = self.rates.iter().enumerate();
        let rates: f64 = rates.map(|(at, rate)| before(classes, at / classes % classes, at % classes) * rate).sum();
        rates + CLASS * self.prevalence.iter().sum::<f64>()
    }
}
