//! Settlement: what experts contradict each other about is nobody's verdict, and nothing is learnt of it.

use super::candidate::Candidate;
use super::decision::{Fall, Reason};

/// The rows among `standing` that experts do not agree on.
pub(super) fn judge(candidates: &[Candidate], standing: &[usize]) -> Vec<Fall> {
    let fall = |&at: &usize| {
        candidates[at].disagreement.then(|| Fall {
            at,
            reason: Reason::ExpertsDisagree,
            words: "experts contradict each other about it".to_owned(),
            detail: None,
        })
    };
    standing.iter().filter_map(fall).collect()
}
