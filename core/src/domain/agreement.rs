//! How far experts agree, and how often each is right. Pure: the same ratings and seed give the same figures.
//!
//! ```text
//! reviews ─▶ Ratings ─┬─▶ Tallies ─▶ Krippendorff's alpha, Fleiss' kappa
//!                     ├─▶ Pairs ───▶ Cohen's kappa
//!                     ├─▶ the majority's label of a unit
//!                     └─▶ the model of Dawid and Skene: a label of a unit and how likely it is, how often a rater is right
//! ```
//!
//! Agreement is not truth: raters who err alike agree. A coefficient is 1 where all agree, 0 where they agree as often as
//! chance has it, and below 0 where they agree less often.

mod alpha;
mod bootstrap;
mod kappa;
mod majority;
pub mod questions;
mod ratings;
pub mod reliability;
pub mod reviews;
mod tallies;

pub use alpha::Metric;
pub use bootstrap::{Bootstrap, Interval};
pub use kappa::Pairs;
pub use majority::Vote;
pub use ratings::{Ratings, RatingsError};
pub use tallies::Tallies;

use super::words;

/// How far raters agree, corrected for chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// The coefficient, at most 1: 1 − `observed` / `expected`.
    pub coefficient: f64,
    /// The disagreement that was observed, at least 0. Where categories have no order it is the share of pairs of ratings of
    /// a unit that differ, 0 to 1; else the mean squared distance of such pairs.
    pub observed: f64,
    /// The disagreement that chance would bring, on the same scale; above 0.
    pub expected: f64,
    /// How many units it rests on: those rated at least twice.
    pub units: usize,
    /// How many ratings it rests on: those of these units.
    pub ratings: usize,
}

impl Agreement {
    fn new(observed: f64, expected: f64, units: usize, ratings: usize) -> Self {
        Self { coefficient: 1.0 - observed / expected, observed, expected, units, ratings }
    }
}

words! {
    /// Why a coefficient of agreement is not defined.
    Undefined {
        /// No unit was rated twice: there is nothing to compare.
        TooFewRatings = "too_few_ratings",
        /// One category alone was given: no disagreement could have shown, so that agreement says nothing.
        NoVariation = "no_variation",
    }
}

#[cfg(test)]
mod tests;
