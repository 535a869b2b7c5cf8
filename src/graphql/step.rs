//! Steps of a trace's reasoning.

use async_graphql::{Context, ID, Object, Result};
use atr_core::domain::trace;

use super::{loading::one, scalars::IntoId, trace::Trace, words::StepKind};

/// One step of a trace's reasoning.
#[derive(Debug, Clone)]
pub struct Step(pub(super) trace::Step);

/// One step of a trace's reasoning.
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

    /// Ordinals of the steps it rests on.
    async fn rests_on(&self) -> &[i32] {
        &self.0.rests_on
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
}
