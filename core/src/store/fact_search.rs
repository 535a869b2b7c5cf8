//! Searching the verified facts for many claims at once: first how many facts have the words of the claims, then those facts that have some
//! of them at once.

use super::{Result, Tx};
use crate::ids::{FactId, Id};

/// The most places of facts that a sample of a word holds.
pub const SAMPLE: usize = 32;
/// Of so many facts, one is in the samples.
pub const SAMPLED: u64 = 16;
/// Places are below this; those that are sampled are below a [`SAMPLED`]th of it.
pub const PLACES: u64 = 1 << 32;

/// A word of claims that verified facts have, with a sample of these facts.
///
/// The sample is a bottom-k sketch (Cohen and Kaplan 2007, "Summarizing data using bottom-k sketches"): of the facts that have the word, and
/// are among one in [`SAMPLED`] at all, those with the least places. A fact has the same place in the samples of all its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampledWord {
    /// Which of the claims have it, from 0.
    pub claims: Vec<usize>,
    /// The word of the claims, as the search knows it.
    pub asked: String,
    /// The word of facts: the same, or one that is spelt alike where no fact has the same.
    pub word: String,
    /// Places of facts that have it, in order, each once; at most [`SAMPLE`].
    pub places: Vec<u64>,
}

/// Which facts a search is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactQuery {
    /// A fact is found that has all words of one of these.
    pub any: Vec<Vec<String>>,
    /// The more of these words it has, the better; of two that have as many, the shorter.
    pub ranked: Vec<String>,
}

impl FactQuery {
    /// As PostgreSQL reads it; nothing in a word is an operator, and an empty one is none.
    fn asked(&self) -> String {
        let all = self.any.iter().map(|all| joined(all, " & ")).filter(|all| !all.is_empty());
        all.map(|all| format!("({all})")).collect::<Vec<_>>().join(" | ")
    }

    fn ranked(&self) -> String {
        joined(&self.ranked, " | ")
    }
}

fn joined(words: &[String], by: &str) -> String {
    let quoted = |word: &String| format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"));
    words.iter().filter(|word| !word.is_empty()).map(quoted).collect::<Vec<_>>().join(by)
}

/// A fact that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundFact {
    /// Which of the queries found it, from 0.
    pub query: usize,
    /// The fact.
    pub fact: FactId,
    /// What it states.
    pub statement: String,
    /// How well it matches, among those that the same query found.
    pub rank: f32,
}

impl Tx {
    /// Which words of the claims verified facts have, and samples of these facts (fact_word_pkey, fact_word_sample_pkey); of a word that
    /// no fact has, up to three that are spelt alike (fact_word_alike_idx: by trigrams, similarity at least 0.4), unless it has a digit in
    /// it. In no order.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn sample_fact_words(&mut self, claims: &[String]) -> Result<Vec<SampledWord>> {
        if claims.is_empty() {
            return Ok(vec![]);
        }
        Ok(sqlx::query!(
            r#"
            select claims as "claims!", asked as "asked!", word as "word!", places as "places!"
            from sample_fact_words($1, $2)
            "#,
            claims,
            i32::try_from(SAMPLE).unwrap_or(i32::MAX)
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| SampledWord {
            claims: row.claims.into_iter().filter_map(|at| usize::try_from(at - 1).ok()).collect(),
            asked: row.asked,
            word: row.word,
            places: row.places.into_iter().filter_map(|place| u64::try_from(place).ok()).collect(),
        })
        .collect())
    }

    /// The best verified facts for each query, at most `most` and 200 each, the best first (grounding_fact_keys_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn facts_for_queries(&mut self, queries: &[FactQuery], most: i32) -> Result<Vec<FoundFact>> {
        if queries.is_empty() {
            return Ok(vec![]);
        }
        let asked: Vec<String> = queries.iter().map(FactQuery::asked).collect();
        let ranked: Vec<String> = queries.iter().map(FactQuery::ranked).collect();
        Ok(sqlx::query!(
            r#"
            select q.at - 1 as "query!", f.id as "fact!", f.statement as "statement!", f.rank as "rank!"
            from unnest($1::text[], $2::text[]) with ordinality q (asked, ranked, at)
            cross join lateral find_facts(q.asked::tsquery, q.ranked::tsquery, $3) f
            order by q.at, f.rank desc, f.id
            "#,
            &asked,
            &ranked,
            most
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| FoundFact {
            query: usize::try_from(row.query).unwrap_or(0),
            fact: FactId::from_uuid(row.fact),
            statement: row.statement,
            rank: row.rank,
        })
        .collect())
    }
}
