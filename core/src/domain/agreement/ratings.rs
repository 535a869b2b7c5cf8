//! Who rated what as what.

use std::ops::Range;

/// Ratings of units (such as traces) by raters (such as experts) in categories (such as verdicts). A rater rates a unit once
/// or not at all; a unit that nobody rated is not among them.
///
/// The order in which ratings are given makes no difference: units and raters are sorted.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratings<U, R, C> {
    units: Vec<U>,
    raters: Vec<R>,
    categories: Vec<C>,
    /// Where each unit's ratings begin, and where the last one's end.
    starts: Vec<usize>,
    given: Vec<Given>,
}

/// One rating of a unit: places among raters and categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Given {
    pub rater: usize,
    pub category: usize,
}

/// Ratings that are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RatingsError {
    /// A rater rated a unit more than once.
    #[error("rating {at} is of a unit that its rater rated already: give the one that holds alone")]
    Twice {
        /// Its place among the ratings as they were given, from 0.
        at: usize,
    },
    /// A rating is in a category that was not declared.
    #[error("rating {at} is in a category that is not among those declared: declare it, or leave the rating out")]
    UnknownCategory {
        /// Its place among the ratings as they were given, from 0.
        at: usize,
    },
    /// A category was declared more than once.
    #[error("category {at} was declared already: declare each once")]
    CategoryTwice {
        /// Its place among the categories as they were declared, from 0.
        at: usize,
    },
}

impl<U: Ord, R: Ord + Clone, C: Ord + Clone> Ratings<U, R, C> {
    /// Ratings in categories that are known beforehand, in their order where they have one.
    ///
    /// # Errors
    /// If a rater rated a unit twice, a rating is in another category, or a category is declared twice.
    pub fn over(categories: &[C], given: impl IntoIterator<Item = (U, R, C)>) -> Result<Self, RatingsError> {
        let mut places: Vec<(&C, usize)> = categories.iter().zip(0..).collect();
        places.sort_unstable();
        if let Some(twice) = places.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(RatingsError::CategoryTwice { at: twice[1].1 });
        }
        let place = |category: &C| places.binary_search_by(|(known, _)| (*known).cmp(category)).map(|at| places[at].1);
        Self::sorted(given.into_iter().collect(), categories.to_vec(), |at, category| {
            place(category).map_err(|_| RatingsError::UnknownCategory { at })
        })
    }

    /// Ratings in the categories that are found in them, in the order of their type.
    ///
    /// # Errors
    /// If a rater rated a unit twice.
    pub fn found(given: impl IntoIterator<Item = (U, R, C)>) -> Result<Self, RatingsError> {
        let given: Vec<(U, R, C)> = given.into_iter().collect();
        let mut categories: Vec<C> = given.iter().map(|(_, _, category)| category.clone()).collect();
        categories.sort_unstable();
        categories.dedup();
        let known = categories.clone();
        Self::sorted(given, categories, |_, category| Ok(known.partition_point(|known| known < category)))
    }

    fn sorted(
        given: Vec<(U, R, C)>,
        categories: Vec<C>,
        place: impl Fn(usize, &C) -> Result<usize, RatingsError>,
    ) -> Result<Self, RatingsError> {
        let mut raters: Vec<R> = given.iter().map(|(_, rater, _)| rater.clone()).collect();
        raters.sort_unstable();
        raters.dedup();
        let mut coded = Vec::with_capacity(given.len());
        for (at, (unit, rater, category)) in given.into_iter().enumerate() {
            let rater = raters.partition_point(|known| *known < rater);
            coded.push((unit, Given { rater, category: place(at, &category)? }, at));
        }
        coded.sort_unstable_by(|(unit, given, at), (other, beside, after)| {
            (unit, given.rater, at).cmp(&(other, beside.rater, after))
        });
        let mut ratings = Self { units: Vec::new(), raters, categories, starts: Vec::new(), given: Vec::new() };
        for (unit, given, at) in coded {
            if ratings.units.last() != Some(&unit) {
                ratings.starts.push(ratings.given.len());
                ratings.units.push(unit);
            } else if ratings.given.last().is_some_and(|last| last.rater == given.rater) {
                return Err(RatingsError::Twice { at });
            }
            ratings.given.push(given);
        }
        ratings.starts.push(ratings.given.len());
        Ok(ratings)
    }
}

impl<U: Ord, R: Ord, C> Ratings<U, R, C> {
    /// The same ratings, each in a category of the same scale that depends on its place in the order of units and raters.
    pub(super) fn recoded(mut self, category: impl Fn(usize) -> usize) -> Self {
        self.given.iter_mut().enumerate().for_each(|(at, given)| given.category = category(at));
        self
    }

    /// The place of a rating in the order of units and raters.
    pub(super) fn place(&self, unit: &U, rater: &R) -> Option<usize> {
        let rater = self.rater(rater)?;
        let range = self.range(self.units.binary_search(unit).ok()?);
        let within = self.given[range.clone()].binary_search_by_key(&rater, |given| given.rater).ok()?;
        Some(range.start + within)
    }
}

impl<U, R: Ord, C> Ratings<U, R, C> {
    /// The place of a rater among all.
    pub(super) fn rater(&self, rater: &R) -> Option<usize> {
        self.raters.binary_search(rater).ok()
    }
}

impl<U, R, C> Ratings<U, R, C> {
    /// The units, sorted.
    pub fn units(&self) -> &[U] {
        &self.units
    }

    /// The raters, sorted.
    pub fn raters(&self) -> &[R] {
        &self.raters
    }

    /// The categories, in the order in which they were declared, or sorted where they were found.
    pub fn categories(&self) -> &[C] {
        &self.categories
    }

    /// How many ratings there are.
    pub fn count(&self) -> usize {
        self.given.len()
    }

    /// The ratings of a unit by its place, in the order of raters.
    pub(super) fn of(&self, unit: usize) -> &[Given] {
        &self.given[self.range(unit)]
    }

    fn range(&self, unit: usize) -> Range<usize> {
        self.starts[unit]..self.starts[unit + 1]
    }
}
