//! Verification of citations: a row falls by its worst citation; what could not be settled is tagged.

use super::candidate::{Candidate, CitationState};
use super::decision::{Detail, Fall, Reason, Tag};

/// The rows among `standing` with a citation that does not hold.
pub(super) fn judge(candidates: &[Candidate], standing: &[usize]) -> Vec<Fall> {
    let fall = |&at: &usize| {
        let (index, state) =
            candidates[at].citations.iter().copied().enumerate().max_by_key(|(i, state)| (*state, usize::MAX - i))?;
        let (reason, found) = match state {
            CitationState::Verified | CitationState::Unknown | CitationState::Stale => return None,
            CitationState::Misquoted => (Reason::CitationMisquoted, "quotes other words than its source holds"),
            CitationState::NotInSource => (Reason::CitationNotInSource, "names a source that does not say so"),
            CitationState::Retracted => (Reason::CitationRetracted, "names a source that was withdrawn"),
        };
        let words = format!("citation {} {found}", index + 1);
        Some(Fall { at, reason, words, detail: Some(Detail::Citation { index, state }) })
    };
    standing.iter().filter_map(fall).collect()
}

/// What could not be settled about a row's citations.
pub(super) fn tags(candidate: &Candidate) -> Vec<Tag> {
    let has = |state| candidate.citations.contains(&state);
    let unknown = has(CitationState::Unknown).then_some(Tag::CitationUnknown);
    unknown.into_iter().chain(has(CitationState::Stale).then_some(Tag::CitationStale)).collect()
}
