//! What an answer is worth, asked before it is given.

use async_graphql::{Context, ID, Json, Object, Result, SimpleObject};
use atr_core::domain::{Rejection, answer::Answer, judgement::Finding};
use atr_workers::stages::{
    score::{self, reward::Part},
    verify::{judge, sources},
};
use serde_json::Value;

use super::{
    fault::OrFault,
    scalars::{IntoId, Span},
    session::session,
    words::{CitationKind, CitationState, ClaimVerdict, Leaning},
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
    /// The citations of the answer, checked.
    citations: Vec<CheckedCitation>,
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
#[derive(Debug, Clone, SimpleObject)]
pub struct RewardPart {
    /// The term: `expert`, `support`, `unverifiable`, `consistency`, `citations`, `model` or `feedback`.
    name: String,
    /// How much it counts beside the others.
    weight: f64,
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

/// A citation of an answer that is not stored, checked.
#[derive(Debug, SimpleObject)]
pub struct CheckedCitation {
    /// How it names what it refers to.
    kind: CitationKind,
    /// Byte offsets in the answer: its beginning and the byte after its end.
    span: Span,
    /// The source it names, where it is known.
    source_id: Option<ID>,
    /// The words it quotes.
    quoted: Option<String>,
    /// Whether it holds.
    state: CitationState,
    /// Why, in words.
    reason: String,
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

impl From<sources::CheckedCitation> for CheckedCitation {
    fn from(of: sources::CheckedCitation) -> Self {
        Self {
            kind: of.kind.into(),
            span: of.span.offsets().into(),
            source_id: of.source.map(IntoId::into_id),
            quoted: of.quoted,
            state: of.state.into(),
            reason: of.reason,
        }
    }
}

impl From<Part> for RewardPart {
    fn from(Part { name, weight, term, adds }: Part) -> Self {
        Self { name: name.to_owned(), weight, term, adds }
    }
}

impl From<score::worth::Worth> for AnswerReward {
    fn from(worth: score::worth::Worth) -> Self {
        let finding = |found: Finding| ReasoningFinding {
            kind: found.kind,
            steps: found.steps.into_iter().map(|at| at as u64).collect(),
            reason: found.reason,
        };
        Self {
            reward: Some(worth.reward),
            parts: worth.parts.into_iter().map(Into::into).collect(),
            claims: worth.claims.into_iter().map(Into::into).collect(),
            citations: worth.citations.into_iter().map(Into::into).collect(),
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
            citations: vec![],
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
    /// steps, their citations and the reward model's. Nothing is stored. For senders, and for whoever reads the project.
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
