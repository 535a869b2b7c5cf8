//! Rewards of traces.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::{
    domain::judgement,
    ids::{ScoreId, TraceId},
    store,
};
use atr_workers::{
    StageError,
    stages::score::reward::{self, Terms},
};
use chrono::{DateTime, Utc};

use super::{
    consensus::Consensus,
    fault::OrFault,
    flaw::Flaw,
    loading::{FlawsOf, children, found, maybe, one},
    model::ModelVersion,
    paging::{Connection, PageArgs, connect},
    review::Review,
    reward_formula::RewardFormulaInUse,
    scalars::{IntoId, maybe_id},
    session::reading,
    step::{Step, steps_at},
    trace::Trace,
    verification::Verification,
    worth::RewardPart,
};
use crate::app::AppError;

/// The reward of a trace, each term kept.
#[derive(Debug, Clone)]
pub struct Score(pub(super) judgement::Score);

/// The reward of a trace, each term kept.
#[at_hand]
#[Object]
impl Score {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// The reward, -1 to 1.
    async fn reward(&self) -> f64 {
        self.0.reward
    }

    /// The expert's verdict, -1 to 1.
    async fn expert_term(&self) -> Option<f64> {
        self.0.expert_term
    }

    /// Factual support, -1 to 1.
    async fn support_term(&self) -> f64 {
        self.0.support_term
    }

    /// Share of claims that no fact decides, 0 to 1.
    async fn unverifiable_term(&self) -> f64 {
        self.0.unverifiable_term
    }

    /// Logical consistency, 0 to 1.
    async fn consistency_term(&self) -> f64 {
        self.0.consistency_term
    }

    /// Probability that the answer is true by the reward model, 0 to 1.
    async fn model_term(&self) -> Option<f64> {
        self.0.model_term
    }

    /// What users said, -1 to 1, drawn towards 0 while they are few; null where nobody said anything. It is no verdict.
    async fn feedback_term(&self) -> Option<f64> {
        self.0.feedback_term
    }

    /// From how many opinions of users.
    async fn feedback_count(&self) -> i32 {
        self.0.feedback_count
    }

    /// Quality of its citations, -1 (none holds) to 1 (all hold); null where it cites nothing that is known here.
    async fn citation_term(&self) -> Option<f64> {
        self.0.citation_term
    }

    /// The formula by which it was made.
    async fn formula(&self) -> RewardFormulaInUse {
        self.0.weighing.into()
    }

    /// The terms that there are, each with what it adds; in sum they are the reward.
    async fn parts(&self) -> Result<Vec<RewardPart>> {
        let parts = reward::parts(&self.0.weighing.weights, Terms::of_score(&self.0));
        let parts = parts.map_err(|error| AppError::Judging(StageError::Lasting(error.to_string()))).or_fault()?;
        Ok(parts.into_iter().map(Into::into).collect())
    }

    /// BLAKE3 of the inputs and the weights.
    async fn inputs_hash(&self) -> String {
        self.0.inputs_hash.to_hex().to_string()
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The verification.
    async fn verification(&self, ctx: &Context<'_>) -> Result<Verification> {
        one(ctx, self.0.inputs.verification).await
    }

    /// The consensus of its group.
    async fn consensus(&self, ctx: &Context<'_>) -> Result<Option<Consensus>> {
        maybe(ctx, self.0.inputs.consensus).await
    }

    /// The review that settled the verdict.
    async fn review(&self, ctx: &Context<'_>) -> Result<Option<Review>> {
        maybe(ctx, self.0.inputs.review).await
    }

    /// The reward model in use.
    async fn reward_model(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        maybe(ctx, self.0.inputs.reward_model).await
    }

    /// The step in which the first mistake was made, by its place from 0, as far as the rules found one.
    async fn first_suspect(&self) -> Option<i32> {
        self.0.first_suspect
    }

    /// What is wrong with the answer, each with the evidence that tells it.
    async fn flaws(&self, ctx: &Context<'_>) -> Result<Vec<Flaw>> {
        children(ctx, FlawsOf(self.0.id)).await
    }

    /// What the logic rules found in its reasoning.
    async fn findings(&self) -> Vec<LogicFinding> {
        self.0.findings.iter().map(|finding| LogicFinding::of(finding, self.0.trace)).collect()
    }
}

/// What a logic rule found in the reasoning.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct LogicFinding {
    #[graphql(skip)]
    trace: TraceId,
    /// What it is, by name.
    kind: String,
    /// The steps concerned, by their place from 0; `concerns` has the steps themselves.
    steps: Vec<u64>,
    /// Why, in words.
    reason: String,
}

impl LogicFinding {
    pub(super) fn of(from: &judgement::Finding, trace: TraceId) -> Self {
        Self {
            trace,
            kind: from.kind.clone(),
            steps: from.steps.iter().map(|step| *step as u64).collect(),
            reason: from.reason.clone(),
        }
    }
}

#[ComplexObject]
impl LogicFinding {
    /// The steps concerned, in order.
    async fn concerns(&self, ctx: &Context<'_>) -> Result<Vec<Step>> {
        let places = &self.steps;
        steps_at(ctx, self.trace, |ordinal| u64::try_from(ordinal).is_ok_and(|place| places.contains(&place))).await
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct ScoreFilter {
    /// Those of this trace.
    trace: Option<ID>,
    /// Those whose reward is below zero, or those whose is not.
    below_zero: Option<bool>,
}

impl ScoreFilter {
    fn read(self) -> Result<store::ScoreFilter> {
        Ok(store::ScoreFilter { trace: maybe_id("trace", self.trace.as_ref())?, below_zero: self.below_zero })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct ScoreQuery;

#[Object]
impl ScoreQuery {
    /// A score by its id; null if this project has none of that id.
    async fn score(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Score>> {
        found::<ScoreId, _>(ctx, &id).await
    }

    /// Rewards, newest first.
    async fn scores(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<ScoreFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Score>> {
        let page = PageArgs { first, last, after, before }.by_id::<ScoreId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.scores(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Score), |record| record.0.id.to_string()))
    }
}
