//! The model: a multinomial logistic regression over standardised features.

use super::{FEATURES, Features, Likelihood};

/// A model: for each feature its mean and spread, for each kind (true, false, open) a weight for each feature and a bias; and by how
/// much the kinds' likelihoods are raised before the highest is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    /// The features' means.
    pub mean: [f64; FEATURES],
    /// Their standard deviations.
    pub spread: [f64; FEATURES],
    /// A weight for each feature.
    pub weights: [[f64; FEATURES]; 3],
    /// A bias for each kind.
    pub bias: [f64; 3],
    /// See [`Likelihood::leaning`].
    pub raise: [f64; 3],
}

impl Model {
    /// The likelihoods of a claim.
    pub fn likelihood(&self, features: &Features) -> Likelihood {
        let mut odds = self.bias;
        for at in 0..FEATURES {
            let standard = (features.0[at] - self.mean[at]) / self.spread[at];
            odds.iter_mut().zip(&self.weights).for_each(|(odds, weights)| *odds += weights[at] * standard);
        }
        let highest = odds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let [true_, false_, open] = odds.map(|o| (o - highest).exp());
        let sum = true_ + false_ + open;
        Likelihood { true_: true_ / sum, false_: false_ / sum, open: open / sum }
    }
}
