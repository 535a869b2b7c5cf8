use proptest::prelude::*;

use super::*;
use crate::domain::agreement::{
    Metric,
    tests::{over, ratings, table},
};

/// Two raters' ratings of units, by how often each pair of categories was given.
fn crossed(times: &[&[usize]]) -> Pairs {
    let pairs =
        times.iter().enumerate().flat_map(|(one, row)| row.iter().enumerate().map(move |(two, n)| (one, two, *n)));
    let pairs: Vec<(usize, usize)> = pairs.flat_map(|(one, two, n)| std::iter::repeat_n((one, two), n)).collect();
    let given = pairs.into_iter().enumerate().flat_map(|(unit, (one, two))| [(unit, 0, one), (unit, 1, two)]);
    over(&given.collect::<Vec<_>>()).pairs(&0, &1)
}

/// Units by how often each of several categories was given to them.
fn counted(units: &[[usize; 5]]) -> Tallies {
    let given = units.iter().enumerate().flat_map(|(unit, times)| {
        let categories = times.iter().enumerate().flat_map(|(category, n)| std::iter::repeat_n(category, *n));
        categories.enumerate().map(move |(rater, category)| (unit, rater, category))
    });
    Ratings::over(&[0, 1, 2, 3, 4], given).unwrap().tallies()
}

#[test]
fn cohens_is_the_one_of_his_example() {
    // Jacob Cohen, "Weighted Kappa" (1968), table 1: 200 cases by two judges; kappa without weights is 0.492.
    let pairs = crossed(&[&[88, 14, 18], &[10, 40, 10], &[2, 6, 12]]);
    let found = pairs.cohen_kappa().unwrap();
    assert!((found.coefficient - 0.492).abs() < 0.0005, "{found:?}");
    // 60 of 200 differ. The margins are 120, 60, 20 and 100, 60, 40: 0.6 · 0.5 + 0.3 · 0.3 + 0.1 · 0.2 = 0.41 alike by chance.
    assert!((found.observed - 0.30).abs() < 1e-12 && (found.expected - 0.59).abs() < 1e-12);
    assert_eq!((found.units, found.ratings), (200, 400));
}

#[test]
fn fleiss_is_the_one_of_his_example() {
    // Joseph L. Fleiss 1971, table 1: 30 patients, each by 6 psychiatrists in 5 diagnoses.
    let tallies = counted(&[
        [0, 0, 0, 6, 0],
        [0, 3, 0, 0, 3],
        [0, 1, 4, 0, 1],
        [0, 0, 0, 0, 6],
        [0, 3, 0, 3, 0],
        [2, 0, 4, 0, 0],
        [0, 0, 4, 0, 2],
        [2, 0, 3, 1, 0],
        [2, 0, 0, 4, 0],
        [0, 0, 0, 0, 6],
        [1, 0, 0, 5, 0],
        [1, 1, 0, 4, 0],
        [0, 3, 3, 0, 0],
        [1, 0, 0, 5, 0],
        [0, 2, 0, 3, 1],
        [0, 0, 5, 0, 1],
        [3, 0, 0, 1, 2],
        [5, 1, 0, 0, 0],
        [0, 2, 0, 4, 0],
        [1, 0, 2, 0, 3],
        [0, 0, 0, 0, 6],
        [0, 1, 0, 5, 0],
        [0, 2, 0, 1, 3],
        [2, 0, 0, 4, 0],
        [1, 0, 0, 4, 1],
        [0, 5, 0, 1, 0],
        [4, 0, 0, 0, 2],
        [0, 2, 0, 4, 0],
        [1, 0, 5, 0, 0],
        [0, 0, 0, 0, 6],
    ]);
    let found = tallies.fleiss_kappa().unwrap();
    assert!((found.coefficient - 0.430).abs() < 0.0005, "{found:?}");
    // Fleiss has 0.555 of the pairs alike, and 0.220 by chance.
    assert!((found.observed - 0.445).abs() < 0.0011 && (found.expected - 0.780).abs() < 0.0006, "{found:?}");
    assert_eq!((found.units, found.ratings), (30, 180));
}

#[test]
fn where_units_have_different_numbers_of_ratings_each_counts_as_one() {
    // aa, and abb: of the pairs 0 and 2/3 differ, so 1/3 on the average. Shares of a are 1 and 1/3, so 2/3; of b 1/3: by chance
    // 1 - 4/9 - 1/9 = 4/9 differ. The unit that was rated once does not count.
    let found = counted(&[[2, 0, 0, 0, 0], [1, 2, 0, 0, 0], [0, 0, 1, 0, 0]]).fleiss_kappa().unwrap();
    assert!((found.observed - 1.0 / 3.0).abs() < 1e-12 && (found.expected - 4.0 / 9.0).abs() < 1e-12, "{found:?}");
    assert!((found.coefficient - 0.25).abs() < 1e-12);
    assert_eq!((found.units, found.ratings), (2, 5));
}

