//! The verdict on a claim, from all the facts that might bear on it.

use serde::Serialize;

use super::compare::{Comparison, FactText, Relation, compare_parsed};
use super::words::Span;

/// How much closer one fact must be than one that says the opposite to decide alone.
pub const CLEARLY_CLOSER: f64 = 0.2;

/// A fact that a search found for a claim.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The fact's id, in whatever form the caller keeps it; it is only ever named in reasons.
    pub fact: &'a str,
    /// What the fact states, taken apart: once, however many claims it is held against.
    pub text: &'a FactText,
    /// The search's rank, higher being nearer; it breaks ties.
    pub rank: f64,
}

/// What can be said about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// A fact says the same.
    Supported,
    /// A fact says otherwise.
    Contradicted,
    /// No fact decides, or facts disagree.
    Unverifiable,
}

/// The verdict on a claim and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// What can be said about the claim.
    pub judgement: Judgement,
    /// The candidate that decided.
    pub deciding: Option<usize>,
    /// How closely the deciding fact matches, 0 to 1; 0 where none decided.
    pub score: f64,
    /// The deciding part of the claim.
    pub claim_span: Option<Span>,
    /// The deciding part of that candidate's statement.
    pub fact_span: Option<Span>,
    /// Why, in words.
    pub reason: String,
    /// Whether one fact supports it and another contradicts it, neither much closer: that is no gap that a judge could fill.
    pub disputed: bool,
}

/// Decides on `claim`, taken apart, by the `candidates`.
pub fn decide(claim: &FactText, candidates: &[Candidate]) -> Verdict {
    let compared: Vec<Comparison> = candidates.iter().map(|c| compare_parsed(claim, c.text)).collect();
    let best = |relation: Relation| {
        (0..compared.len()).filter(|at| compared[*at].relation == relation).max_by(|a, b| {
            let key = |at: usize| (compared[at].score, candidates[at].rank);
            let ((sa, ra), (sb, rb)) = (key(*a), key(*b));
            // Equal in both: the earlier candidate wins, so that the verdict is stable.
            sa.total_cmp(&sb).then(ra.total_cmp(&rb)).then(b.cmp(a))
        })
    };
    match (best(Relation::Supports), best(Relation::Contradicts)) {
        (Some(at), None) => settled(Judgement::Supported, at, &compared, candidates),
        (None, Some(at)) => settled(Judgement::Contradicted, at, &compared, candidates),
        (Some(yes), Some(no)) => {
            let gap = compared[yes].score - compared[no].score;
            if gap >= CLEARLY_CLOSER {
                settled(Judgement::Supported, yes, &compared, candidates)
            } else if -gap >= CLEARLY_CLOSER {
                settled(Judgement::Contradicted, no, &compared, candidates)
            } else {
                let reason = format!(
                    "facts disagree: {} supports it ({}), {} contradicts it ({})",
                    candidates[yes].fact, compared[yes].reason, candidates[no].fact, compared[no].reason
                );
                Verdict { disputed: true, ..unverifiable(reason) }
            }
        }
        (None, None) if candidates.is_empty() => unverifiable("no fact was found about it".to_owned()),
        (None, None) => unverifiable(format!("none of {} facts found decides it", candidates.len())),
    }
}

fn settled(judgement: Judgement, at: usize, compared: &[Comparison], candidates: &[Candidate]) -> Verdict {
    let found = &compared[at];
    let verb = if judgement == Judgement::Supported { "supports" } else { "contradicts" };
    Verdict {
        judgement,
        deciding: Some(at),
        score: found.score,
        claim_span: Some(found.claim_span),
        fact_span: Some(found.fact_span),
        reason: format!("{} {verb} it: {}", candidates[at].fact, found.reason),
        disputed: false,
    }
}

fn unverifiable(reason: String) -> Verdict {
    Verdict {
        judgement: Judgement::Unverifiable,
        deciding: None,
        score: 0.0,
        claim_span: None,
        fact_span: None,
        reason,
        disputed: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(claim: &str, facts: [(&str, &str); 2]) -> Verdict {
        let texts = facts.map(|(_, statement)| FactText::new(statement));
        let candidates = [0, 1].map(|at| Candidate { fact: facts[at].0, text: &texts[at], rank: 1.0 });
        decide(&FactText::new(claim), &candidates)
    }

    #[test]
    fn the_fact_that_decides_is_named() {
        let facts = [("f1", "The capital of Germany is Berlin."), ("f2", "The capital of France is Paris.")];
        let verdict = decided("The capital of France is Lyon.", facts);
        assert_eq!((verdict.judgement, verdict.deciding), (Judgement::Contradicted, Some(1)));
        assert_eq!(verdict.claim_span.unwrap().of("The capital of France is Lyon."), "Lyon");
        assert!(verdict.reason.contains("f2"));
    }

    #[test]
    fn facts_that_disagree_decide_nothing_and_are_both_named() {
        let facts = [("f1", "The capital of Bolivia is La Paz."), ("f2", "The capital of Bolivia is Sucre.")];
        let verdict = decided("The capital of Bolivia is Sucre.", facts);
        assert!(verdict.judgement == Judgement::Unverifiable && verdict.disputed);
        assert!(verdict.reason.contains("f1") && verdict.reason.contains("f2"), "{}", verdict.reason);
    }

    #[test]
    fn without_facts_nothing_is_decided() {
        assert_eq!(decide(&FactText::new("Gold is heavy."), &[]).judgement, Judgement::Unverifiable);
    }
}
