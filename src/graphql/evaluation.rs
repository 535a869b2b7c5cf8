//! Models measured, and which came into use.

use async_graphql::{Context, Enum, ID, InputObject, Json, Object, Result, SimpleObject};
use atr_at_hand::{Leaf, at_hand};
use atr_core::{
    domain::evaluation,
    ids::{EvaluationId, PromotionId},
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    fault::OrFault,
    loading::{found, maybe, one},
    model::ModelVersion,
    paging::{Connection, PageArgs, connect},
    scalars::{Int64, IntoId, maybe_id},
    session::reading,
    training::TrainingJob,
    words::{MeasureName, PromotionDecision},
};

/// A model measured on the held-out cases.
#[derive(Debug, Clone)]
pub struct Evaluation(pub(super) evaluation::Evaluation);

/// A model measured on the held-out cases.
#[at_hand]
#[Object]
impl Evaluation {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The model measured.
    async fn model(&self, ctx: &Context<'_>) -> Result<ModelVersion> {
        one(ctx, self.0.of.model).await
    }

    /// The model in use before.
    async fn baseline_model(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        maybe(ctx, self.0.of.baseline_model).await
    }

    /// The job that made the model.
    async fn job(&self, ctx: &Context<'_>) -> Result<Option<TrainingJob>> {
        maybe(ctx, self.0.of.job).await
    }

    /// How many held-out cases.
    async fn cases(&self) -> i32 {
        self.0.of.cases
    }

    /// How many questions they belong to.
    async fn questions(&self) -> i32 {
        self.0.of.questions
    }

    /// BLAKE3 over the cases in order, held-out and then regression.
    async fn cases_hash(&self) -> String {
        self.0.of.cases_hash.to_hex().to_string()
    }

    /// Seed of the bootstrap.
    async fn seed(&self) -> Int64 {
        Int64(self.0.of.seed)
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// What was measured.
    async fn measures(&self) -> Measures {
        Measures(self.0.of.measures.clone())
    }
}

/// The `measures` of an evaluation.
#[derive(Debug, Clone)]
pub struct Measures(pub(super) evaluation::Measures);

/// The `measures` of an evaluation.
#[Object]
impl Measures {
    /// Version of this form; this is version 1.
    async fn version(&self) -> u32 {
        self.0.version
    }

    /// Resamples of each interval.
    async fn resamples(&self) -> u32 {
        self.0.resamples
    }

    /// Questions with at least two chains: those that picking is measured on.
    async fn questions_to_pick(&self) -> u32 {
        self.0.questions_to_pick
    }

    /// How many of the held-out answers are right.
    async fn right(&self) -> u32 {
        self.0.right
    }

    /// How many regression cases there were.
    async fn regressions(&self) -> u32 {
        self.0.regressions
    }

    /// What `before` is.
    async fn baseline(&self) -> Baseline {
        (&self.0.baseline).into()
    }

    /// The measures. One that is not defined on these cases (AUROC where all answers are right) is left out.
    async fn measures(&self) -> Vec<Measure> {
        self.0.measures.iter().map(Measure::of).collect()
    }
}

/// What a new model is compared with.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// The reward model in use.
    ModelInUse,
    /// There was none: the answering model's own likelihood, the exponential of its mean log-probability a token.
    Likelihood,
    /// There was none, and not every case has a log-probability.
    None,
}

impl From<&evaluation::Baseline> for Baseline {
    fn from(from: &evaluation::Baseline) -> Self {
        match from {
            evaluation::Baseline::ModelInUse => Self::ModelInUse,
            evaluation::Baseline::Likelihood => Self::Likelihood,
            evaluation::Baseline::None => Self::None,
        }
    }
}

/// One measure, before and after.
#[derive(Debug, Clone, SimpleObject)]
pub struct Measure {
    /// What is measured.
    name: MeasureName,
    /// With the judge before.
    before: Option<Interval>,
    /// With the new model.
    after: Interval,
    /// After less before, paired: both on the same resampled questions.
    difference: Option<Interval>,
}

