//! Decontamination: what evaluation holds out must not be learnt.
//!
//! A row falls if it is about a held-out question (same key, or the same words), rests on a fact that answers one, or
//! contains nearly the whole of one: the share of the held-out question's word n-grams that stand in the row's texts
//! (question, reasoning, completion and correction) reaches the threshold, every number of it stands there too, and, for
//! a short question, every content word.
//! Without the last two, all questions made from one pattern would contaminate each other.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::candidate::{Candidate, HeldOut};
use super::decision::{Detail, Fall, Reason};
use super::distinct::Words;
use super::minhash::{common, hash_word, shingles};
use super::normalise::{each_word, numbers, words};
use super::recipe::DecontaminationRule;

/// A held-out question, ready to be looked for.
struct Case<'a> {
    held_out: &'a HeldOut,
    ngrams: Vec<u64>,
    words: Words,
    numbers: BTreeMap<String, usize>,
}

/// The rows among `standing` that are too near to a held-out case.
pub(super) fn judge(
    rule: &DecontaminationRule,
    candidates: &[Candidate],
    standing: &[usize],
    held_out: &[HeldOut],
) -> Vec<Fall> {
    let n = rule.ngram_words;
    let groups: HashMap<&str, &HeldOut> = held_out.iter().map(|case| (case.group.as_str(), case)).collect();
    let questions: HashMap<Vec<String>, &HeldOut> = held_out.iter().map(|case| (words(&case.question), case)).collect();
    let facts: HashMap<&str, &HeldOut> =
        held_out.iter().flat_map(|case| case.facts.iter().map(move |fact| (fact.as_str(), case))).collect();
    let cases: Vec<Case<'_>> = held_out
        .iter()
        .map(|held_out| Case {
            held_out,
            ngrams: shingles([&held_out.question], n),
            words: Words::of([&held_out.question]),
            numbers: counted(&numbers(&held_out.question)),
        })
        .collect();
    // Which cases hold an n-gram, so that a row is compared only with those that share one.
    let mut holding: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, case) in cases.iter().enumerate() {
        for ngram in &case.ngrams {
            holding.entry(*ngram).or_default().push(at);
        }
    }

    let judge_one = |at: usize| {
        let row = &candidates[at];
        let found = |reason, case: &HeldOut, containment: f64, words: String| {
            Some(Fall { at, reason, words, detail: Some(Detail::HeldOut { case: case.id.clone(), containment }) })
        };
        if let Some(case) = groups.get(row.group.as_str()).or_else(|| questions.get(&words(&row.question))) {
            let words = format!("asks the question of the held-out case {}", case.id);
            return found(Reason::HeldOutQuestion, case, 1.0, words);
        }
        if let Some((fact, case)) = row.facts.iter().find_map(|f| facts.get(f.id.as_str()).map(|case| (&f.id, case))) {
            let words = format!("rests on fact {fact}, which answers the held-out case {}", case.id);
            return found(Reason::HeldOutFact, case, 0.0, words);
        }
        let ngrams = shingles(texts(row), n);
        let near: HashSet<usize> = ngrams.iter().filter_map(|ngram| holding.get(ngram)).flatten().copied().collect();
        let mut near: Vec<usize> = near.into_iter().collect();
        near.sort_unstable_by(|a, b| cases[*a].held_out.id.cmp(&cases[*b].held_out.id));
        let (case, containment) = near.into_iter().find_map(|case| {
            let case = &cases[case];
            let containment = common(&case.ngrams, &ngrams) as f64 / case.ngrams.len() as f64;
            (containment >= rule.containment && case.is_told_by(row)).then_some((case.held_out, containment))
        })?;
        let words = format!("contains {:.0} % of the question of the held-out case {}", containment * 100.0, case.id);
        found(Reason::HeldOutOverlap, case, containment, words)
    };
    standing.iter().filter_map(|&at| judge_one(at)).collect()
}

impl Case<'_> {
    /// Whether the row has all numbers of the question and, if that is short, all its content words.
    fn is_told_by(&self, row: &Candidate) -> bool {
        let there = counted(&texts(row).map(numbers).join(" "));
        let numbers = self.numbers.iter().all(|(number, count)| there.get(number).is_some_and(|n| n >= count));
        numbers && (!self.words.is_short() || self.words.within(&word_hashes(row)))
    }
}

/// All that would be trained on.
fn texts(row: &Candidate) -> [&str; 4] {
    [&row.question, &row.reasoning, &row.completion, &row.correction]
}

/// Hashes of the words of a row, ascending.
fn word_hashes(row: &Candidate) -> Vec<u64> {
    let mut hashes = Vec::new();
    for part in texts(row) {
        each_word(part, |word| hashes.push(hash_word(word)));
    }
    hashes.sort_unstable();
    hashes
}

fn counted(numbers: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for number in numbers.split_whitespace() {
        *counts.entry(number.to_owned()).or_default() += 1;
    }
    counts
}
