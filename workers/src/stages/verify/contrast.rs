//! Holds verified facts against each other: where two cannot both be true, curators are told.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use atr_core::{
    domain::grounding::{Fact, FactState, FoundConflict},
    ids::FactId,
    store::Tx,
};

use super::{
    compare::{FactText, Relation, compare_parsed},
    handler::FACTS,
    search::facts_for,
    search_terms::search_terms,
};
use crate::StageError;

/// Holds facts, as far as they are still verified, against those that a search for their words finds.
pub(super) async fn contrast(tx: &mut Tx, facts: &BTreeSet<FactId>) -> Result<(), StageError> {
    if facts.is_empty() {
        return Ok(());
    }
    let mut facts = tx.facts_by_id(&facts.iter().copied().collect::<Vec<_>>()).await?;
    facts.retain(|fact| fact.state == FactState::Verified);
    let (facts, queries): (Vec<Fact>, Vec<String>) =
        facts.into_iter().filter_map(|fact| search_terms(&fact.statement).map(|terms| (fact, terms))).unzip();
    let found = facts_for(tx, &queries, FACTS).await?;
    let mut near: Vec<(usize, FactId)> = found
        .iter()
        .enumerate()
        .flat_map(|(query, found)| found.iter().map(move |found| (query, found.fact)))
        .collect();
    near.retain(|(query, other)| facts[*query].id != *other);
    let others: BTreeSet<FactId> = near.iter().map(|(_, other)| *other).collect();
    let others: HashMap<FactId, Fact> = tx
        .facts_by_id(&others.into_iter().collect::<Vec<_>>())
        .await?
        .into_iter()
        .map(|other| (other.id, other))
        .collect();
    let found = super::handler::blocking(move || conflicts(&facts, &others, &near)).await?;
    Ok(tx.note_fact_conflicts(&found).await?)
}

/// Which pairs cannot both be true; `near` are places in `facts` and others that speak of the same.
fn conflicts(facts: &[Fact], others: &HashMap<FactId, Fact>, near: &[(usize, FactId)]) -> Vec<FoundConflict> {
    let text = |fact: &Fact| (fact.id, FactText::new(&fact.statement));
    let texts: HashMap<FactId, FactText> = facts.iter().chain(others.values()).map(text).collect();
    let mut found = BTreeMap::new();
    for (at, other) in near {
        let (one, Some(other)) = (&facts[*at], others.get(other)) else { continue };
        let (earlier, later) = if one.id < other.id { (one, other) } else { (other, one) };
        if !earlier.holds_beside(later) {
            continue;
        }
        let compared = compare_parsed(&texts[&later.id], &texts[&earlier.id]);
        if compared.relation == Relation::Contradicts {
            let conflict = FoundConflict {
                earlier: earlier.id,
                later: later.id,
                earlier_span: compared.fact_span.offsets(),
                later_span: compared.claim_span.offsets(),
            };
            found.insert((earlier.id, later.id), conflict);
        }
    }
    found.into_values().collect()
}
