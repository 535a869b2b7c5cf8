//! The model as its users see it: trained, saved, loaded, asked.

use atr_reward::{Candidate, Example, LoadError, RewardModel, Row, Settings, Signals, TrainError, metrics, train};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const BITS: u32 = 12;

fn settings() -> Settings {
    Settings { hash_bits: BITS, ..Settings::default() }
}

/// Questions with four answers each; right answers agree more, are likelier and add up.
fn rows(groups: usize, seed: u64) -> Vec<Row> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut rows = Vec::new();
    for group in 0..groups {
        let (a, b) = (random.random_range(2..90), random.random_range(2..90));
        for chain in 0..4 {
            let label = random.random_bool(0.5);
            let answer = if label { a + b } else { a + b + random.random_range(1..5) };
            rows.push(Row {
                row: format!("{group:04}-{chain}"),
                group: format!("{group:04}"),
                prompt: format!("There are {a} ducks and {b} geese on a lake. How many birds are there?"),
                completion: answer.to_string(),
                steps: vec!["The birds are added.".to_owned(), format!("{a} + {b} = {answer}.")],
                domain: ["arithmetic", "geography"][group % 2].to_owned(),
                label,
                weight: 1.0,
                mean_logprob: random
                    .random_bool(0.8)
                    .then(|| -random.random_range(0.0..1.0) - f64::from(u8::from(!label))),
                min_logprob: None,
                agreement: Some(random.random_range(0..=4) as f64 / 4.0),
                chains: Some(4),
            });
        }
    }
    rows
}

fn examples(rows: &[Row]) -> Vec<Example> {
    rows.iter().map(|row| Example::of(row, BITS)).collect()
}

fn trained(rows: &[Row], seed: u64) -> RewardModel {
    train(examples(rows), &settings(), seed, &mut |_| ()).expect("the rows can be trained on").0
}

#[test]
fn the_model_tells_right_from_wrong_on_questions_it_has_not_seen() {
    let model = trained(&rows(60, 1), 17);
    let unseen = rows(40, 2);
    let scores: Vec<f64> = unseen.iter().map(|row| model.score(&row.candidate())).collect();
    let labels: Vec<bool> = unseen.iter().map(|row| row.label).collect();
    assert!(metrics::auroc(&scores, &labels).is_some_and(|a| a > 0.95), "{:?}", metrics::auroc(&scores, &labels));
    assert!(metrics::log_loss(&scores, &labels).is_some_and(|l| l < 0.35));
}

#[test]
fn labels_without_a_pattern_leave_the_model_near_the_base_rate() {
    let mut rows = rows(160, 3);
    let mut random = ChaCha8Rng::seed_from_u64(4);
    rows.iter_mut().for_each(|row| row.label = random.random_bool(0.3));
    let model = trained(&rows, 17);
    let unseen = self::rows(40, 5);
    let farthest = unseen.iter().map(|row| (model.score(&row.candidate()) - 0.3).abs()).fold(0.0, f64::max);
    assert!(farthest < 0.2, "a score is {farthest} from the base rate");
}

#[test]
fn the_same_rows_and_seed_give_the_same_bytes_in_any_order() {
    let rows = rows(30, 6);
    let mut turned = rows.clone();
    turned.reverse();
    assert_eq!(trained(&rows, 17).save(), trained(&rows, 17).save());
    assert_eq!(trained(&rows, 17).save(), trained(&turned, 17).save());
}

#[test]
fn a_loaded_model_is_the_saved_one() {
    let rows = rows(30, 7);
    let model = trained(&rows, 17);
    let bytes = model.save();
    let loaded = RewardModel::load(&bytes).expect("the bytes are whole");
    assert_eq!(loaded.save(), bytes);
    for row in &rows {
        assert_eq!(loaded.score(&row.candidate()).to_bits(), model.score(&row.candidate()).to_bits());
    }
    assert_eq!(loaded.header().metrics.rows, 120);
    assert_eq!(loaded.header().domains, ["arithmetic", "geography"]);
}

#[test]
fn contributions_and_the_bias_add_up_to_the_log_odds() {
    let rows = rows(40, 8);
    let model = trained(&rows, 17);
    let bias = {
        let candidate = rows[0].candidate();
        let sum: f64 = model.explain(&candidate, usize::MAX).iter().map(|c| c.log_odds).sum();
        model.log_odds(&candidate) - sum
    };
    for row in &rows {
        let sum: f64 = model.explain(&row.candidate(), usize::MAX).iter().map(|c| c.log_odds).sum();
        assert!((sum + bias - model.log_odds(&row.candidate())).abs() < 1e-9);
    }
    let strongest = model.explain(&rows[0].candidate(), 3);
    assert_eq!(strongest.len(), 3);
    assert!(strongest.windows(2).all(|pair| pair[0].log_odds.abs() >= pair[1].log_odds.abs()));
}

