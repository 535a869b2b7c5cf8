//! Steps that contradict each other.

use super::{FaultKind, Finding, Step};
use crate::stages::verify::claims::split;
use crate::stages::verify::compare::{FactText, Relation, compare_parsed};
use crate::stages::verify::words::words;

/// Only so many steps are held against each other: beyond it each is held against its nearest neighbours.
const NEIGHBOURS: usize = 24;
/// Only so many sentences of one step are held against those of others.
const MOST_SENTENCES: usize = 8;

/// Pairs of steps of which one contradicts the other. Words that say the state has moved on ("now", "left", "after") keep a pair apart:
/// a number that changes in the course of a story contradicts nothing.
pub(super) fn contradictions(steps: &[Step], findings: &mut Vec<Finding>) {
    let parsed: Vec<Vec<FactText>> = steps
        .iter()
        .map(|s| {
            let asserted: Vec<FactText> = split(s.text)
                .into_iter()
                .filter(|c| c.check_worthy && !c.statement.contains('=') && !moves_on(&c.statement))
                .take(MOST_SENTENCES)
                .map(|c| FactText::new(&c.statement))
                .collect();
            asserted
        })
        .collect();
    for (later, said) in parsed.iter().enumerate() {
        for (earlier, known) in parsed.iter().enumerate().take(later).skip(later.saturating_sub(NEIGHBOURS)) {
            let clash = said
                .iter()
                .flat_map(|a| known.iter().map(move |b| compare_parsed(a, b)))
                .find(|c| c.relation == Relation::Contradicts);
            if let Some(found) = clash {
                let reason = format!(
                    "steps {} and {} cannot both be true: {}",
                    earlier + 1,
                    later + 1,
                    found.reason.replace("the claim", "the later").replace("the fact", "the earlier")
                );
                findings.push(Finding {
                    kind: FaultKind::Contradiction,
                    steps: vec![earlier, later],
                    span: None,
                    reason,
                });
            }
        }
    }
}

fn moves_on(statement: &str) -> bool {
    words(statement).iter().any(|w| {
        matches!(
            w.lower.as_str(),
            "now"
                | "left"
                | "remaining"
                | "remain"
                | "remains"
                | "after"
                | "then"
                | "later"
                | "new"
                | "next"
                | "before"
                | "still"
                | "suppose"
                | "assume"
                | "assuming"
                | "let"
                | "if"
                | "first"
                | "second"
                | "third"
                | "another"
                | "other"
                | "total"
                | "each"
                | "step"
                | "day"
                | "week"
                | "month"
                | "year"
        )
    })
}
