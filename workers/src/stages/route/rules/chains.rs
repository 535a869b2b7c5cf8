//! How far the chains of a question go the same way.
//!
//! That several chains come to one answer is a sign that it is right (Wang et al. 2022, "Self-Consistency Improves Chain of
//! Thought Reasoning in Language Models"). How far they agree on the way there is a further one: a chain that reaches results
//! which no other has reached may have erred in them, whatever it concludes.

use std::collections::BTreeSet;

use crate::stages::curate::normalise::{each_word, numbers};

/// So many other chains are compared with each.
const COMPARED: usize = 16;

/// What a chain says that its question does not.
struct Beyond {
    numbers: BTreeSet<String>,
    words: BTreeSet<String>,
}

impl Beyond {
    fn of(question: &Self, text: &str) -> Self {
        let said = Self::all(text);
        Self {
            numbers: said.numbers.difference(&question.numbers).cloned().collect(),
            words: said.words.difference(&question.words).cloned().collect(),
        }
    }

    fn all(text: &str) -> Self {
        let mut words = BTreeSet::new();
        each_word(text, |word| {
            words.insert(word.to_owned());
        });
        let numbers =
            numbers(text).split(' ').filter(|one| !one.is_empty() && *one != "-").map(str::to_owned).collect();
        Self { numbers, words }
    }

    /// The share of both's numbers that both say; where neither says any, of their words.
    fn shared(&self, other: &Self) -> f64 {
        let (one, beside) = if self.numbers.is_empty() && other.numbers.is_empty() {
            (&self.words, &other.words)
        } else {
            (&self.numbers, &other.numbers)
        };
        let common = one.intersection(beside).count();
        let all = one.len() + beside.len() - common;
        // Two that say nothing beyond the question say the same.
        if all == 0 { 1.0 } else { common as f64 / all as f64 }
    }
}

/// For each chain of a question, steps and answer in one text: the mean similarity with the others, 0 to 1, of what it says
/// beyond the question; of numbers, which are the results on the way, where it says any, else of words. The similarity is
/// that of Jaccard. Nothing where there is no other chain. With each chain the first 16 others are compared.
pub fn common_ground(question: &str, chains: &[&str]) -> Vec<Option<f64>> {
    let question = Beyond::all(question);
    let said: Vec<Beyond> = chains.iter().map(|text| Beyond::of(&question, text)).collect();
    (0..said.len())
        .map(|at| {
            let others = said.iter().enumerate().filter(|(other, _)| *other != at).take(COMPARED);
            let (count, sum) =
                others.fold((0, 0.0), |(count, sum), (_, other)| (count + 1, sum + said[at].shared(other)));
            (count > 0).then(|| sum / f64::from(count))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_with_results_of_its_own_shares_less_ground() {
        let shared = common_ground(
            "16 eggs, 3 eaten, 4 baked, 2 dollars each?",
            &["3 + 4 = 7, 16 - 7 = 9, 9 * 2 = 18", "16 - 7 = 9, so 18", "16 * 7 = 112, 112 * 2 = 224"],
        );
        let [first, second, odd] = shared[..] else { panic!("{shared:?}") };
        assert!(first > odd && second > odd, "{shared:?}");
        assert_eq!(second, Some(0.6), "all of 7, 9, 18; one of 7, 9, 18, 112, 224");
    }

    #[test]
    fn words_are_compared_where_no_results_are() {
        let shared =
            common_ground("Which gas do plants take up?", &["It is carbon dioxide", "carbon dioxide", "oxygen"]);
        assert_eq!(shared, [Some(0.25), Some(0.25), Some(0.0)]);
    }

    #[test]
    fn a_chain_alone_shares_nothing() {
        assert_eq!(common_ground("1 + 1?", &["2"]), [None]);
    }
}
