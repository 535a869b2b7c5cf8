//! Exact duplicates: rows that say the same once case, spacing, punctuation and Unicode form are set aside.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::candidate::{Candidate, CitationState, Earlier};
use super::decision::{Detail, Fall, Reason};
use super::normalise::content_hash;
use super::recipe::Recipe;
use super::transparency;

/// The rows among `standing` that say exactly what a better one, or a row of an earlier snapshot, says.
pub(super) fn judge(recipe: &Recipe, candidates: &[Candidate], standing: &[usize], earlier: &[&Earlier]) -> Vec<Fall> {
    let mut kept_before: HashMap<blake3::Hash, &Earlier> = HashMap::new();
    for row in earlier {
        let same = kept_before.entry(content_hash(&row.question, &row.completion, row.label)).or_insert(row);
        if row.id < same.id {
            *same = row;
        }
    }
    let mut best: HashMap<blake3::Hash, usize> = HashMap::new();
    let hashes: Vec<(usize, blake3::Hash)> = standing
        .iter()
        .map(|&at| (at, content_hash(&candidates[at].question, &candidates[at].completion, candidates[at].label)))
        .collect();
    for &(at, hash) in &hashes {
        let kept = best.entry(hash).or_insert(at);
        if preferred(recipe, &candidates[at], &candidates[*kept]).is_lt() {
            *kept = at;
        }
    }
    hashes
        .into_iter()
        .filter_map(|(at, hash)| {
            let before = kept_before.get(&hash);
            let of = match before {
                Some(row) => &row.id,
                None if best[&hash] == at => return None,
                None => &candidates[best[&hash]].id,
            };
            Some(Fall {
                at,
                reason: Reason::ExactDuplicate,
                words: match before {
                    Some(_) => format!("says the same as {of}, which an earlier snapshot holds"),
                    None => format!("says the same as {of}"),
                },
                detail: Some(Detail::Duplicate { of: of.clone(), earlier: before.is_some(), jaccard: 1.0, via: None }),
            })
        })
        .collect()
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
