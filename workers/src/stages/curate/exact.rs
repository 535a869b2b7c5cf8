//! Exact duplicates: rows that say the same once case, spacing, punctuation and Unicode form are set aside.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::candidate::{Candidate, CitationState};
use super::decision::{Detail, Fall, Reason};
use super::normalise::content_hash;
use super::recipe::Recipe;
use super::transparency;

/// The rows among `standing` that say exactly what a better one says: the same answer by the same reasoning.
pub(super) fn judge(recipe: &Recipe, candidates: &[Candidate], standing: &[usize]) -> Vec<Fall> {
    let mut best: HashMap<blake3::Hash, usize> = HashMap::new();
    let hash = |c: &Candidate| content_hash(&c.question, [&c.reasoning, &c.completion], c.label);
    let hashes: Vec<(usize, blake3::Hash)> = standing.iter().map(|&at| (at, hash(&candidates[at]))).collect();
    for &(at, hash) in &hashes {
        let kept = best.entry(hash).or_insert(at);
        if preferred(recipe, &candidates[at], &candidates[*kept]).is_lt() {
            *kept = at;
        }
    }
    let fall = |(at, hash)| {
        let kept = best[&hash];
        let of = candidates[kept].id.clone();
        let words = format!("says the same as {of}");
        let detail = Some(Detail::Duplicate { of, jaccard: 1.0, via: None });
        (kept != at).then_some(Fall { at, reason: Reason::ExactDuplicate, words, detail })
    };
    hashes.into_iter().filter_map(fall).collect()
}

/// Which of two rows that say the same is kept (`Less`: the first). One that would fall anyway for its licence or a
/// citation does not push out one that would not; then the higher reward, the better review, the smaller id.
pub(super) fn preferred(recipe: &Recipe, a: &Candidate, b: &Candidate) -> Ordering {
    let sound = |c: &Candidate| {
        transparency::fault(&recipe.licences, c).is_none()
            && !c.citations.iter().any(|state| {
                matches!(state, CitationState::Misquoted | CitationState::NotInSource | CitationState::Retracted)
            })
    };
    let known = |value: f64| if value.is_nan() { f64::NEG_INFINITY } else { value };
    sound(b)
        .cmp(&sound(a))
        .then_with(|| known(b.reward).total_cmp(&known(a.reward)))
        .then_with(|| known(b.review_quality).total_cmp(&known(a.review_quality)))
        .then_with(|| a.id.cmp(&b.id))
}