#[test]
fn an_answer_of_which_nothing_is_known_still_has_a_score() {
    let model = trained(&rows(30, 9), 17);
    let nothing = Candidate { question: "", answer: "", steps: &[], domain: "unheard of", signals: Signals::default() };
    assert!((0.0..=1.0).contains(&model.score(&nothing)));
}

#[test]
fn few_rows_are_enough_to_train_on_and_not_enough_to_be_sure() {
    let mut rows = rows(1, 10);
    rows[0].label = true;
    rows[1].label = false;
    let model = trained(&rows, 17);
    for row in &rows {
        assert!((0.05..0.95).contains(&model.score(&row.candidate())));
    }
    assert_eq!(model.header().metrics.cv_auroc, None, "two rows cannot be cross-validated");
}

#[test]
fn rows_that_cannot_be_trained_on_are_refused_with_what_to_do() {
    let refused = |rows: &[Row]| train(examples(rows), &settings(), 1, &mut |_| ()).expect_err("no model").to_string();
    assert!(refused(&[]).contains("no reward rows"));
    let mut all_true = rows(3, 11);
    all_true.iter_mut().for_each(|row| row.label = true);
    assert!(refused(&all_true).contains("all 12 reward rows are labelled true"));
    let wild = Settings { folds: 1, ..settings() };
    let error = train(examples(&rows(3, 11)), &wild, 1, &mut |_| ()).expect_err("one fold");
    assert_eq!(error, TrainError::Setting { name: "folds", wanted: "a whole number from 2 to 20" });
}

#[test]
fn progress_only_goes_forward_and_ends_at_its_end() {
    let mut seen = Vec::new();
    train(examples(&rows(30, 12)), &settings(), 17, &mut |progress| seen.push(progress)).expect("trains");
    assert!(seen.windows(2).all(|pair| pair[0].step <= pair[1].step && pair[0].steps == pair[1].steps));
    let last = seen.last().expect("progress was reported");
    assert_eq!(last.step, last.steps);
}

#[test]
fn a_model_of_another_version_says_so() {
    let bytes = trained(&rows(12, 13), 17).save();
    let text = String::from_utf8_lossy(&bytes[..200]).into_owned();
    let newer = text.replacen("\"version\":1", "\"version\":9", 1).into_bytes();
    let newer = [&newer[..], &bytes[200..]].concat();
    let error = RewardModel::load(&newer).expect_err("a newer version");
    assert_eq!(error, LoadError::Version { what: "format", found: 9, known: 1 });
    assert!(error.to_string().contains("train a new model"));
}

proptest! {
    #[test]
    fn bytes_that_are_no_model_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(RewardModel::load(&bytes).err(), Some(LoadError::NotAModel));
        let begun = [b"ATR-REWARD\n".as_slice(), &bytes].concat();
        prop_assert!(RewardModel::load(&begun).is_err());
    }

    #[test]
    fn any_text_has_a_score(
        question in ".{0,80}",
        answer in ".{0,80}",
        steps in prop::collection::vec("[-+*/=() 0-9a-zA-Z.,%]{0,40}", 0..6),
        logprob in prop::option::of(any::<f64>()),
        agreement in prop::option::of(any::<f64>()),
        chains in prop::option::of(any::<u32>()),
    ) {
        let signals = Signals { mean_logprob: logprob, min_logprob: logprob, agreement, chains };
        let candidate = Candidate { question: &question, answer: &answer, steps: &steps, domain: "arithmetic", signals };
        let score = model().score(&candidate);
        prop_assert!((0.0..=1.0).contains(&score), "{score}");
        prop_assert!(model().explain(&candidate, 5).len() <= 5);
    }

    #[test]
    fn a_damaged_model_is_an_error(at in 0usize..1_000_000, change in 1u8.., cut in any::<bool>()) {
        let mut bytes = model().save();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] ^= change }
        // A changed digit of a metric in the header is still a header; nothing else may pass.
        if let Ok(loaded) = RewardModel::load(&bytes) {
            let nothing = Candidate { question: "", answer: "", steps: &[], domain: "", signals: Signals::default() };
            prop_assert_eq!(loaded.score(&nothing).to_bits(), model().score(&nothing).to_bits());
        }
    }
}

fn model() -> &'static RewardModel {
    static MODEL: std::sync::OnceLock<RewardModel> = std::sync::OnceLock::new();
    MODEL.get_or_init(|| trained(&rows(12, 14), 17))
}
