//! Searching the verified facts for many claims at once.

use super::{Result, Tx};
use crate::ids::{FactId, Id};

/// A fact that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundFact {
    /// Which of the queries found it, from 0.
    pub query: usize,
    /// The fact.
    pub fact: FactId,
    /// What it states.
    pub statement: String,
    /// How well it matches: cover density by document length.
    pub rank: f32,
}

impl Tx {
    /// The best verified facts for each query, in the words that people type into a search; at most `most` each
    /// (grounding_fact_terms_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn facts_for_queries(&mut self, queries: &[String], most: i32) -> Result<Vec<FoundFact>> {
        if queries.is_empty() {
            return Ok(vec![]);
        }
        Ok(sqlx::query!(
            r#"
            select q.at - 1 as "query!", f.id as "fact!", f.statement as "statement!", f.rank as "rank!"
            from unnest($1::text[]) with ordinality q (text, at)
            cross join lateral search_facts(websearch_to_tsquery('english', q.text), $2) f
            order by q.at, f.rank desc, f.id
            "#,
            queries,
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
