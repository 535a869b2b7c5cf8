//! How often each category was given to a unit: all that the coefficients for many raters ask of ratings.

use super::Ratings;

/// By unit that was rated at least twice, how often each category was given to it. Who gave it is not known any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Tallies {
    /// How many categories there are.
    pub(super) categories: usize,
    /// Where each unit's tally begins, and where the last one's ends.
    starts: Vec<usize>,
    /// Categories by their place, with how often each was given; those that were not given are left out.
    runs: Vec<(usize, f64)>,
}

impl<U, R, C> Ratings<U, R, C> {
    /// Counts the ratings of each unit that was rated at least twice.
    pub fn tallies(&self) -> Tallies {
        let mut tallies = Tallies { categories: self.categories().len(), starts: vec![0], runs: Vec::new() };
        for unit in (0..self.units().len()).map(|unit| self.of(unit)).filter(|unit| unit.len() > 1) {
            let begin = tallies.runs.len();
            let mut given: Vec<usize> = unit.iter().map(|given| given.category).collect();
            given.sort_unstable();
            for category in given {
                match tallies.runs[begin..].last_mut() {
                    Some((last, times)) if *last == category => *times += 1.0,
                    _ => tallies.runs.push((category, 1.0)),
                }
            }
            tallies.starts.push(tallies.runs.len());
        }
        tallies
    }
}

impl Tallies {
    /// How many units there are.
    pub fn units(&self) -> usize {
        self.starts.len() - 1
    }

    /// The tally of a unit.
    pub(super) fn of(&self, unit: usize) -> &[(usize, f64)] {
        &self.runs[self.starts[unit]..self.starts[unit + 1]]
    }
}
