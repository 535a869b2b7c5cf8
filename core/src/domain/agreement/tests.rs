use proptest::prelude::*;

use super::*;

/// Ratings of a table: a line for each rater, a column for each unit, `.` where there is none.
pub(super) fn table(lines: &str) -> Ratings<usize, usize, char> {
    let cells = lines.lines().filter(|line| !line.trim().is_empty()).enumerate().flat_map(|(rater, line)| {
        line.split_whitespace().enumerate().map(move |(unit, cell)| (unit, rater, cell.chars().next().unwrap()))
    });
    Ratings::found(cells.filter(|(_, _, category)| *category != '.')).unwrap()
}

/// A rating of a unit by a rater in a category.
pub(super) type Rating = (usize, usize, usize);

/// Ratings of up to 10 units by up to 5 raters in up to 4 categories, some missing.
pub(super) fn ratings() -> impl Strategy<Value = Vec<Rating>> {
    (1..10usize, 1..5usize, 1..4usize).prop_flat_map(|(units, raters, categories)| {
        let cell = proptest::option::weighted(0.7, 0..categories);
        proptest::collection::vec(cell, units * raters).prop_map(move |cells| {
            let given = cells.into_iter().enumerate();
            given.filter_map(|(at, cell)| Some((at / raters, at % raters, cell?))).collect()
        })
    })
}

pub(super) fn over(given: &[Rating]) -> Ratings<usize, usize, usize> {
    Ratings::over(&[0, 1, 2, 3], given.iter().copied()).unwrap()
}

#[test]
fn ratings_are_sorted_by_unit_and_rater() {
    let ratings = Ratings::over(&["no", "yes"], [("b", 2, "yes"), ("a", 7, "no"), ("b", 1, "no")]).unwrap();
    assert_eq!((ratings.units(), ratings.raters()), (["a", "b"].as_slice(), [1, 2, 7].as_slice()));
    assert_eq!((ratings.categories(), ratings.count()), (["no", "yes"].as_slice(), 3));
    let other_way = Ratings::over(&["no", "yes"], [("b", 1, "no"), ("b", 2, "yes"), ("a", 7, "no")]).unwrap();
    assert_eq!(ratings, other_way);
    assert_eq!((ratings.place(&"b", &2), ratings.place(&"a", &2), ratings.place(&"c", &2)), (Some(2), None, None));
}

#[test]
fn ratings_that_are_none_are_named_by_their_place() {
    let over = |given: &[(u8, u8, char)]| Ratings::over(&['a', 'b'], given.iter().copied()).unwrap_err();
    assert_eq!(over(&[(1, 1, 'a'), (2, 1, 'a'), (1, 1, 'b')]), RatingsError::Twice { at: 2 });
    assert_eq!(over(&[(1, 1, 'a'), (1, 2, 'c')]), RatingsError::UnknownCategory { at: 1 });
    let twice = Ratings::over(&['a', 'b', 'a'], [(1, 1, 'a')]).unwrap_err();
    assert_eq!(twice, RatingsError::CategoryTwice { at: 2 });
    let found = Ratings::found([(1, 1, 'a'), (1, 1, 'a')]).unwrap_err();
    assert_eq!(found.to_string(), "rating 1 is of a unit that its rater rated already: give the one that holds alone");
}

#[test]
fn the_majority_is_what_most_say_and_nothing_where_several_are_said_as_often() {
    let votes = table(
        "a a b a
         a b c .
         b . b .",
    )
    .majority();
    let told: Vec<_> = votes.iter().map(|vote| (vote.label, vote.votes, vote.ratings)).collect();
    assert_eq!(told, [(Some('a'), 2, 3), (None, 1, 2), (Some('b'), 2, 3), (Some('a'), 1, 1)]);
}

proptest! {
    #[test]
    fn no_category_is_given_more_often_than_the_majoritys(given in ratings()) {
        let ratings = over(&given);
        for (unit, vote) in ratings.units().iter().zip(ratings.majority()) {
            let times = |category| given.iter().filter(|(of, _, given)| of == unit && *given == category).count();
            let most = (0..4).filter(|category| times(*category) == vote.votes).count();
            prop_assert!((0..4).all(|category| times(category) <= vote.votes));
            prop_assert_eq!(vote.label.is_some(), most == 1);
            prop_assert!(vote.label.is_none_or(|label| times(label) == vote.votes));
            prop_assert_eq!(vote.ratings, (0..4).map(times).sum::<usize>());
        }
    }

    #[test]
    fn tallies_hold_each_rating_of_a_unit_that_has_two(given in ratings()) {
        let ratings = over(&given);
        let tallies = ratings.tallies();
        let of = |unit: usize| given.iter().filter(|(of, ..)| *of == unit).count();
        prop_assert_eq!(tallies.units(), (0..10).filter(|unit| of(*unit) > 1).count());
        let times: f64 = (0..tallies.units()).flat_map(|unit| tallies.of(unit)).map(|(_, times)| times).sum();
        prop_assert_eq!(times as usize, (0..10).map(of).filter(|times| *times > 1).sum::<usize>());
    }
}
