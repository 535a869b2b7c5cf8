//! Percentile bootstrap intervals (Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13). What is
//! drawn again is a group, never a row: answers to one question are not independent.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A figure and the interval it lies in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The figure over the groups themselves.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// How an interval is found. The same numbers and seed give the same interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// How often groups are drawn anew.
    pub resamples: usize,
    /// The share of resamples inside the interval: 0.95 for the usual one.
    pub level: f64,
    /// The seed of the draws.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 2_000, level: 0.95, seed: 0 }
    }
}

impl Bootstrap {
    /// The interval of any figure over groups 0 to `groups`: `figure` gets the numbers of the groups drawn, with
    /// repetition, and answers `None` where they do not give the figure (AUROC of one class); such draws are left out.
    pub fn interval(&self, groups: usize, mut figure: impl FnMut(&[usize]) -> Option<f64>) -> Option<Interval> {
        if groups == 0 {
            return None;
        }
        let mut drawn: Vec<usize> = (0..groups).collect();
        let estimate = figure(&drawn)?;
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut figures = Vec::with_capacity(self.resamples);
        for _ in 0..self.resamples {
            drawn.iter_mut().for_each(|d| *d = random.random_range(0..groups));
            figures.extend(figure(&drawn).filter(|f| f.is_finite()));
        }
        figures.sort_by(f64::total_cmp);
        let outside = (1.0 - self.level.clamp(0.0, 1.0)) / 2.0;
        Some(Interval {
            estimate,
            low: quantile(&figures, outside).unwrap_or(estimate),
            high: quantile(&figures, 1.0 - outside).unwrap_or(estimate),
        })
    }

    /// The interval of the mean of one value a group.
    pub fn mean(&self, values: &[f64]) -> Option<Interval> {
        self.interval(values.len(), |drawn| Some(drawn.iter().map(|i| values[*i]).sum::<f64>() / drawn.len() as f64))
    }

    /// The interval of the mean difference `after` − `before` of two systems on the same groups, drawn together: what
    /// makes a question hard for both cancels out. `None` unless there are as many of one as of the other.
    pub fn paired(&self, before: &[f64], after: &[f64]) -> Option<Interval> {
        if before.len() != after.len() {
            return None;
        }
        let differences: Vec<f64> = before.iter().zip(after).map(|(b, a)| a - b).collect();
        self.mean(&differences)
    }
}

/// The quantile of sorted values, by linear interpolation.
fn quantile(sorted: &[f64], at: f64) -> Option<f64> {
    let place = at * (sorted.len().checked_sub(1)?) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_its_estimate_and_is_the_same_for_the_same_seed() {
        let values: Vec<f64> = (0..200).map(|i| f64::from(i % 2)).collect();
        let found = Bootstrap::default().mean(&values).expect("there are values");
        assert_eq!(found.estimate, 0.5);
        // The standard error is 0.5 / √200 = 0.035; two of them to each side.
        assert!((found.low - 0.43).abs() < 0.015 && (found.high - 0.57).abs() < 0.015, "{found:?}");
        assert_eq!(Some(found), Bootstrap::default().mean(&values));
        assert_ne!(Some(found), Bootstrap { seed: 1, ..Bootstrap::default() }.mean(&values));
    }

    #[test]
    fn drawn_together_a_steady_gain_is_certain() {
        let before: Vec<f64> = (0..50).map(|i| f64::from(i % 5)).collect();
        let after: Vec<f64> = before.iter().map(|b| b + 0.25).collect();
        let gain = Bootstrap::default().paired(&before, &after).expect("as many of both");
        assert_eq!((gain.low, gain.high), (0.25, 0.25));
        assert_eq!(Bootstrap::default().paired(&before, &after[1..]), None);
    }

    #[test]
    fn draws_that_do_not_give_the_figure_are_left_out() {
        let labels = [true, false, false, false];
        let scores = [0.9, 0.1, 0.2, 0.3];
        let auroc = |drawn: &[usize]| {
            let of = |i: &usize| (scores[*i], labels[*i]);
            let (s, l): (Vec<f64>, Vec<bool>) = drawn.iter().map(of).unzip();
            crate::metrics::auroc(&s, &l)
        };
        let found = Bootstrap::default().interval(4, auroc).expect("both classes are there");
        assert_eq!((found.estimate, found.low, found.high), (1.0, 1.0, 1.0));
        assert_eq!(Bootstrap::default().mean(&[]), None);
    }
}
