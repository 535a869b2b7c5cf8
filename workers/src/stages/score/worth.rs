//! What an answer is worth, asked before anything is stored: the facts' word, the logic of its steps and the reward model's, by the
//! formula that scores traces. It is what an online trainer takes for a reward.

use std::sync::Arc;

use atr_core::{
    domain::{answer::Answer, judgement::Finding, reward_formula::RewardWeights},
    store::Tx,
};
use atr_reward::RewardModel;

use super::{
    appraise::{examine, finding, rate},
    reward::{self, Cited, Part, Terms},
};
use crate::{
    StageError,
    stages::verify::{
        judge::{Answered, Counts, JudgedClaim, judge},
        parsed_facts::ParsedFacts,
        sources::{CheckedCitation, cite},
    },
};

/// What an answer is worth, with what makes it so.
#[derive(Debug, Clone)]
pub struct Worth {
    /// The reward, -1 to 1.
    pub reward: f64,
    /// The terms that there are, each with what it adds; in sum they are the reward.
    pub parts: Vec<Part>,
    /// The claims, judged.
    pub claims: Vec<JudgedClaim>,
    /// The citations, checked.
    pub citations: Vec<CheckedCitation>,
    /// What the logic rules found.
    pub findings: Vec<Finding>,
    /// The step in which the first mistake was made, by its place from 0, as far as the rules found one.
    pub first_suspect: Option<usize>,
}

/// What answers are worth by the project's formula, in their order. No expert and no user has said anything of them: these terms are absent.
///
/// # Errors
/// If the database is out of reach.
pub async fn worth(
    tx: &mut Tx,
    parsed: &ParsedFacts,
    model: Option<Arc<RewardModel>>,
    answers: Vec<Answer>,
) -> Result<Vec<Worth>, StageError> {
    let asked = answers.iter().map(|of| Answered { query: of.query.clone(), answer: of.answer.clone() }).collect();
    let judged = judge(tx, parsed, asked).await?;
    let cited = cite(tx, answers.iter().map(|of| of.answer.clone()).collect()).await?;
    let weights = tx.weighing().await?.weights;
    // Logic and inference take the processor: off the threads that serve I/O.
    tokio::task::spawn_blocking(move || {
        let told = answers.iter().zip(judged).zip(cited);
        told.map(|((answer, claims), citations)| weigh(&weights, model.as_deref(), answer, claims, citations)).collect()
    })
    .await
    .map_err(|error| StageError::Lasting(error.to_string()))?
}

fn weigh(
    weights: &RewardWeights,
    model: Option<&RewardModel>,
    answer: &Answer,
    claims: Vec<JudgedClaim>,
    citations: Vec<CheckedCitation>,
) -> Result<Worth, StageError> {
    let logic = examine(answer);
    let cited = Cited::of(citations.iter().map(|citation| (citation.kind, citation.state)));
    let (support, unverifiable) = Terms::of_counts(Counts::of(&claims), cited);
    let terms = Terms {
        expert: None,
        support,
        unverifiable,
        consistency: logic.consistency,
        citations: cited.term(),
        model: model.map(|model| rate(model, answer, None, None)),
        feedback: None,
    };
    let parts = reward::parts(weights, terms).map_err(|error| StageError::Lasting(error.to_string()))?;
    Ok(Worth {
        reward: reward::value(&parts),
        parts,
        claims,
        citations,
        first_suspect: logic.first_suspect,
        findings: logic.findings.into_iter().map(finding).collect(),
    })
}
