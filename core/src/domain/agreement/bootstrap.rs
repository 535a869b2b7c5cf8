//! Percentile bootstrap intervals: Bradley Efron and Robert J. Tibshirani, "An Introduction to the Bootstrap" (1993),
//! chapter 13. What is drawn again is a unit with all its ratings, never a rating: ratings of one unit hang together.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::domain::Rejection;

/// A figure and the interval it lies in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The figure of the units themselves.
    pub value: f64,
    /// The lower end; the figure itself where no draw gave one.
    pub low: f64,
    /// The upper end; the figure itself where no draw gave one.
    pub high: f64,
    /// How many draws gave a figure. It is fewer than were asked for where some did not vary enough to have one: the
    /// interval then speaks of the rest alone.
    pub draws: usize,
}

/// How an interval is found: by the percentile bootstrap (Efron and Tibshirani 1993, chapter 13) over units. The same units
/// and seed give the same interval. It takes the units for a sample: of few it is narrower than it should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    draws: usize,
    level: f64,
    seed: u64,
}

impl Default for Bootstrap {
    /// 2,000 draws, a level of 0.95 and the seed 0.
    fn default() -> Self {
        Self { draws: 2_000, level: 0.95, seed: 0 }
    }
}

impl Bootstrap {
    /// So many draws of as many units as there are; the interval holds the share `level` of their figures.
    ///
    /// # Errors
    /// If `draws` is not 1 to 100,000, or `level` not between 0 and 1.
    pub fn new(draws: usize, level: f64, seed: u64) -> Result<Self, Rejection> {
        if !(1..=100_000).contains(&draws) {
            return Err(Rejection::new("draws", format!("is {draws}: give 1 to 100000")));
        }
        if !(level > 0.0 && level < 1.0) {
            return Err(Rejection::new("level", format!("is {level}: give a share between 0 and 1, such as 0.95")));
        }
        Ok(Self { draws, level, seed })
    }

    /// The interval of any figure of `units` units: `figure` gets the places of the units drawn, with repetition.
    ///
    /// # Errors
    /// The error of `figure` for the units themselves. Draws that give none are left out, and not counted.
    pub fn interval<E>(&self, units: usize, mut figure: impl FnMut(&[usize]) -> Result<f64, E>) -> Result<Interval, E> {
        let mut drawn: Vec<usize> = (0..units).collect();
        let value = figure(&drawn)?;
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut figures = Vec::with_capacity(self.draws);
        for _ in 0..self.draws {
            drawn.iter_mut().for_each(|place| *place = random.random_range(0..units));
            figures.extend(figure(&drawn).ok().filter(|figure| figure.is_finite()));
        }
        figures.sort_unstable_by(f64::total_cmp);
        let outside = (1.0 - self.level) / 2.0;
        Ok(Interval {
            value,
            low: quantile(&figures, outside).unwrap_or(value),
            high: quantile(&figures, 1.0 - outside).unwrap_or(value),
            draws: figures.len(),
        })
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
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn mean(values: &[f64], by: &Bootstrap) -> Interval {
        let figure =
            |drawn: &[usize]| Ok::<_, Infallible>(drawn.iter().map(|at| values[*at]).sum::<f64>() / drawn.len() as f64);
        by.interval(values.len(), figure).expect("it cannot fail")
    }

    #[test]
    fn the_interval_of_a_mean_is_two_standard_errors_to_each_side() {
        let values: Vec<f64> = (0..200).map(|at| f64::from(at % 2)).collect();
        let found = mean(&values, &Bootstrap::default());
        // The standard error is 0.5 / √200 = 0.0354; 1.96 of them are 0.069.
        assert_eq!((found.value, found.draws), (0.5, 2_000));
        assert!((found.low - 0.431).abs() < 0.01 && (found.high - 0.569).abs() < 0.01, "{found:?}");
        let half = mean(&values, &Bootstrap::new(2_000, 0.5, 0).unwrap());
        // Half of a normal distribution is within 0.674 standard errors.
        assert!((half.low - 0.476).abs() < 0.01 && (half.high - 0.524).abs() < 0.01, "{half:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_another_one_another() {
        let values: Vec<f64> = (0..50).map(|at| f64::from(at * at % 17)).collect();
        let of = |seed| mean(&values, &Bootstrap::new(500, 0.9, seed).unwrap());
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn draws_without_a_figure_are_left_out_and_the_rest_is_counted() {
        // The figure is there where both units are drawn: of one half of the draws.
        let figure = |drawn: &[usize]| if drawn[0] == drawn[1] { Err("one unit alone") } else { Ok(3.0) };
        let found = Bootstrap::default().interval(2, figure).unwrap();
        assert_eq!((found.value, found.low, found.high), (3.0, 3.0, 3.0));
        assert!((900..1_100).contains(&found.draws), "{found:?}");
        assert_eq!(Bootstrap::default().interval(1, |_| Err::<f64, _>("none")), Err("none"));
    }

    #[test]
    fn settings_that_give_no_interval_are_refused() {
        for (draws, level, field) in
            [(0, 0.95, "draws"), (100_001, 0.95, "draws"), (1, 0.0, "level"), (1, 1.0, "level"), (1, f64::NAN, "level")]
        {
            assert_eq!(Bootstrap::new(draws, level, 0).unwrap_err().field, field);
        }
    }

    proptest! {
        #[test]
        fn an_interval_has_its_ends_in_order_and_within_what_is_possible(
            values in proptest::collection::vec(-5.0..5.0f64, 1..20), draws in 1..50usize, level in 0.01..0.99f64,
        ) {
            let found = mean(&values, &Bootstrap::new(draws, level, 1).unwrap());
            prop_assert!(found.low <= found.high);
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(least - 1e-9 <= found.low && found.high <= most + 1e-9);
        }
    }
}