#[test]
fn two_raters_are_compared_on_what_both_rated() {
    let ratings = table(
        "a a b . b
         a b b a .
         b . . . .",
    );
    let pairs = ratings.pairs(&0, &1);
    assert_eq!(pairs.units(), 3);
    // One of three differs; the margins are 2, 1 and 1, 2: 4/9 alike by chance.
    assert!((pairs.cohen_kappa().unwrap().coefficient - 0.4).abs() < 1e-12);
    assert_eq!(ratings.pairs(&0, &7).cohen_kappa(), Err(Undefined::TooFewRatings), "nobody of that name");
    assert_eq!(ratings.pairs(&0, &2).cohen_kappa().map(|found| found.coefficient), Ok(0.0), "differ on the only one");
}

#[test]
fn nothing_to_compare_is_told_from_nothing_that_varies() {
    let apart = table("a b . .\n. . a b");
    assert_eq!(apart.pairs(&0, &1).cohen_kappa(), Err(Undefined::TooFewRatings));
    assert_eq!(apart.tallies().fleiss_kappa(), Err(Undefined::TooFewRatings));
    let alike = table("a a .\na a b");
    assert_eq!(alike.pairs(&0, &1).cohen_kappa(), Err(Undefined::NoVariation));
    assert_eq!(alike.tallies().fleiss_kappa(), Err(Undefined::NoVariation));
}

#[test]
fn an_interval_holds_its_kappa() {
    let pairs = crossed(&[&[88, 14, 18], &[10, 40, 10], &[2, 6, 12]]);
    let found = pairs.cohen_kappa_interval(&Bootstrap::default()).unwrap();
    // Cohen's standard error for large samples is √(0.7 · 0.3 / (200 · 0.59²)) = 0.055; 1.96 of them are 0.108.
    assert!((found.low - 0.384).abs() < 0.02 && (found.high - 0.600).abs() < 0.02, "{found:?}");
    let tallies = counted(&[[2, 0, 0, 0, 0], [1, 2, 0, 0, 0], [0, 3, 0, 0, 0], [0, 1, 1, 0, 0]]);
    let found = tallies.fleiss_kappa_interval(&Bootstrap::default()).unwrap();
    assert!(found.low <= found.value && found.value <= found.high, "{found:?}");
}

proptest! {
    #[test]
    fn cohens_is_the_same_whoever_comes_first_and_at_most_one(given in ratings()) {
        let ratings = over(&given);
        let (found, turned) = (ratings.pairs(&0, &1).cohen_kappa(), ratings.pairs(&1, &0).cohen_kappa());
        prop_assert_eq!(found, turned);
        if let Ok(found) = found {
            prop_assert!((-1.0..=1.0).contains(&found.coefficient), "{:?}", found);
            prop_assert_eq!(found.coefficient == 1.0, found.observed == 0.0);
        }
    }

    #[test]
    fn perfect_agreement_is_one(categories in proptest::collection::vec(0..4usize, 1..10), raters in 2..6usize) {
        let given = categories.iter().enumerate().flat_map(|(unit, category)| (0..raters).map(move |by| (unit, by, *category)));
        let ratings = over(&given.collect::<Vec<_>>());
        let varies = categories.iter().any(|category| *category != categories[0]);
        let wanted = if varies { Ok(1.0) } else { Err(Undefined::NoVariation) };
        prop_assert_eq!(ratings.pairs(&0, &1).cohen_kappa().map(|found| found.coefficient), wanted);
        prop_assert_eq!(ratings.tallies().fleiss_kappa().map(|found| found.coefficient), wanted);
    }

    #[test]
    fn of_as_many_ratings_each_fleiss_is_alpha_but_for_the_size_of_the_sample(
        units in proptest::collection::vec([0..4usize, 0..4usize, 0..4usize], 1..10),
    ) {
        // Krippendorff 2011: alpha corrects the expected disagreement by n / (n - 1).
        let given = units.iter().enumerate().flat_map(|(unit, by)| by.iter().enumerate().map(move |(rater, given)| (unit, rater, *given)));
        let tallies = over(&given.collect::<Vec<_>>()).tallies();
        match (tallies.fleiss_kappa(), tallies.alpha(Metric::Nominal)) {
            (Ok(kappa), Ok(alpha)) => {
                let count = kappa.ratings as f64;
                let corrected = (1.0 - kappa.coefficient) * (count - 1.0) / count;
                prop_assert!((1.0 - alpha.coefficient - corrected).abs() < 1e-9);
            }
            (kappa, alpha) => prop_assert_eq!(kappa.err(), alpha.err()),
        }
    }
}
