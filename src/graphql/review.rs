//! What experts find of answers.

use async_graphql::{Context, ID, InputObject, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{
    domain::review,
    ids::{ReviewId, TraceId},
    store,
};
use chrono::{DateTime, Utc};

use super::{
    attachment::AttachedFile,
    citation::Citation,
    expert::Expert,
    fault::OrFault,
    guideline::Guideline,
    loading::{AttachedToReview, CitationsOfReview, children, found, maybe, one},
    paging::{Connection, PageArgs, connect},
    redaction::Redaction,
    scalars::{IntoId, maybe_id},
    session::{consulting, session},
    step::{Step, steps_at},
    trace::Trace,
    words::{ClaimVerdict, Severity, StepFinding, Verdict},
};

/// What an expert said of a trace.
#[derive(Debug, Clone)]
pub struct Review(pub(super) review::Review);

/// What an expert said of a trace.
#[at_hand]
#[Object]
impl Review {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The sender's id.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// Who judged.
    async fn expert(&self, ctx: &Context<'_>) -> Result<Expert> {
        one(ctx, self.0.expert).await
    }

    /// From 1; the highest of an expert on a trace holds.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    /// What was found.
    async fn verdict(&self) -> Verdict {
        self.0.verdict.into()
    }

    /// How bad the flaw is.
    async fn severity(&self) -> Option<Severity> {
        self.0.severity.map(Into::into)
    }

    /// Ordinal of the first flawed step, from 0; `suspect` has the step itself.
    async fn suspect_step(&self) -> Option<i32> {
        self.0.suspect_step
    }

    /// The first flawed step.
    async fn suspect(&self, ctx: &Context<'_>) -> Result<Option<Step>> {
        let Some(place) = self.0.suspect_step else { return Ok(None) };
        Ok(steps_at(ctx, self.0.trace, |ordinal| ordinal == place).await?.pop())
    }

    /// What is wrong, by label.
    async fn flaw_labels(&self) -> &[String] {
        &self.0.flaw_labels
    }

    /// The right answer.
    async fn corrected_answer(&self) -> Option<&str> {
        self.0.corrected_answer.as_deref()
    }

    /// The right reasoning.
    async fn corrected_steps(&self) -> Option<&[String]> {
        self.0.corrected_steps.as_deref()
    }

    /// Why, in the expert's words.
    async fn rationale(&self) -> Option<&str> {
        self.0.rationale.as_deref()
    }

    /// What was replaced in its texts before they were stored.
    async fn redactions(&self) -> Vec<Redaction> {
        let said = &self.0;
        let notes = said.step_marks.iter().map(|mark| &mark.note).chain(said.claim_marks.iter().map(|mark| &mark.note));
        let texts = said.corrected_answer.iter().chain(&said.rationale).chain(said.corrected_steps.iter().flatten());
        let texts = texts.chain(notes.flatten());
        Redaction::of(texts.map(String::as_str))
    }

    /// Time the expert spent, in seconds.
    async fn seconds_spent(&self) -> Option<f64> {
        self.0.seconds_spent
    }

    /// What was found of single steps, in their order.
    async fn step_marks(&self) -> Vec<StepMark> {
        self.0.step_marks.iter().map(|mark| StepMark { of: mark.clone(), trace: self.0.trace }).collect()
    }

    /// What was found of single claims.
    async fn claim_marks(&self) -> Vec<ClaimMark> {
        self.0.claim_marks.iter().cloned().map(ClaimMark).collect()
    }

    /// The version of the guideline that was followed.
    async fn guideline(&self, ctx: &Context<'_>) -> Result<Option<Guideline>> {
        maybe(ctx, self.0.guideline).await
    }

    /// Hash of its content.
    async fn content_hash(&self) -> String {
        self.0.content_hash.to_hex().to_string()
    }

    /// When it was given.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// What the judgement rests on.
    async fn citations(&self, ctx: &Context<'_>) -> Result<Vec<Citation>> {
        children(ctx, CitationsOfReview(self.0.id)).await
    }

    /// The attached pictures that it refers to, in the order in which it names them.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<AttachedFile>> {
        children(ctx, AttachedToReview(self.0.id)).await
    }
}

/// What an expert found of a step.
#[derive(Debug, Clone)]
pub struct StepMark {
    of: review::StepMark,
    trace: TraceId,
}

/// What an expert found of a step.
#[Object]
impl StepMark {
    /// Its place, from 0; `step` has the step itself.
    async fn ordinal(&self) -> i32 {
        self.of.step
    }

    /// The step.
    async fn step(&self, ctx: &Context<'_>) -> Result<Option<Step>> {
        Ok(steps_at(ctx, self.trace, |ordinal| ordinal == self.of.step).await?.pop())
    }

    /// What was found.
    async fn finding(&self) -> StepFinding {
        self.of.finding.into()
    }

    /// Why, in the expert's words.
    async fn note(&self) -> Option<&str> {
        self.of.note.as_deref()
    }
}

/// What an expert found of a claim.
#[derive(Debug, Clone)]
pub struct ClaimMark(review::ClaimMark);

/// What an expert found of a claim.
#[Object]
impl ClaimMark {
    /// The claim's id.
    async fn claim_id(&self) -> ID {
        self.0.claim.into_id()
    }

    /// What the facts say of it, as the expert finds.
    async fn verdict(&self) -> ClaimVerdict {
        self.0.verdict.into()
    }

    /// Why, in the expert's words.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct ReviewFilter {
    /// Those of this trace.
    trace: Option<ID>,
    /// Those of this expert.
    expert: Option<ID>,
    /// Those that found this.
    verdict: Option<Verdict>,
    /// The one with this sender's id.
    external_id: Option<String>,
}

impl ReviewFilter {
    fn read(self) -> Result<store::ReviewFilter> {
        Ok(store::ReviewFilter {
            trace: maybe_id("trace", self.trace.as_ref())?,
            expert: maybe_id("expert", self.expert.as_ref())?,
            verdict: self.verdict.map(Into::into),
            external_id: self.external_id,
        })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct ReviewQuery;

#[Object]
impl ReviewQuery {
    /// A review by its id; null if this project has none of that id.
    async fn review(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Review>> {
        found::<ReviewId, _>(ctx, &id).await
    }

    /// Reviews, every revision, newest first.
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<ReviewFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Review>> {
        let page = PageArgs { first, last, after, before }.by_id::<ReviewId>()?;
        let mut filter = filter.unwrap_or_default().read()?;
        let mut tx = consulting(ctx).await?;
        filter.expert = session(ctx)?.actor.reads_of(filter.expert).or_fault()?;
        let page = tx.reviews(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Review), |record| record.0.id.to_string()))
    }
}
