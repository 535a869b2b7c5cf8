//! How much each term of the reward counts.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::domain::reward_formula;
use chrono::{DateTime, Utc};

use super::{
    fault::OrFault,
    paging::{Connection, PageArgs, connect},
    scalars::IntoId,
    session::reading,
};
use crate::app::reward_formula::Formula;

/// How much each term of the reward counts beside the others; what is not there for an answer leaves the mean.
#[derive(Debug, Clone, SimpleObject)]
pub struct RewardWeights {
    /// Weight of the expert's verdict.
    expert: f64,
    /// Weight of factual support.
    support: f64,
    /// Weight of the penalty for what cannot be verified.
    unverifiable: f64,
    /// Weight of logical consistency.
    consistency: f64,
    /// Weight of the quality of citations.
    citations: f64,
    /// Weight of the trained reward model.
    model: f64,
    /// Weight of users' feedback.
    feedback: f64,
}

impl From<reward_formula::RewardWeights> for RewardWeights {
    fn from(of: reward_formula::RewardWeights) -> Self {
        let reward_formula::RewardWeights { expert, support, unverifiable, consistency, citations, model, feedback } =
            of;
        Self { expert, support, unverifiable, consistency, citations, model, feedback }
    }
}

/// The formula by which rewards are made.
#[derive(Debug, Clone, SimpleObject)]
pub struct RewardFormulaInUse {
    /// The version of the project's formula; null where the project had set none, and the weights are the program's own.
    version: Option<i32>,
    /// How much each term counts.
    weights: RewardWeights,
}

impl From<reward_formula::Weighing> for RewardFormulaInUse {
    fn from(of: reward_formula::Weighing) -> Self {
        Self { version: of.version, weights: of.weights.into() }
    }
}

impl From<Formula> for RewardFormulaInUse {
    fn from(of: Formula) -> Self {
        Self { version: of.version(), weights: of.weights().into() }
    }
}

/// A version of the project's formula.
#[derive(Debug, Clone)]
pub struct RewardFormula(pub(super) reward_formula::RewardFormula);

/// A version of the project's formula.
#[at_hand]
#[Object]
impl RewardFormula {
    /// From 1; the highest holds.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// How much each term counts.
    async fn weights(&self) -> RewardWeights {
        self.0.weights.into()
    }

    /// Why it was set, as far as anyone said.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// The key it was set with; null for a command beside the database.
    async fn key_id(&self) -> Option<ID> {
        self.0.key.map(|id| id.into_id())
    }

    /// When it was set.
    async fn set_at(&self) -> DateTime<Utc> {
        self.0.set_at
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct RewardFormulaQuery;

#[Object]
impl RewardFormulaQuery {
    /// The formula by which rewards are made now, in the project that is asked.
    async fn reward_formula(&self, ctx: &Context<'_>) -> Result<RewardFormulaInUse> {
        let mut tx = reading(ctx).await?;
        Ok(Formula::of(&mut tx).await.or_fault()?.into())
    }

    /// The versions that the project has set, newest first.
    async fn reward_formulas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<RewardFormula>> {
        let page = PageArgs { first, last, after, before }.by(|cursor| cursor.parse().ok())?;
        let mut tx = reading(ctx).await?;
        let page = tx.reward_formulas(page).await.or_fault()?;
        Ok(connect(page.map(RewardFormula), |record| record.0.version.to_string()))
    }
}
