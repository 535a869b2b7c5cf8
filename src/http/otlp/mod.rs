//! `POST /v1/traces`: OTLP/HTTP, as the OpenTelemetry protocol 1.11 has it.
//!
//! Bodies are protobuf or JSON, as they are or by gzip, and are answered in kind. What was answered 200 is stored; what
//! of a request is refused is told by `partial_success`, and what the sender may try again by 429 or 503 with
//! `Retry-After`. Every error of this door is a `google.rpc.Status` and no problem document.

mod body;
mod spans;
mod status;

use atr_core::domain::{
    access::Permission,
    intake::{Balance, BatchOutcome, Door, ItemOutcome},
};
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};

use self::{
    body::{Encoding, decode, encoding, read},
    status::Refusal,
};
use super::{AppState, Caller, problem::Problem};
use crate::app::{backlog, stage_spans::stage_spans};

/// The doors for OpenTelemetry.
pub fn router() -> Router<AppState> {
    Router::new().route("/v1/traces", on(MethodFilter::POST, traces).fallback(wrong_method))
}

async fn wrong_method(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let message = format!("{} takes POST alone, and not {method}", uri.path());
    let mut response =
        Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message).answer(encoding(&headers).unwrap_or(Encoding::Json));
    response.headers_mut().insert(axum::http::header::ALLOW, axum::http::HeaderValue::from_static("POST"));
    response
}

async fn traces(
    State(state): State<AppState>,
    caller: Result<Caller, Problem>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let known = encoding(&headers);
    let answered = async {
        let Caller(actor) = caller.map_err(Refusal::from)?;
        actor.may(Permission::Ingest).map_err(Problem::from)?;
        let encoding = encoding(&headers)?;
        // A sender that comes too early is refused before the body is read.
        backlog::admit(&state.app, actor.project).await.map_err(Problem::from)?;
        let request: ExportTraceServiceRequest = decode(encoding, &read(&headers, body).await?)?;
        let spans = spans::of(request.resource_spans);
        let outcome = stage_spans(&state.app, &actor, spans).await.map_err(Problem::from)?;
        count(&outcome);
        let partial_success = told(&outcome)
            .map(|(rejected_spans, error_message)| ExportTracePartialSuccess { rejected_spans, error_message });
        Ok::<_, Refusal>(encoding.answer(StatusCode::OK, &ExportTraceServiceResponse { partial_success }))
    };
    answered.await.unwrap_or_else(|refusal| refusal.answer(known.unwrap_or(Encoding::Json))).into_response()
}

/// How many items are refused, and why the first of them are; also what is kept and at odds with what was staged.
fn told(outcome: &BatchOutcome) -> Option<(i64, String)> {
    const SHOWN: usize = 5;
    let balance: Balance = outcome.items.iter().collect();
    let faults: Vec<String> = (0..)
        .zip(&outcome.items)
        .filter_map(|(at, item): (usize, _)| match item {
            ItemOutcome::Rejected { field, message } => Some(format!("item {at}: {field} {message}")),
            ItemOutcome::Quarantined { field, message, .. } => {
                Some(format!("item {at} is set aside: {field}: {message}"))
            }
            _ => None,
        })
        .collect();
    let more = faults.len().saturating_sub(SHOWN);
    let mut message = faults.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("; ");
    if more > 0 {
        message += &format!("; and {more} more");
    }
    (!faults.is_empty()).then_some((balance.rejected, message))
}

fn count(outcome: &BatchOutcome) {
    let balance: Balance = outcome.items.iter().collect();
    for (status, items) in [
        ("stored", balance.stored),
        ("duplicate", balance.duplicate),
        ("quarantined", balance.quarantined),
        ("rejected", balance.rejected),
    ] {
        let labels = [("door", Door::Spans.word()), ("status", status)];
        metrics::counter!("atr_ingest_items_total", &labels).increment(items.unsigned_abs());
    }
}
