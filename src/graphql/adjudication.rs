//! Disagreements of experts, and how they were decided.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::{domain::adjudication, ids::AdjudicationId, store};
use chrono::{DateTime, Utc};

use super::{
    expert::Expert,
    fault::OrFault,
    loading::{found, many, maybe, one},
    paging::{Connection, PageArgs, connect},
    review::Review,
    scalars::{IntoId, maybe_id},
    session::reading,
    trace::Trace,
    words::{Severity, Verdict},
};

/// A disagreement of experts on a trace, and how it was decided.
#[derive(Debug, Clone)]
pub struct Adjudication(pub(super) adjudication::Adjudication);

/// What someone said, without who.
#[derive(Debug, SimpleObject)]
pub struct BlindOpinion {
    /// What was found.
    verdict: Verdict,
    /// How bad the flaw is.
    severity: Option<Severity>,
    /// Ordinal of the first flawed step, from 0.
    suspect_step: Option<i32>,
    /// What is wrong, by label.
    flaw_labels: Vec<String>,
    /// The right answer.
    corrected_answer: Option<String>,
    /// Why.
    rationale: Option<String>,
}

/// A disagreement of experts on a trace, and how it was decided.
#[at_hand]
#[Object]
impl Adjudication {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// What was said, without who said it.
    async fn opinions(&self, ctx: &Context<'_>) -> Result<Vec<BlindOpinion>> {
        let reviews: Vec<Review> = many(ctx, &self.0.reviews).await?;
        let opinions = reviews.into_iter().map(|Review(said)| BlindOpinion {
            verdict: said.verdict.into(),
            severity: said.severity.map(Into::into),
            suspect_step: said.suspect_step,
            flaw_labels: said.flaw_labels,
            corrected_answer: said.corrected_answer,
            rationale: said.rationale,
        });
        Ok(opinions.collect())
    }

    /// The reviews that disagree; none while it is open, so that whoever decides sees what was said and not by whom.
    async fn reviews(&self, ctx: &Context<'_>) -> Result<Vec<Review>> {
        match self.0.decision {
            Some(_) => many(ctx, &self.0.reviews).await,
            None => Ok(vec![]),
        }
    }

    /// When the disagreement was found.
    async fn opened_at(&self) -> DateTime<Utc> {
        self.0.opened_at
    }

    /// What was decided; null while it is open. `CANNOT_JUDGE` where it cannot be told.
    async fn verdict(&self) -> Option<Verdict> {
        self.0.decision.as_ref().map(|decided| decided.decision.verdict.into())
    }

    /// Ordinal of the first flawed step, from 0, as decided.
    async fn suspect_step(&self) -> Option<i32> {
        self.0.decision.as_ref().and_then(|decided| decided.decision.suspect_step)
    }

    /// Why it was decided so.
    async fn rationale(&self) -> Option<&str> {
        self.0.decision.as_ref().and_then(|decided| decided.decision.rationale.as_deref())
    }

    /// The expert who decided, where an expert did.
    async fn settled_by(&self, ctx: &Context<'_>) -> Result<Option<Expert>> {
        maybe(ctx, self.0.decision.as_ref().and_then(|decided| decided.by)).await
    }

    /// When it was decided.
    async fn settled_at(&self) -> Option<DateTime<Utc>> {
        self.0.decision.as_ref().map(|decided| decided.at)
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct AdjudicationFilter {
    /// Those that are open, or those that are decided.
    open: Option<bool>,
    /// Those of this trace.
    trace: Option<ID>,
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct AdjudicationQuery;

#[Object]
impl AdjudicationQuery {
    /// A disagreement by its id; null if this project has none of that id.
    async fn adjudication(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Result<Option<Adjudication>> {
        found::<AdjudicationId, _>(ctx, &id).await
    }

    /// Disagreements of experts, newest first.
    async fn adjudications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<AdjudicationFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Adjudication>> {
        let page = PageArgs { first, last, after, before }.by_id::<AdjudicationId>()?;
        let filter = filter.unwrap_or_default();
        let filter = store::AdjudicationFilter { open: filter.open, trace: maybe_id("trace", filter.trace.as_ref())? };
        let mut tx = reading(ctx).await?;
        let page = tx.adjudications(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Adjudication), |record| record.0.id.to_string()))
    }
}
