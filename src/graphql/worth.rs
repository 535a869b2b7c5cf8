//! What an answer is worth, asked before it is given.

use async_graphql::{Context, ID, Json, Object, Result, SimpleObject};
use atr_core::domain::{Rejection, answer::Answer, judgement::Finding};
use atr_workers::stages::{
    score::{self, reward::Part},
    verify::judge,
};
use serde_json::Value;

use super::{
    fault::OrFault,
    scalars::{IntoId, Span},
    session::session,
    words::{ClaimVerdict, Leaning},
};
use crate::app::answers;

/// What an answer is worth, or why it could not be told.
#[derive(Debug, SimpleObject)]
pub struct AnswerReward {
    /// The reward, -1 to 1; null where the answer was refused.
    reward: Option<f64>,
    /// The terms that there are, each with what it adds; in sum they are the reward.
    parts: Vec<RewardPart>,
    /// The claims of the answer, judged.
    claims: Vec<JudgedClaim>,
    /// What the logic rules found in its reasoning.
    findings: Vec<ReasoningFinding>,
    /// The step in which the first mistake was made, by its place from 0, as far as the rules found one.
    first_suspect: Option<u64>,
    /// The field at fault, as a path from the item (`steps[2].text`); null where none is.
    field: Option<String>,
    /// What is wrong and what to do about it; null where nothing is.
    message: Option<String>,
}

/// A term of a reward.
#[derive(Debug, SimpleObject)]
pub struct RewardPart {
    /// The term: `support`, `unverifiable`, `consistency` or `model`.
    name: String,
    /// The term as it is weighed, -1 to 1.
    term: f64,
    /// What it adds: itself by its share of all weight.
    adds: f64,
}

/// A claim of an answer that is not stored, judged.
#[derive(Debug, SimpleObject)]
pub struct JudgedClaim {
    /// Byte offsets in the answer: its beginning and the byte after its end.
    span: Span,
    /// Its words.
    text: String,
    /// The claim made self-contained with the help of the question.
    resolved: String,
    /// Whether it asserts something that facts could decide.
    check_worthy: bool,
    /// What the facts say.
    verdict: ClaimVerdict,
    /// How sure the rule is, 0 to 1.
    score: f64,
    /// The fact that decided.
    deciding_fact_id: Option<ID>,
    /// Why, in words.
    reason: String,
    /// What all that was found about it leans to, where no single fact decides; null where one does or nothing was found. It is no verdict.
    leaning: Option<Leaning>,
    /// How likely it is true by all that was found about it, 0 to 1; null where a fact decides or nothing was found.
    likelihood: Option<f64>,
}

/// What a logic rule found in the reasoning of an answer that is not stored.
#[derive(Debug, SimpleObject)]
pub struct ReasoningFinding {
    /// What it is, by name.
    kind: String,
    /// The steps concerned, by their place from 0.
    steps: Vec<u64>,
    /// Why, in words.
    reason: String,
}

impl From<judge::JudgedClaim> for JudgedClaim {
    fn from(claim: judge::JudgedClaim) -> Self {
        Self {
            span: claim.said.span.offsets().into(),
            text: claim.said.text,
            resolved: claim.resolved,
            check_worthy: claim.check_worthy,
            verdict: claim.verdict.into(),
            score: claim.score,
            deciding_fact_id: claim.deciding.map(IntoId::into_id),
            reason: claim.reason,
            leaning: claim.leaning.map(|(leaning, _)| leaning.into()),
            likelihood: claim.leaning.map(|(_, likelihood)| likelihood),
        }
    }
}

impl From<score::worth::Worth> for AnswerReward {
    fn from(worth: score::worth::Worth) -> Self {
        let part = |Part { name, term, adds }| RewardPart { name: String::from(name), term, adds };
        let finding = |found: Finding| ReasoningFinding {
            kind: found.kind,
            steps: found.steps.into_iter().map(|at| at as u64).collect(),
            reason: found.reason,
        };
        Self {
            reward: Some(worth.reward),
            parts: worth.parts.into_iter().map(part).collect(),
            claims: worth.claims.into_iter().map(Into::into).collect(),
            first_suspect: worth.first_suspect.map(|at| at as u64),
            findings: worth.findings.into_iter().map(finding).collect(),
            field: None,
            message: None,
        }
    }
}

impl From<Rejection> for AnswerReward {
    fn from(Rejection { field, message }: Rejection) -> Self {
        Self {
            reward: None,
            parts: vec![],
            claims: vec![],
            findings: vec![],
            first_suspect: None,
            field: Some(field),
            message: Some(message),
        }
    }
}

/// What is told of answers that are not stored.
#[derive(Debug, Default)]
pub struct WorthQuery;

#[Object]
impl WorthQuery {
    /// What answers are worth, at most 500, in their order, by the formula that scores traces: the facts' word, the logic of their
    /// steps and the reward model's. Nothing is stored. For senders, and for whoever reads the project.
    async fn rewards(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Answers: objects with `query`, `answer` and, where there are any, `steps`, `domain` and `signals`, each of the form that it has in the lines of POST /v1/ingest/traces."
        )]
        items: Vec<Json<Value>>,
    ) -> Result<Vec<AnswerReward>> {
        let session = session(ctx)?;
        let items = items.iter().map(|Json(item)| Answer::parse(item.to_string().as_bytes())).collect();
        let worths = answers::rewards(&session.app, &session.actor, items).await.or_fault()?;
        Ok(worths.into_iter().map(|worth| worth.map_or_else(Into::into, Into::into)).collect())
    }
}