impl Measure {
    fn of(from: &evaluation::Measure) -> Self {
        Self {
            name: from.name.into(),
            before: from.before.as_ref().map(Interval::of),
            after: Interval::of(&from.after),
            difference: from.difference.as_ref().map(Interval::of),
        }
    }
}

/// A value with its 95 % interval, by a bootstrap over questions.
#[derive(Debug, Clone, SimpleObject)]
pub struct Interval {
    /// The value on the cases themselves.
    value: f64,
    /// 2.5th percentile of the resampled values.
    low: f64,
    /// 97.5th percentile of the resampled values.
    high: f64,
}

impl Interval {
    fn of(from: &evaluation::Interval) -> Self {
        Self { value: from.value, low: from.low, high: from.high }
    }
}

/// Whether a model came into use, and why. The newest that is not a refusal names the model in use.
#[derive(Debug, Clone)]
pub struct Promotion(pub(super) evaluation::Promotion);

/// Whether a model came into use, and why. The newest that is not a refusal names the model in use.
#[at_hand]
#[Object]
impl Promotion {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The model that was promoted or refused; after a roll-back, the model that is in use again.
    async fn model(&self, ctx: &Context<'_>) -> Result<ModelVersion> {
        one(ctx, self.0.of.model).await
    }

    /// The evaluation that decided.
    async fn evaluation(&self, ctx: &Context<'_>) -> Result<Option<Evaluation>> {
        maybe(ctx, self.0.of.evaluation).await
    }

    /// The model in use before.
    async fn previous_model(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        maybe(ctx, self.0.of.previous_model).await
    }

    /// What was decided.
    async fn decision(&self) -> PromotionDecision {
        self.0.of.decision.into()
    }

    /// Why, in words.
    async fn reason(&self) -> &str {
        &self.0.of.reason
    }

    /// The gate's margins and what it saw; empty where a person decided.
    async fn gate(&self) -> Json<&Value> {
        Json(&self.0.of.gate)
    }

    /// The key that asked, where a person did.
    async fn key_id(&self) -> Option<ID> {
        self.0.of.key.map(|id| id.into_id())
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct EvaluationFilter {
    /// Only of this model.
    model: Option<ID>,
}

impl EvaluationFilter {
    fn read(self) -> Result<evaluation::EvaluationFilter> {
        Ok(evaluation::EvaluationFilter { model: maybe_id("model", self.model.as_ref())? })
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct PromotionFilter {
    /// Only of this model.
    model: Option<ID>,
    /// Only with this decision.
    decision: Option<PromotionDecision>,
}

impl PromotionFilter {
    fn read(self) -> Result<evaluation::PromotionFilter> {
        Ok(evaluation::PromotionFilter {
            model: maybe_id("model", self.model.as_ref())?,
            decision: self.decision.map(Into::into),
        })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct EvaluationQuery;

#[Object]
impl EvaluationQuery {
    /// An evaluation by its id; null if this project has none of that id.
    async fn evaluation(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Evaluation>> {
        found::<EvaluationId, _>(ctx, &id).await
    }

    /// Evaluations, newest first.
    async fn evaluations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<EvaluationFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Evaluation>> {
        let page = PageArgs { first, last, after, before }.by_id::<EvaluationId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.evaluations(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Evaluation), |record| record.0.id.to_string()))
    }

    /// A promotion, refusal or roll-back by its id; null if this project has none of that id.
    async fn promotion(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Promotion>> {
        found::<PromotionId, _>(ctx, &id).await
    }

    /// Promotions, refusals and roll-backs, newest first.
    async fn promotions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<PromotionFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Promotion>> {
        let page = PageArgs { first, last, after, before }.by_id::<PromotionId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.promotions(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Promotion), |record| record.0.id.to_string()))
    }
}
