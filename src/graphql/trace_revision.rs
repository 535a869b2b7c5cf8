//! A trace's place among those that spans made.

use async_graphql::{Context, Object, Result};
use atr_core::store;
use chrono::{DateTime, Utc};

use super::{loading::maybe, trace::Trace};

/// A trace's place among those that were put together from the spans of one trace of telemetry. Late spans make another
/// revision, and the one before stays.
#[derive(Debug, Clone)]
pub struct TraceRevision(pub(super) store::TraceRevision);

/// A trace's place among those that were put together from the spans of one trace of telemetry. Late spans make another
/// revision, and the one before stays.
#[Object]
impl TraceRevision {
    /// The trace id that the spans have, 32 hex digits.
    async fn spans_of(&self) -> String {
        self.0.spans_of.to_string()
    }

    /// From 1.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    /// From how many spans it was put together.
    async fn spans(&self) -> i32 {
        self.0.spans
    }

    /// The trace of the revision before.
    async fn supersedes(&self, ctx: &Context<'_>) -> Result<Option<Trace>> {
        maybe(ctx, self.0.supersedes).await
    }

    /// The trace of the revision after: this one is routed to nobody any more.
    async fn superseded_by(&self, ctx: &Context<'_>) -> Result<Option<Trace>> {
        maybe(ctx, self.0.superseded_by).await
    }

    /// When it was put together.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }
}
