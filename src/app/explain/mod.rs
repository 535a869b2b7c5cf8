//! What stands behind the judgement of a trace: its steps, claims, facts, citations and reviews, what is wrong with it by them, and
//! what its reward is made of; as records, and as one graph.

pub mod graph;

use std::collections::BTreeSet;

use atr_core::{
    domain::{
        citation::Citation,
        flaw::Flaw,
        grounding::Fact,
        judgement::{Claim, Consensus, Divergence, Score, Verification},
        review::Review,
        trace::{Step, Trace},
    },
    ids::{FactId, ReviewId},
    store::Tx,
};

use super::AppError;

/// What stands about a trace.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The trace.
    pub trace: Trace,
    /// Its reasoning, in order.
    pub steps: Vec<Step>,
    /// The newest run of the verifier; none until it ran.
    pub verification: Option<Verification>,
    /// The claims that it found, in order.
    pub claims: Vec<Claim>,
    /// The citations that it found in the answer, and those of the standing reviews.
    pub citations: Vec<Citation>,
    /// The newest review of each expert.
    pub reviews: Vec<Review>,
    /// The facts that decide claims, that once held, and that are cited.
    pub facts: Vec<Fact>,
    /// The newest score; none until it is scored.
    pub score: Option<Score>,
    /// What is wrong with it, by that score.
    pub flaws: Vec<Flaw>,
    /// What the chains of its group agree on; none where it has no group, or they were not compared yet.
    pub consensus: Option<Consensus>,
}

impl Standing {
    /// Reads it: as many statements for a trace of which much stands as for one of which little does.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn of(tx: &mut Tx, trace: Trace) -> Result<Self, AppError> {
        let steps = tx.steps_of_traces(&[trace.id]).await?;
        let verification = tx.latest_verifications_of_traces(&[trace.id]).await?.pop();
        let runs: Vec<_> = verification.iter().map(|run| run.id).collect();
        let claims = tx.claims_of_verifications(&runs).await?;
        let reviews = tx.latest_reviews_of_traces(&[trace.id]).await?;
        let given: Vec<ReviewId> = reviews.iter().map(|review| review.id).collect();
        let mut citations = tx.citations_of_verifications(&runs).await?;
        citations.extend(tx.citations_of_reviews(&given).await?);
        let named = claims.iter().flat_map(|claim| [claim.deciding_fact, claim.lapsed_fact]);
        let named: BTreeSet<FactId> = named.chain(citations.iter().map(|citation| citation.fact)).flatten().collect();
        let facts = tx.facts_by_id(&named.into_iter().collect::<Vec<_>>()).await?;
        let score = tx.latest_scores_of_traces(&[trace.id]).await?.pop();
        let scores: Vec<_> = score.iter().map(|score| score.id).collect();
        let flaws = tx.flaws_of_scores(&scores).await?;
        let groups: Vec<_> = trace.group.into_iter().collect();
        let consensus = tx.latest_consensus_of_groups(&groups).await?.pop();
        Ok(Self { trace, steps, verification, claims, citations, reviews, facts, score, flaws, consensus })
    }

    /// The fact of this id, if it is one of those that stand here.
    pub fn fact(&self, id: FactId) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.id == id)
    }

    /// Where the trace parts ways with the chain that stands for its group's answer.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.consensus.as_ref()?.divergences.iter().find(|parting| parting.trace == self.trace.id)
    }
}
