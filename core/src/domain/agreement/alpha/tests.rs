use proptest::prelude::*;

use super::*;
use crate::domain::agreement::{
    Ratings,
    tests::{Rating, over, ratings, table},
};

fn close(found: Result<Agreement, Undefined>, wanted: f64) -> bool {
    found.is_ok_and(|found| (found.coefficient - wanted).abs() < 0.0005)
}

#[test]
fn it_is_krippendorffs_for_four_observers_and_missing_data() {
    // Krippendorff 2011, section C; the interval alpha is of its section on interval data.
    let tallies = table(
        "1 2 3 3 2 1 4 1 2 . . .
         1 2 3 3 2 2 4 1 2 5 . 3
         . 3 3 3 2 3 4 2 2 5 1 .
         1 2 3 3 2 4 4 1 2 5 1 .",
    )
    .tallies();
    assert!(close(tallies.alpha(Metric::Nominal), 0.743));
    assert!(close(tallies.alpha(Metric::Ordinal), 0.815));
    assert!(close(tallies.alpha(Metric::Interval), 0.849));
    let found = tallies.alpha(Metric::Nominal).unwrap();
    assert_eq!((found.units, found.ratings), (11, 40), "one unit was rated once");
}

#[test]
fn it_is_krippendorffs_for_two_observers() {
    // Krippendorff 2011, sections A (two categories) and B (five).
    let two = table(
        "0 1 0 0 0 0 0 0 1 0
         1 1 1 0 0 1 0 0 0 0",
    );
    assert!(close(two.tallies().alpha(Metric::Nominal), 0.095));
    let five = table(
        "a a b b d c c c e d d a
         b a b b b c c c e d d d",
    );
    assert!(close(five.tallies().alpha(Metric::Nominal), 0.692));
}

#[test]
fn it_is_what_it_is_by_hand() {
    // Pairs of three units: aa, ab, bb. Of 6 ratings 2 differ from that beside it, so 1/3 observed; of the 6 · 5 ordered
    // pairs 2 · 3 · 3 differ, so 0.6 expected.
    let found = table("a a b\na b b").tallies().alpha(Metric::Nominal).unwrap();
    assert!((found.observed - 1.0 / 3.0).abs() < 1e-12 && (found.expected - 0.6).abs() < 1e-12, "{found:?}");
    assert!((found.coefficient - 4.0 / 9.0).abs() < 1e-12);
}

#[test]
fn nothing_to_compare_is_told_from_nothing_that_varies() {
    let of = |lines| table(lines).tallies().alpha(Metric::Nominal);
    assert_eq!(of(""), Err(Undefined::TooFewRatings));
    assert_eq!(of("a b . .\n. . a b"), Err(Undefined::TooFewRatings));
    assert_eq!(of("a a a .\na a a b"), Err(Undefined::NoVariation));
    assert_eq!(
        table("a a\na a").tallies().alpha_interval(Metric::Nominal, &Bootstrap::default()),
        Err(Undefined::NoVariation)
    );
}

#[test]
fn its_interval_is_narrower_the_more_units_there_are() {
    let lines = ["a a b b c c a b c a ", "a a b b c a a b c b "];
    let of = |times: usize| {
        let tallies = table(&lines.map(|line| line.repeat(times)).join("\n")).tallies();
        tallies.alpha_interval(Metric::Nominal, &Bootstrap::default()).unwrap()
    };
    let (few, many) = (of(1), of(20));
    assert!(few.low < few.value && few.value < few.high, "{few:?}");
    assert!(many.high - many.low < 0.4 * (few.high - few.low), "{few:?} {many:?}");
    let perfect = table("a b a\na b a").tallies().alpha_interval(Metric::Ordinal, &Bootstrap::default()).unwrap();
    assert_eq!((perfect.value, perfect.low, perfect.high), (1.0, 1.0, 1.0));
    assert!(perfect.draws < 2_000, "draws of one category alone have no alpha");
}

