//! Finds the facts that claims could be held against.

use std::collections::{BTreeMap, HashMap};

use atr_core::{
    ids::FactId,
    store::{FactQuery, SampledWord, StoreError, Tx},
};

use super::{
    fuse::fuse,
    search_plan::{KnownWord, fact_query},
};

/// A fact that a claim could be held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The fact.
    pub fact: FactId,
    /// What it states.
    pub statement: String,
    /// How well it fits, by the places at which the searches found it.
    pub rank: f64,
}

/// For each claim, in the words of [`super::search_terms::search_terms`], at most so many verified facts, the best first: of those that
/// have its words, and, where no fact has some word of it, of those that have one that is spelt alike; fused by their ranks.
///
/// # Errors
/// If the database is out of reach.
pub async fn facts_for(tx: &mut Tx, claims: &[String], most: u16) -> Result<Vec<Vec<Found>>, StoreError> {
    let words = tx.sample_fact_words(claims).await?;
    let (of, queries): (Vec<usize>, Vec<FactQuery>) = queries(claims.len(), &words).into_iter().unzip();
    let mut statements: HashMap<FactId, String> = HashMap::new();
    // A list of facts for each query of each claim.
    let mut lists: Vec<BTreeMap<usize, Vec<FactId>>> = vec![BTreeMap::new(); claims.len()];
    for found in tx.facts_for_queries(&queries, i32::from(most)).await? {
        lists[of[found.query]].entry(found.query).or_default().push(found.fact);
        statements.insert(found.fact, found.statement);
    }
    let best = |lists: BTreeMap<usize, Vec<FactId>>| {
        let lists: Vec<Vec<FactId>> = lists.into_values().collect();
        fuse(&lists)
            .into_iter()
            .take(usize::from(most))
            .map(|(fact, rank)| Found { fact, statement: statements[&fact].clone(), rank })
            .collect()
    };
    Ok(lists.into_iter().map(best).collect())
}

/// The queries of each claim, by its place: for facts with its words, and for facts with words spelt alike.
fn queries(claims: usize, words: &[SampledWord]) -> Vec<(usize, FactQuery)> {
    let mut of_claims: Vec<Vec<&SampledWord>> = vec![vec![]; claims];
    for word in words {
        for claim in &word.claims {
            of_claims[*claim].push(word);
        }
    }
    let mut queries = vec![];
    for (claim, words) in of_claims.into_iter().enumerate() {
        let own = words.iter().filter(|word| word.word == word.asked);
        let own: BTreeMap<&str, &SampledWord> = own.map(|word| (word.word.as_str(), *word)).collect();
        let alike = words.iter().filter(|word| !own.contains_key(word.word.as_str()));
        let alike: BTreeMap<&str, &SampledWord> = alike.map(|word| (word.word.as_str(), *word)).collect();
        let beside = [known(&alike, true), known(&own, false)].concat();
        queries.extend(
            [known(&own, true), beside].iter().filter_map(|words| fact_query(words)).map(|query| (claim, query)),
        );
    }
    queries
}

fn known<'a>(words: &BTreeMap<&str, &'a SampledWord>, asked: bool) -> Vec<KnownWord<'a>> {
    words.values().map(|word| KnownWord { word: &word.word, places: &word.places, asked }).collect()
}
