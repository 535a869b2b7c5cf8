//! W3C Trace Context: a request's `traceparent` goes with what it enqueues.

use atr_core::trace_context::TraceContext;
use axum::{extract::Request, middleware::Next, response::Response};
use tracing::Instrument;

/// Answers a request in its trace. A header that cannot be read is as good as none (W3C Trace Context).
pub(super) async fn carry(request: Request, next: Next) -> Response {
    let context = request.headers().get("traceparent").and_then(|value| value.to_str().ok()?.parse().ok());
    let Some(context) = context else { return next.run(request).await };
    let span = tracing::info_span!("request", trace_id = %TraceContext::trace_id(&context));
    TraceContext::scope(Some(context), next.run(request)).instrument(span).await
}
