//! Krippendorff's alpha: for any number of raters, of ratings of a unit, and of categories.
//!
//! Klaus Krippendorff, "Computing Krippendorff's Alpha-Reliability" (University of Pennsylvania, 2011). Observed is the mean
//! squared distance of the pairs of ratings of the same unit, a unit of `m` ratings weighing as `m`; expected is that of all
//! pairs of the ratings, whatever unit they are of. Both are had from sums of squares about a mean, not pair by pair, so that
//! the time is linear in ratings and categories.

use super::{Agreement, Bootstrap, Interval, Tallies, Undefined, words};

words! {
    /// How far two categories are apart.
    Metric {
        /// They are the same or they are not.
        Nominal = "nominal",
        /// By how many ratings lie between them, half of those in the two counted.
        Ordinal = "ordinal",
        /// By how many steps of the scale lie between them, all steps being alike.
        Interval = "interval",
    }
}

impl Metric {
    /// Where each category lies on a line; nowhere where they have no order. The distance of two places is Krippendorff's
    /// metric difference: that of ordinal data is the distance of their middle ranks.
    fn places(self, totals: &[f64]) -> Option<Vec<f64>> {
        match self {
            Self::Nominal => None,
            Self::Ordinal => {
                let mut below = 0.0;
                let middle = totals.iter().map(|total| {
                    below += total;
                    below - total / 2.0
                });
                Some(middle.collect())
            }
            Self::Interval => Some((0..totals.len()).map(|place| place as f64).collect()),
        }
    }
}

/// The sum of the squared distances of all ordered pairs of different ratings of a tally.
fn distances(places: Option<&[f64]>, tally: impl Iterator<Item = (usize, f64)> + Clone) -> f64 {
    let count: f64 = tally.clone().map(|(_, times)| times).sum();
    match places {
        None => count * count - tally.map(|(_, times)| times * times).sum::<f64>(),
        Some(places) => {
            let mean = tally.clone().map(|(at, times)| times * places[at]).sum::<f64>() / count;
            2.0 * count * tally.map(|(at, times)| times * (places[at] - mean).powi(2)).sum::<f64>()
        }
    }
}

impl Tallies {
    /// Krippendorff's alpha ("Computing Krippendorff's Alpha-Reliability", 2011): for any number of raters, of ratings of a
    /// unit and of categories.
    ///
    /// # Errors
    /// Says why it is not defined.
    pub fn alpha(&self, metric: Metric) -> Result<Agreement, Undefined> {
        self.alpha_of(metric, 0..self.units())
    }

    /// The interval of Krippendorff's alpha, by resampling units.
    ///
    /// # Errors
    /// Says why alpha is not defined.
    pub fn alpha_interval(&self, metric: Metric, by: &Bootstrap) -> Result<Interval, Undefined> {
        by.interval(self.units(), |drawn| Ok(self.alpha_of(metric, drawn.iter().copied())?.coefficient))
    }

    fn alpha_of(
        &self,
        metric: Metric,
        drawn: impl ExactSizeIterator<Item = usize> + Clone,
    ) -> Result<Agreement, Undefined> {
        let units = drawn.len();
        let totals = self.totals(drawn.clone())?;
        let places = metric.places(&totals);
        let places = places.as_deref();
        let count: f64 = totals.iter().sum();
        let within: f64 = drawn
            .map(|unit| {
                let tally = self.of(unit);
                let ratings: f64 = tally.iter().map(|(_, times)| times).sum();
                distances(places, tally.iter().copied()) / (ratings - 1.0)
            })
            .sum();
        let all = distances(places, totals.iter().copied().enumerate());
        Ok(Agreement::new(within / count, all / (count * (count - 1.0)), units, count as usize))
    }

    /// How often each category was given to the units drawn.
    ///
    /// # Errors
    /// If that is nothing to tell agreement by.
    pub(super) fn totals(&self, drawn: impl Iterator<Item = usize>) -> Result<Vec<f64>, Undefined> {
        let mut totals = vec![0.0; self.categories];
        for (category, times) in drawn.flat_map(|unit| self.of(unit)) {
            totals[*category] += times;
        }
        match totals.iter().filter(|total| **total > 0.0).count() {
            0 => Err(Undefined::TooFewRatings),
            1 => Err(Undefined::NoVariation),
            _ => Ok(totals),
        }
    }
}

#[cfg(test)]
mod tests;
