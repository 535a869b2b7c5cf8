use proptest::prelude::*;
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::domain::agreement::tests::{Rating, over, ratings, table};

/// Made-up raters at work: the true class of each unit, and the ratings.
struct Simulated {
    truth: Vec<usize>,
    given: Vec<Rating>,
}

/// Each rater is right as often as `right` says, else gives any other of three classes; each unit is rated by `by` of them,
/// drawn at random.
fn simulated(units: usize, right: &[f64], by: usize, random: &mut ChaCha8Rng) -> Simulated {
    let mut raters: Vec<usize> = (0..right.len()).collect();
    let (mut truth, mut given) = (Vec::new(), Vec::new());
    for unit in 0..units {
        // Classes are as frequent as 5 : 3 : 2.
        let class = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2][random.random_range(0..10)];
        truth.push(class);
        raters.shuffle(random);
        for rater in &raters[..by] {
            let errs = if random.random::<f64>() < right[*rater] { 0 } else { random.random_range(1..3) };
            given.push((unit, *rater, (class + errs) % 3));
        }
    }
    Simulated { truth, given }
}

fn three(given: &[Rating]) -> Ratings<usize, usize, usize> {
    Ratings::over(&[0, 1, 2], given.iter().copied()).unwrap()
}

fn random(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

#[test]
fn of_gold_units_it_is_what_counting_gives() {
    // Of gold units that are `a` the rater called 3 so and 1 `b`, of those that are `b` 2 so.
    let ratings = table("a a a b b b a");
    let gold = [(0, 'a'), (1, 'a'), (2, 'a'), (3, 'a'), (4, 'b'), (5, 'b'), (70, 'b')].into();
    let found = ratings.dawid_skene(&gold).unwrap();
    let rater = &found.raters[0];
    // With the 2 right and 1 wrong of the prior, 5 of 7 and 4 of 5 are right; either class is as frequent, for all that is
    // known.
    assert!((rater.reliability - (5.0 / 7.0 + 4.0 / 5.0) / 2.0).abs() < 1e-12, "{rater:?}");
    assert_eq!((rater.rests_on, rater.gold, rater.ratings), (6, 6, 7));
    assert!((rater.confusion[0][1] - 2.0 / 7.0).abs() < 1e-12 && (rater.confusion[1][0] - 0.2).abs() < 1e-12);
    assert_eq!(found.prevalence, [0.5, 0.5]);
    // The last unit is not gold, and was called `a`: by Bayes' rule it is, with 5/7 against 1/5.
    let last = &found.consensus[6];
    assert_eq!((last.label, last.gold), ('a', false));
    assert!((last.probability - 25.0 / 32.0).abs() < 1e-12, "{last:?}");
    assert!(found.converged);
}

#[test]
fn gold_units_show_who_is_right_against_the_majority() {
    let lines = "a b a b a b a b a b a b
                 b a b a b a b a b a b a
                 b a b a b a b a b a b a";
    let gold: BTreeMap<usize, char> = (0..10).map(|unit| (unit, if unit % 2 == 0 { 'a' } else { 'b' })).collect();
    let ratings = table(lines);
    let labels = |found: &DawidSkene<char>| found.consensus[10..].iter().map(|of| of.label).collect::<String>();
    assert_eq!(labels(&ratings.dawid_skene(&gold).unwrap()), "ab");
    assert_eq!(labels(&ratings.dawid_skene(&BTreeMap::new()).unwrap()), "ba", "without them the majority is right");
    assert_eq!(ratings.majority()[10].label, Some('b'));
}

#[test]
fn who_was_compared_with_nobody_is_as_reliable_as_the_prior_says() {
    let found = table("a b b a . .\n. . . . a b").dawid_skene(&BTreeMap::new()).unwrap();
    for rater in &found.raters {
        assert!((rater.reliability - RIGHT / (RIGHT + WRONG)).abs() < 1e-12, "{rater:?}");
        assert_eq!(rater.rests_on, 0);
    }
    // And what one alone says of a unit is taken as such: 2/3 against 1/3.
    let first = &found.consensus[0];
    assert!(first.label == 'a' && (first.probability - 2.0 / 3.0).abs() < 1e-12, "{first:?}");
    assert_eq!(found.probabilities(1).len(), 2);
}

#[test]
fn the_consensus_is_right_more_often_than_the_majority() {
    let (mut consensus, mut majority, mut units) = (0.0, 0.0, 0.0);
    for seed in 0..20 {
        let made = simulated(400, &[0.95, 0.85, 0.7, 0.6, 0.5], 5, &mut random(seed));
        let ratings = three(&made.given);
        let found = ratings.dawid_skene(&BTreeMap::new()).unwrap();
        assert!(found.converged, "after {} rounds", found.iterations);
        for ((truth, found), vote) in made.truth.iter().zip(&found.consensus).zip(ratings.majority()) {
            consensus += f64::from(u8::from(found.label == *truth));
            // Of two that were given as often, one is drawn.
            majority += vote.label.map_or(0.5, |label| f64::from(u8::from(label == *truth)));
            units += 1.0;
        }
        for (rater, right) in found.raters.iter().zip([0.95, 0.85, 0.7, 0.6, 0.5]) {
            // 400 ratings have a standard error of 0.025 at most; the classes are not known either.
            assert!((rater.reliability - right).abs() < 0.1, "{seed}: {} for {right}", rater.reliability);
        }
    }
    assert!(consensus / units > majority / units + 0.03, "{} {}", consensus / units, majority / units);
}

#[test]
fn its_probabilities_are_what_they_say() {
    let (mut told, mut right, mut units) = (0.0, 0.0, 0.0);
    for seed in 0..20 {
        let made = simulated(400, &[0.9, 0.8, 0.75, 0.7, 0.65, 0.6], 3, &mut random(seed));
        let found = three(&made.given).dawid_skene(&BTreeMap::new()).unwrap();
        for (truth, found) in made.truth.iter().zip(&found.consensus) {
            told += found.probability;
            right += f64::from(u8::from(found.label == *truth));
            units += 1.0;
        }
    }
    let (told, right): (f64, f64) = (told / units, right / units);
    assert!((told - right).abs() < 0.03, "it says {told}, and {right} are right");
}

#[test]
fn neither_order_nor_names_make_a_difference() {
    for seed in 0..5 {
        let mut random = random(seed);
        let made = simulated(120, &[0.9, 0.8, 0.7, 0.6], 3, &mut random);
        let plain = three(&made.given).dawid_skene(&BTreeMap::new()).unwrap();
        let mut mixed = made.given.clone();
        mixed.shuffle(&mut random);
        let mixed = mixed.into_iter().map(|(unit, rater, category)| (999 - unit, 9 - rater, ["z", "y", "x"][category]));
        let mixed = Ratings::over(&["x", "y", "z"], mixed).unwrap().dawid_skene(&BTreeMap::new()).unwrap();
        for (one, other) in plain.raters.iter().zip(mixed.raters.iter().rev()) {
            assert!((one.reliability - other.reliability).abs() < 1e-6, "{seed}: {one:?} {other:?}");
        }
        for (one, other) in plain.consensus.iter().zip(mixed.consensus.iter().rev()) {
            assert!((one.probability - other.probability).abs() < 1e-6, "{seed}: {one:?} {other:?}");
            assert_eq!(["z", "y", "x"][one.label], other.label);
        }
    }
}

#[test]
fn many_ratings_of_a_unit_do_not_leave_the_range_of_numbers() {
    // A thousand raters: the chance of all their ratings together is below the least number there is.
    let given: Vec<Rating> =
        (0..1_000).flat_map(|rater| (0..3).map(move |unit| (unit, rater, (unit + rater % 2) % 3))).collect();
    let found = three(&given).dawid_skene(&BTreeMap::new()).unwrap();
    assert!(
        found.consensus.iter().all(|of| of.probability.is_finite() && of.probability > 0.3),
        "{:?}",
        found.consensus
    );
    assert!(found.raters.iter().all(|of| (0.0..=1.0).contains(&of.reliability)));
}

#[test]
fn nothing_and_one_category_are_no_trouble() {
    let none = Ratings::<u8, u8, char>::found([]).unwrap().dawid_skene(&[(1, 'a')].into());
    assert_eq!(none, Err(ReliabilityError::UnknownClass { at: 0 }));
    let none = Ratings::<u8, u8, char>::over(&['a', 'b'], []).unwrap().dawid_skene(&[(1, 'a')].into()).unwrap();
    assert_eq!((none.consensus.len(), none.raters.len(), none.prevalence), (0, 0, vec![0.5, 0.5]));
    let none = Ratings::<u8, u8, char>::found([]).unwrap().dawid_skene(&BTreeMap::new()).unwrap();
    assert_eq!(none.prevalence, [0.0; 0]);
    let one = table("a a\na a").dawid_skene(&BTreeMap::new()).unwrap();
    assert_eq!((one.consensus[0].probability, one.raters[0].reliability), (1.0, 1.0));
}

#[test]
fn of_classes_that_are_as_likely_the_first_is_named() {
    let found = table("a\nb").dawid_skene(&BTreeMap::new()).unwrap();
    assert_eq!((found.consensus[0].label, found.probabilities(0)), ('a', [0.5, 0.5].as_slice()));
}

#[test]
fn what_the_model_is_not_for_is_refused() {
    let found = table("a b").dawid_skene(&[(0, 'a'), (1, 'c')].into());
    assert_eq!(found, Err(ReliabilityError::UnknownClass { at: 1 }));
    let many = Ratings::found((0..65).map(|at| (at, 0, at))).unwrap().dawid_skene(&BTreeMap::new());
    assert_eq!(many, Err(ReliabilityError::TooManyCategories { found: 65 }));
}

/// Every unit again for each turn of the raters and each renaming of three categories: what is said of one rater is then said
/// of each, and what is said of one category of each.
fn evened(units: &[Vec<usize>]) -> Vec<Rating> {
    let names = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut given = Vec::new();
    let mut next = 0;
    for unit in units {
        for turn in 0..unit.len() {
            for name in names {
                let raters = unit.iter().enumerate();
                given.extend(raters.map(|(at, category)| (next, (at + turn) % unit.len(), name[*category])));
                next += 1;
            }
        }
    }
    given
}

proptest! {
    #[test]
    fn from_round_to_round_the_likelihood_never_falls(given in ratings(), gold in proptest::collection::btree_map(0..10usize, 0..4usize, 0..4)) {
        let ratings = over(&given);
        let mut em = Em::new(&ratings, &gold).unwrap();
        let mut likelihood = f64::NEG_INFINITY;
        for _ in 0..40 {
            let model = em.maximise();
            let risen = em.expect(&model);
            prop_assert!(risen >= likelihood - 1e-9 * risen.abs(), "{} after {}", risen, likelihood);
            likelihood = risen;
        }
    }

    #[test]
    fn gold_units_are_never_labelled_anew(given in ratings(), gold in proptest::collection::btree_map(0..10usize, 0..4usize, 0..9)) {
        let ratings = over(&given);
        let found = ratings.dawid_skene(&gold).unwrap();
        for (unit, of) in ratings.units().iter().zip(&found.consensus) {
            prop_assert_eq!(of.gold, gold.contains_key(unit));
            if let Some(class) = gold.get(unit) {
                prop_assert_eq!((of.label, of.probability), (*class, 1.0));
            }
        }
    }

    #[test]
    fn chances_are_chances_and_counts_are_of_what_was_given(given in ratings(), gold in proptest::collection::btree_map(0..10usize, 0..4usize, 0..4)) {
        let ratings = over(&given);
        let found = ratings.dawid_skene(&gold).unwrap();
        prop_assert_eq!(&found, &ratings.dawid_skene(&gold).unwrap());
        let sums = |chances: &[f64]| chances.iter().all(|chance| (0.0..=1.0).contains(chance)) && (chances.iter().sum::<f64>() - 1.0).abs() < 1e-9;
        prop_assert!(sums(&found.prevalence));
        for (unit, of) in found.consensus.iter().enumerate() {
            let chances = found.probabilities(unit);
            prop_assert!(sums(chances));
            prop_assert!(chances.iter().all(|chance| *chance <= of.probability));
            prop_assert_eq!(chances[of.label], of.probability);
        }
        let rated = |unit: usize| given.iter().filter(|(of, ..)| *of == unit).count();
        for (name, of) in ratings.raters().iter().zip(&found.raters) {
            let by = || given.iter().filter(|(_, rater, _)| rater == name);
            prop_assert!((0.0..=1.0).contains(&of.reliability) && of.confusion.iter().all(|row| sums(row)));
            prop_assert_eq!(of.ratings, by().count());
            prop_assert_eq!(of.gold, by().filter(|(unit, ..)| gold.contains_key(unit)).count());
            prop_assert_eq!(of.rests_on, by().filter(|(unit, ..)| gold.contains_key(unit) || rated(*unit) > 1).count());
        }
    }

    #[test]
    fn units_that_one_rater_rated_alone_tell_of_nobody(given in ratings(), alone in proptest::collection::vec(0..4usize, 0..9)) {
        let mut more = given.clone();
        more.extend(alone.iter().enumerate().map(|(at, category)| (100 + at, 0, *category)));
        // So that the first rater is one of both.
        let both = [(50, 0, 1), (50, 1, 1)];
        let of = |given: &[Rating]| over(&[given, both.as_slice()].concat()).dawid_skene(&BTreeMap::new()).unwrap();
        let (found, more) = (of(&given), of(&more));
        prop_assert_eq!(&found.prevalence, &more.prevalence);
        for (one, other) in found.raters.iter().zip(&more.raters) {
            prop_assert_eq!((one.reliability, one.rests_on), (other.reliability, other.rests_on));
        }
        for (one, other) in found.consensus.iter().zip(&more.consensus) {
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn of_raters_who_are_alike_the_majority_is_believed(
        units in (2..5usize).prop_flat_map(|raters| proptest::collection::vec(proptest::collection::vec(0..3usize, raters), 1..6)),
    ) {
        let ratings = three(&evened(&units));
        let found = ratings.dawid_skene(&BTreeMap::new()).unwrap();
        for rater in &found.raters {
            prop_assert!((rater.reliability - found.raters[0].reliability).abs() < 1e-6);
        }
        for (of, vote) in found.consensus.iter().zip(ratings.majority()) {
            prop_assert!(vote.label.is_none_or(|label| label == of.label), "{:?} {:?}", of, vote);
        }
    }
}

proptest! {
    // Four hundred units each: fewer cases do.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn who_copies_another_with_noise_is_less_reliable(seed in any::<u64>(), right in 0.8..0.95f64, noise in 0.4..0.7f64) {
        let mut random = random(seed);
        let Simulated { mut given, .. } = simulated(400, &[right, 0.8, 0.7], 3, &mut random);
        let copied: Vec<Rating> = given.iter().filter(|(_, rater, _)| *rater == 0).copied().collect();
        for (unit, _, category) in copied {
            let slips = random.random::<f64>() < noise;
            given.push((unit, 3, if slips { random.random_range(0..3) } else { category }));
        }
        let found = three(&given).dawid_skene(&BTreeMap::new()).unwrap();
        prop_assert!(found.raters[3].reliability < found.raters[0].reliability, "{:?}", found.raters);
    }
}
