//! Steps of a trace's reasoning.

use async_graphql::{Context, ID, InputObject, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{
    domain::trace,
    ids::{StepId, TraceId},
    store,
};

use super::{
    attachment::AttachedFile,
    fault::OrFault,
    loading::{AttachedToStep, StepsOf, children, found, one},
    paging::{Connection, PageArgs, connect},
    scalars::{IntoId, maybe_id},
    session::consulting,
    trace::Trace,
    words::StepKind,
};

/// One step of a trace's reasoning.
#[derive(Debug, Clone)]
pub struct Step(pub(super) trace::Step);

/// One step of a trace's reasoning.
#[at_hand]
#[Object]
impl Step {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// Its place in the reasoning, from 0.
    async fn ordinal(&self) -> i32 {
        self.0.ordinal
    }

    /// The name the sender gave it, unique in its trace; its ordinal where none was given.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What it does.
    async fn kind(&self) -> StepKind {
        self.0.kind.into()
    }

    /// What it says.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// Ordinals of the steps it rests on; `support` has the steps themselves.
    async fn rests_on(&self) -> &[i32] {
        &self.0.rests_on
    }

    /// The steps it rests on, in order.
    async fn support(&self, ctx: &Context<'_>) -> Result<Vec<Step>> {
        steps_at(ctx, self.0.trace, |ordinal| self.0.rests_on.contains(&ordinal)).await
    }

    /// The steps that rest on it, in order.
    async fn dependents(&self, ctx: &Context<'_>) -> Result<Vec<Step>> {
        let steps = children(ctx, StepsOf(self.0.trace)).await?;
        Ok(steps.into_iter().filter(|step| step.0.rests_on.contains(&self.0.ordinal)).collect())
    }

    /// The span that produced it, 16 hex digits.
    async fn span_id(&self) -> Option<&str> {
        self.0.span_id.as_deref()
    }

    /// The span that called that span: who called is not what it rests on.
    async fn called_by_span_id(&self) -> Option<&str> {
        self.0.called_by_span_id.as_deref()
    }

    /// Mean natural-log probability of its tokens.
    async fn mean_logprob(&self) -> Option<f64> {
        self.0.mean_logprob
    }

    /// The attached pictures that it refers to, in the order in which it names them.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<AttachedFile>> {
        children(ctx, AttachedToStep(self.0.id)).await
    }
}

/// The steps of a trace at these places, in order.
pub(super) async fn steps_at(
    ctx: &Context<'_>,
    trace: TraceId,
    wanted: impl Fn(i32) -> bool + Send,
) -> Result<Vec<Step>> {
    // The steps of a trace are few, and read together for every record of a page.
    let steps = children(ctx, StepsOf(trace)).await?;
    Ok(steps.into_iter().filter(|step| wanted(step.0.ordinal)).collect())
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct StepFilter {
    /// Those of this trace.
    trace: Option<ID>,
    /// Those that do this.
    kind: Option<StepKind>,
}

impl StepFilter {
    fn read(self) -> Result<store::StepFilter> {
        Ok(store::StepFilter { trace: maybe_id("trace", self.trace.as_ref())?, kind: self.kind.map(Into::into) })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct StepQuery;

#[Object]
impl StepQuery {
    /// A reasoning step by its id; null if this project has none of that id.
    async fn step(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Step>> {
        found::<StepId, _>(ctx, &id).await
    }

    /// Reasoning steps of every trace, newest first.
    async fn steps(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<StepFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Step>> {
        let page = PageArgs { first, last, after, before }.by_id::<StepId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = consulting(ctx).await?;
        let page = tx.steps(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Step), |record| record.0.id.to_string()))
    }
}
