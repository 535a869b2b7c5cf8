//! From a frozen membership to what the pipeline reads. Only what is pinned, and what is never changed, is read: the
//! same at any later time.

use std::collections::HashMap;

use atr_core::{
    domain::{
        citation::CitationState as Found,
        grounding::FactState,
        snapshot::{HeldOutTrace, MemberContent, Origin},
    },
    ids::{FactId, SnapshotId},
    store::{StoreError, Tx},
};

use super::candidate::{Candidate, CitationState, FactUsed, HeldOut, Input};

/// Members that are read at once.
const PAGE: i64 = 1000;

/// Reads what the pipeline decides on. Candidates stand at the places of their members. Every member of the parent
/// snapshot whose review still stands is a member again: so there are no earlier rows to compare with.
pub(crate) async fn read(tx: &mut Tx, snapshot: SnapshotId) -> Result<Input, StoreError> {
    let mut candidates = Vec::new();
    let mut after = None;
    loop {
        let page = tx.member_contents(snapshot, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.member.position);
        candidates.extend(page.iter().map(candidate));
    }
    let held_out = held_out(tx.held_out_of_snapshot(snapshot).await?);
    Ok(Input { candidates, held_out })
}

/// A member as the pipeline sees it. Its reasoning and completion are what was judged; a correction is looked at for
/// what must not be in any text.
pub(crate) fn candidate(content: &MemberContent) -> Candidate {
    let pinned = &content.member.pinned;
    let right = content.answer_is_right;
    // A wrong answer is trained on as what to avoid: that its own citations do not hold is what makes it instructive.
    let trained_on = |of: Origin| right || of == Origin::Review;
    let cited =
        pinned.citations.iter().filter(|citation| trained_on(citation.of)).map(|citation| state(citation.state));
    // The citation held when it was checked, but what it names no longer did when the snapshot was frozen.
    let fallen = pinned
        .facts
        .iter()
        .filter(|fact| fact.of == Origin::Review && matches!(fact.state, FactState::Retracted | FactState::Disputed));
    let mut facts: Vec<FactUsed> = pinned
        .facts
        .iter()
        .map(|fact| FactUsed {
            id: fact.id.to_string(),
            licence: fact.licence.clone(),
            publisher: fact.publisher.clone(),
        })
        .collect();
    facts.dedup_by(|a, b| a.id == b.id);
    Candidate {
        id: content.member.trace.to_string(),
        group: content.group.clone(),
        question: content.query.clone(),
        reasoning: content.steps.join("\n"),
        completion: content.answer.clone(),
        correction: correction(content),
        domain: content.domain.clone(),
        language: content.language.clone(),
        source: content.source.clone(),
        model_version: content.model.clone(),
        reviewer_pseudonym: content.expert.clone(),
        licence: content.licence.clone(),
        reward: pinned.reward,
        review_quality: review_quality(content),
        label: right,
        citations: cited.chain(fallen.map(|_| CitationState::Retracted)).collect(),
        facts,
        disagreement: pinned.disagreement,
    }
}

/// All that would be trained on in a wrong answer's stead.
fn correction(content: &MemberContent) -> String {
    let given = content.corrected_steps.iter().chain(&content.correction).chain(&content.chosen);
    given.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// How much a review gives besides its verdict: a third each for the right answer (which a right answer is itself), the
/// reason, and a citation that holds.
fn review_quality(content: &MemberContent) -> f64 {
    let cited = |citation: &atr_core::domain::snapshot::PinnedCitation| {
        citation.of == Origin::Review && citation.state == Found::Verified
    };
    let given = [
        content.answer_is_right || content.correction.is_some(),
        content.has_rationale,
        content.member.pinned.citations.iter().any(cited),
    ];
    given.iter().filter(|given| **given).count() as f64 / given.len() as f64
}

fn state(found: Found) -> CitationState {
    match found {
        Found::Verified => CitationState::Verified,
        Found::Misquoted => CitationState::Misquoted,
        Found::NotInSource => CitationState::NotInSource,
        Found::UnknownSource | Found::Unreachable => CitationState::Unknown,
        Found::Stale => CitationState::Stale,
        Found::Retracted => CitationState::Retracted,
    }
}

/// One held-out case a question, however many chains it has, with the facts of all of them.
fn held_out(traces: Vec<HeldOutTrace>) -> Vec<HeldOut> {
    let mut cases: Vec<HeldOut> = Vec::new();
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    for trace in traces {
        let facts = trace.facts.iter().map(FactId::to_string);
        match places.get(&(trace.group.clone(), trace.query.clone())) {
            Some(at) => cases[*at].facts.extend(facts),
            None => {
                places.insert((trace.group.clone(), trace.query.clone()), cases.len());
                cases.push(HeldOut {
                    id: trace.trace.to_string(),
                    facts: facts.collect(),
                    group: trace.group,
                    question: trace.query,
                });
            }
        }
    }
    for case in &mut cases {
        case.facts.sort();
        case.facts.dedup();
    }
    cases
}
