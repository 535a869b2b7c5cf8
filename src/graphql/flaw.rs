//! What is wrong with an answer, and what tells it.

use async_graphql::{Context, Object, Result};
use atr_at_hand::at_hand;
use atr_core::domain::flaw::{self, Evidence};

use super::{
    citation::Citation,
    loading::{maybe, one},
    review::Review,
    score::{LogicFinding, Score},
    step::{Step, steps_at},
    trace::Trace,
    verification::Claim,
    words::{FlawEvidence, FlawKind},
};

/// Something that is wrong with an answer, with the evidence that tells it.
#[derive(Debug, Clone)]
pub struct Flaw(pub(super) flaw::Flaw);

/// Something that is wrong with an answer, with the evidence that tells it.
#[at_hand]
#[Object]
impl Flaw {
    /// What it is.
    async fn kind(&self) -> FlawKind {
        self.0.kind.into()
    }

    /// What it was told by: of `claim`, `citation`, `finding` and `review` that one is given.
    async fn evidence(&self) -> FlawEvidence {
        self.0.evidence.kind().into()
    }

    /// Why, in words.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Its place among the flaws of the score, from 0.
    async fn ordinal(&self) -> i32 {
        self.0.ordinal
    }

    /// The place, from 0, of the step it is in; null where it is in the answer alone.
    async fn step(&self) -> Option<i32> {
        self.0.step
    }

    /// The step it is in; null where it is in the answer alone.
    async fn concerns(&self, ctx: &Context<'_>) -> Result<Option<Step>> {
        let Some(step) = self.0.step else { return Ok(None) };
        Ok(steps_at(ctx, self.0.trace, |ordinal| ordinal == step).await?.pop())
    }

    /// The claim it was told by.
    async fn claim(&self, ctx: &Context<'_>) -> Result<Option<Claim>> {
        let Evidence::Claim(claim) = self.0.evidence else { return Ok(None) };
        maybe(ctx, Some(claim)).await
    }

    /// The citation it was told by.
    async fn citation(&self, ctx: &Context<'_>) -> Result<Option<Citation>> {
        let Evidence::Citation(citation) = self.0.evidence else { return Ok(None) };
        maybe(ctx, Some(citation)).await
    }

    /// What the logic rules found that it was told by.
    async fn finding(&self, ctx: &Context<'_>) -> Result<Option<LogicFinding>> {
        let Evidence::Finding(at) = self.0.evidence else { return Ok(None) };
        let score: Score = one(ctx, self.0.score).await?;
        let finding = usize::try_from(at).ok().and_then(|at| score.0.findings.get(at));
        Ok(finding.map(|finding| LogicFinding::of(finding, self.0.trace)))
    }

    /// The review it was told by.
    async fn review(&self, ctx: &Context<'_>) -> Result<Option<Review>> {
        let Evidence::Review(review) = self.0.evidence else { return Ok(None) };
        maybe(ctx, Some(review)).await
    }

    /// The score that it stands with.
    async fn score(&self, ctx: &Context<'_>) -> Result<Score> {
        one(ctx, self.0.score).await
    }

    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }
}
