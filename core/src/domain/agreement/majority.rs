//! What most raters of a unit say.

use super::Ratings;

/// The majority's word on a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote<C> {
    /// The category that most raters gave; none where several were given as often.
    pub label: Option<C>,
    /// How often that category, or each of these, was given.
    pub votes: usize,
    /// How many raters rated the unit.
    pub ratings: usize,
}

impl<U, R, C: Clone> Ratings<U, R, C> {
    /// The majority's word on each unit, in the order of [`units`](Self::units). Each rater counts as one, however often they
    /// are right; [`dawid_skene`](Self::dawid_skene) weighs them.
    pub fn majority(&self) -> Vec<Vote<C>> {
        (0..self.units().len())
            .map(|unit| {
                let mut given: Vec<usize> = self.of(unit).iter().map(|given| given.category).collect();
                given.sort_unstable();
                let (mut leader, mut votes, mut alone) = (given[0], 0, true);
                for alike in given.chunk_by(|one, other| one == other) {
                    if alike.len() > votes {
                        (leader, votes, alone) = (alike[0], alike.len(), true);
                    } else if alike.len() == votes {
                        alone = false;
                    }
                }
                let label = alone.then(|| self.categories()[leader].clone());
                Vote { label, votes, ratings: given.len() }
            })
            .collect()
    }
}
