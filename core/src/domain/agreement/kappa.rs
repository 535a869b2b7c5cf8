//! Kappas: agreement beyond chance in categories without an order, for two raters and for several.

use super::{Agreement, Bootstrap, Interval, Ratings, Tallies, Undefined};

/// The ratings of two raters, of the units that both rated.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairs {
    /// How many categories there are.
    categories: usize,
    /// By unit, the categories that the one and the other gave.
    given: Vec<[usize; 2]>,
}

impl<U, R: Ord, C> Ratings<U, R, C> {
    /// The ratings of two raters side by side; none where one of them rated nothing.
    pub fn pairs(&self, one: &R, other: &R) -> Pairs {
        let mut given = Vec::new();
        if let (Some(one), Some(other)) = (self.rater(one), self.rater(other)) {
            for unit in (0..self.units().len()).map(|unit| self.of(unit)) {
                let by = |rater| unit.binary_search_by_key(&rater, |given| given.rater).map(|at| unit[at].category);
                given.extend(by(one).ok().zip(by(other).ok()).map(<[usize; 2]>::from));
            }
        }
        Pairs { categories: self.categories().len(), given }
    }
}

impl Pairs {
    /// How many units both rated.
    pub fn units(&self) -> usize {
        self.given.len()
    }

    /// Cohen's kappa: Jacob Cohen, "A Coefficient of Agreement for Nominal Scales" (1960). Chance is that each rater gives
    /// the categories as often as they did, at random.
    ///
    /// # Errors
    /// Says why it is not defined.
    pub fn cohen_kappa(&self) -> Result<Agreement, Undefined> {
        self.cohen_kappa_of(0..self.units())
    }

    /// The interval of Cohen's kappa, by resampling units.
    ///
    /// # Errors
    /// Says why kappa is not defined.
    pub fn cohen_kappa_interval(&self, by: &Bootstrap) -> Result<Interval, Undefined> {
        by.interval(self.units(), |drawn| Ok(self.cohen_kappa_of(drawn.iter().copied())?.coefficient))
    }

    fn cohen_kappa_of(&self, drawn: impl ExactSizeIterator<Item = usize>) -> Result<Agreement, Undefined> {
        let units = drawn.len();
        if units == 0 {
            return Err(Undefined::TooFewRatings);
        }
        let mut totals = vec![[0.0; 2]; self.categories];
        let mut differ = 0.0;
        for [one, other] in drawn.map(|unit| self.given[unit]) {
            totals[one][0] += 1.0;
            totals[other][1] += 1.0;
            differ += f64::from(u8::from(one != other));
        }
        let all = units as f64;
        let alike: f64 = totals.iter().map(|[one, other]| one * other).sum();
        if alike == all * all {
            return Err(Undefined::NoVariation);
        }
        Ok(Agreement::new(differ / all, 1.0 - alike / (all * all), units, 2 * units))
    }
}

impl Tallies {
    /// Fleiss' kappa: Joseph L. Fleiss, "Measuring Nominal Scale Agreement Among Many Raters" (1971), for units with as many
    /// ratings each. Where their numbers differ it is the generalisation of Kilem L. Gwet, "Handbook of Inter-Rater
    /// Reliability" (4th edition, 2014), chapter 2: observed and expected are means over units, of each unit's share of pairs
    /// that differ and of its shares of the categories. Units rated once are in neither; Gwet has them in the expected.
    ///
    /// # Errors
    /// Says why it is not defined.
    pub fn fleiss_kappa(&self) -> Result<Agreement, Undefined> {
        self.fleiss_kappa_of(0..self.units())
    }

    /// The interval of Fleiss' kappa, by resampling units.
    ///
    /// # Errors
    /// Says why kappa is not defined.
    pub fn fleiss_kappa_interval(&self, by: &Bootstrap) -> Result<Interval, Undefined> {
        by.interval(self.units(), |drawn| Ok(self.fleiss_kappa_of(drawn.iter().copied())?.coefficient))
    }

    fn fleiss_kappa_of(&self, drawn: impl ExactSizeIterator<Item = usize> + Clone) -> Result<Agreement, Undefined> {
        let units = drawn.len();
        let count: f64 = self.totals(drawn.clone())?.iter().sum();
        let mut shares = vec![0.0; self.categories];
        let mut differ = 0.0;
        for tally in drawn.map(|unit| self.of(unit)) {
            let ratings: f64 = tally.iter().map(|(_, times)| times).sum();
            let alike: f64 = tally.iter().map(|(_, times)| times * (times - 1.0)).sum();
            differ += 1.0 - alike / (ratings * (ratings - 1.0));
            tally.iter().for_each(|(category, times)| shares[*category] += times / ratings);
        }
        let all = units as f64;
        let alike: f64 = shares.iter().map(|share| (share / all).powi(2)).sum();
        Ok(Agreement::new(differ / all, 1.0 - alike, units, count as usize))
    }
}

#[cfg(test)]
mod tests;
