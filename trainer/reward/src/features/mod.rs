//! What the model looks at: a few dozen dense features and hashed words.
//!
//! Everything here is a pure function of the candidate and the number of hash bits: no clock, no randomness, no table
//! of facts, no verdict. The model must judge questions nobody has settled, so it may not see what settles them.

mod dense;
mod hashed;
mod reasoning;

pub(crate) use hashed::{BLOCKS, Block, bucket_of};

use crate::candidate::Candidate;

/// Raised whenever a feature is added, removed or computed differently; a model fits one version only.
pub const FEATURES_VERSION: u32 = 1;

/// The features of one candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// The dense features in the order of [`dense_names`]; NaN where the value is missing.
    pub dense: Vec<f32>,
    /// For each block of hashed features the distinct buckets that occur, ascending.
    pub hashed: Vec<Vec<u32>>,
}

/// The features of a candidate, its words hashed into 2^`bits` buckets.
pub fn extract(candidate: &Candidate<'_>, bits: u32) -> Features {
    let mut dense = Vec::with_capacity(64);
    dense::visit(candidate, &mut |_, value| {
        dense.push(value.filter(|v| v.is_finite()).map_or(f32::NAN, |v| v as f32));
    });
    let mut hashed = vec![Vec::new(); BLOCKS.len()];
    hashed::visit(candidate, &mut |block, first, second| {
        hashed[block as usize].push(bucket_of(block, first, second, bits));
    });
    for buckets in &mut hashed {
        buckets.sort_unstable();
        buckets.dedup();
    }
    Features { dense, hashed }
}

/// The names of the dense features, in their order.
pub fn dense_names() -> Vec<&'static str> {
    let nothing = Candidate { question: "", answer: "", steps: &[], domain: "", signals: Default::default() };
    let mut names = Vec::new();
    dense::visit(&nothing, &mut |name, _| names.push(name));
    names
}

/// The hashed features of a candidate with names that a person can read: (block, bucket, name).
pub(crate) fn named_hashed(candidate: &Candidate<'_>, bits: u32) -> Vec<(Block, u32, String)> {
    let mut named = Vec::new();
    hashed::visit(candidate, &mut |block, first, second| {
        let name = match (block, second) {
            (Block::Cross, Some(second)) => format!("question `{first}` with answer `{second}`"),
            (_, Some(second)) => format!("{} `{first} {second}`", block.of()),
            (_, None) => format!("{} `{first}`", block.of()),
        };
        named.push((block, bucket_of(block, first, second, bits), name));
    });
    named.sort();
    named.dedup_by(|a, b| a.1 == b.1);
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate::Signals;

    fn value(candidate: &Candidate<'_>, name: &str) -> f32 {
        let at = dense_names().iter().position(|n| *n == name).expect("the feature exists");
        extract(candidate, 16).dense[at]
    }

    fn steps(steps: &[&str]) -> Vec<String> {
        steps.iter().map(|s| (*s).to_owned()).collect()
    }

    fn candidate<'a>(question: &'a str, steps: &'a [String], answer: &'a str) -> Candidate<'a> {
        Candidate { question, answer, steps, domain: "arithmetic", signals: Signals::default() }
    }

    #[test]
    fn every_candidate_has_the_same_dense_features_in_the_same_order() {
        let names = dense_names();
        let mut distinct = names.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), names.len(), "no name occurs twice");
        let steps = steps(&["4 * 3 = 12.", "So it is 12."]);
        let mut seen = Vec::new();
        dense::visit(&candidate("How many?", &steps, "12"), &mut |name, _| seen.push(name));
        assert_eq!(seen, names);
    }

    #[test]
    fn wrong_arithmetic_in_a_step_is_seen() {
        let wrong = steps(&["17 - 9 = 7."]);
        let right = steps(&["17 - 9 = 8."]);
        let question = "There are 17 ducks. 9 swim away. How many are left?";
        assert_eq!(value(&candidate(question, &wrong, "7"), "arithmetic.any_wrong"), 1.0);
        assert_eq!(value(&candidate(question, &right, "8"), "arithmetic.any_wrong"), 0.0);
        assert_eq!(value(&candidate(question, &right, "8"), "arithmetic.share_right"), 1.0);
        assert_eq!(value(&candidate(question, &right, "8"), "arithmetic.answer_is_last_result"), 1.0);
        assert_eq!(value(&candidate(question, &right, "9"), "arithmetic.answer_is_last_result"), 0.0);
    }

    #[test]
    fn an_answer_that_the_last_step_does_not_lead_to_is_seen() {
        let steps = steps(&["Italy is in Europe.", "Its capital is Rome."]);
        assert_eq!(value(&candidate("What is the capital of Italy?", &steps, "Rome"), "steps.answer_in_last"), 1.0);
        assert_eq!(value(&candidate("What is the capital of Italy?", &steps, "Milan"), "steps.answer_in_last"), 0.0);
    }

    #[test]
    fn steps_that_contradict_each_other_are_seen() {
        let against = steps(&["Arsenic is a gas.", "Arsenic is not a gas."]);
        let agreed = steps(&["Arsenic is a metalloid.", "Arsenic is not a gas."]);
        assert_eq!(value(&candidate("Is arsenic a gas?", &against, "no"), "steps.contradict"), 1.0);
        assert_eq!(value(&candidate("Is arsenic a gas?", &agreed, "no"), "steps.contradict"), 0.0);
    }

    #[test]
    fn a_missing_signal_is_missing_and_not_zero() {
        let unknown = candidate("Who?", &[], "Ann");
        assert!(value(&unknown, "signal.mean_logprob").is_nan());
        assert_eq!(value(&unknown, "signal.mean_logprob_missing"), 1.0);
        let known = Candidate { signals: Signals { mean_logprob: Some(-0.5), ..Default::default() }, ..unknown };
        assert_eq!(value(&known, "signal.mean_logprob"), -0.5);
        assert_eq!(value(&known, "signal.mean_logprob_missing"), 0.0);
        let broken = Candidate { signals: Signals { mean_logprob: Some(f64::NAN), ..Default::default() }, ..unknown };
        assert_eq!(value(&broken, "signal.mean_logprob_missing"), 1.0, "what is not a number is missing");
    }

    #[test]
    fn the_same_candidate_has_the_same_features() {
        let steps = steps(&["A peck is a quarter of a bushel."]);
        let one = candidate("How many pecks are in one bushel?", &steps, "4 pecks, perhaps");
        let names = |c| named_hashed(c, 18).into_iter().map(|(_, _, name)| name).collect::<Vec<_>>();
        assert_eq!(names(&one), names(&one));
        assert!(names(&one).iter().any(|n| n == "question `many` with answer `pecks`"), "{:?}", names(&one));
    }
}