/// Alpha as it is defined: by all pairs, and by the formulas of the distances as they stand in the paper.
fn defined(given: &[Rating], metric: Metric) -> Option<f64> {
    let of = |unit: usize| given.iter().filter(move |(of, ..)| *of == unit);
    let paired: Vec<&Rating> = given.iter().filter(|(unit, ..)| of(*unit).count() > 1).collect();
    let times = |category: usize| paired.iter().filter(|(.., given)| *given == category).count() as f64;
    let distance = |one: usize, other: usize| match metric {
        Metric::Nominal => f64::from(u8::from(one != other)),
        Metric::Interval => (one as f64 - other as f64).powi(2),
        Metric::Ordinal => {
            let (from, to) = (one.min(other), one.max(other));
            ((from..=to).map(times).sum::<f64>() - (times(from) + times(to)) / 2.0).powi(2)
        }
    };
    let (mut within, mut all) = (0.0, 0.0);
    for one in &paired {
        for other in paired.iter().filter(|other| !std::ptr::eq(*one, **other)) {
            let apart = distance(one.2, other.2);
            all += apart / (paired.len() - 1) as f64;
            if one.0 == other.0 {
                within += apart / (of(one.0).count() - 1) as f64;
            }
        }
    }
    (all > 0.0).then(|| 1.0 - within / all)
}

proptest! {
    #[test]
    fn it_is_what_its_definition_says(given in ratings()) {
        let tallies = over(&given).tallies();
        for metric in Metric::ALL {
            let (found, wanted) = (tallies.alpha(*metric), defined(&given, *metric));
            prop_assert_eq!(found.is_ok(), wanted.is_some());
            if let (Ok(found), Some(wanted)) = (found, wanted) {
                prop_assert!((found.coefficient - wanted).abs() < 1e-9, "{}: {} {}", metric, found.coefficient, wanted);
                prop_assert!(found.coefficient <= 1.0 && found.observed >= 0.0 && found.expected > 0.0);
            }
        }
    }

    #[test]
    fn perfect_agreement_is_one(categories in proptest::collection::vec(0..4usize, 1..10), raters in 2..6usize) {
        let given = categories.iter().enumerate().flat_map(|(unit, category)| (0..raters).map(move |by| (unit, by, *category)));
        let tallies = over(&given.collect::<Vec<_>>()).tallies();
        let varies = categories.iter().any(|category| *category != categories[0]);
        for metric in Metric::ALL {
            let wanted = if varies { Ok(1.0) } else { Err(Undefined::NoVariation) };
            prop_assert_eq!(tallies.alpha(*metric).map(|found| found.coefficient), wanted);
        }
    }

    #[test]
    fn it_depends_neither_on_order_nor_on_names(
        (given, mixed) in ratings().prop_flat_map(|given| (Just(given.clone()), Just(given).prop_shuffle())),
        names in Just([0, 1, 2, 3]).prop_shuffle(),
    ) {
        let renamed = |name: &dyn Fn(usize) -> usize| {
            let given = mixed.iter().map(|(unit, rater, category)| (format!("unit {}", 99 - unit), 99 - rater, name(*category)));
            Ratings::over(&[0, 1, 2, 3], given).unwrap().tallies()
        };
        let alike = |one: Result<Agreement, Undefined>, other: Result<Agreement, Undefined>| match (one, other) {
            (Ok(one), Ok(other)) => (one.coefficient - other.coefficient).abs() < 1e-9,
            (one, other) => one.err() == other.err(),
        };
        let tallies = over(&given).tallies();
        for metric in Metric::ALL {
            prop_assert!(alike(tallies.alpha(*metric), renamed(&|category| category).alpha(*metric)));
            prop_assert!(alike(tallies.alpha(*metric), renamed(&|category| 3 - category).alpha(*metric)), "a scale turned around");
        }
        prop_assert!(alike(tallies.alpha(Metric::Nominal), renamed(&|category| names[category]).alpha(Metric::Nominal)));
    }

    #[test]
    fn units_that_one_rater_rated_alone_make_no_difference(given in ratings(), alone in proptest::collection::vec(0..4usize, 0..9)) {
        let mut more = given.clone();
        more.extend(alone.iter().enumerate().map(|(at, category)| (100 + at, at % 3, *category)));
        for metric in Metric::ALL {
            prop_assert_eq!(over(&given).tallies().alpha(*metric), over(&more).tallies().alpha(*metric));
        }
    }
}
