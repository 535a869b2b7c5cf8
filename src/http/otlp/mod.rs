//! `POST /v1/traces` and `/v1/logs`: OTLP/HTTP, as the OpenTelemetry protocol 1.11 has it.
//!
//! Bodies are protobuf or JSON, as they are or by gzip, and are answered in kind. What was answered 200 is stored; what
//! of a request is refused is told by `partial_success`, and what the sender may try again by 429 or 503 with
//! `Retry-After`. Every error of this door is a `google.rpc.Status` and no problem document.

mod body;
mod events;
mod spans;
mod status;

use atr_core::domain::{
    Rejection,
    access::Permission,
    intake::{Balance, BatchOutcome, ItemOutcome},
    span::{NewEvent, NewSpan},
};
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::Response,
    routing::{MethodFilter, on},
};
use opentelemetry_proto::tonic::collector::{
    logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse},
    trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse},
};
use prost::Message;
use serde::Serialize;

pub use self::body::Encoding;
use self::{
    body::{decode, encoding, read},
    status::Refusal,
};
use super::{AppState, Caller, problem::Problem};
use crate::app::{
    Actor, AppError, backlog,
    stage_spans::{stage_events, stage_spans},
};

/// The doors for OpenTelemetry.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/v1/traces", on(MethodFilter::POST, traces).fallback(wrong_method))
        .route("/v1/logs", on(MethodFilter::POST, logs).fallback(wrong_method))
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
    exported(&state, caller, &headers, body, read_spans, async |actor, sent| {
        let outcome = stage_spans(&state.app, &actor, sent).await?;
        let partial_success = told(&outcome)
            .map(|(rejected_spans, error_message)| ExportTracePartialSuccess { rejected_spans, error_message });
        Ok(ExportTraceServiceResponse { partial_success })
    })
    .await
}

async fn logs(
    State(state): State<AppState>,
    caller: Result<Caller, Problem>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    exported(&state, caller, &headers, body, read_logs, async |actor, sent| {
        let outcome = stage_events(&state.app, &actor, sent).await?;
        let partial_success = told(&outcome).map(|(rejected_log_records, error_message)| ExportLogsPartialSuccess {
            rejected_log_records,
            error_message,
        });
        Ok(ExportLogsServiceResponse { partial_success })
    })
    .await
}

/// The spans of a request.
///
/// # Errors
/// If the bytes are no such request.
pub fn read_spans(encoding: Encoding, body: &[u8]) -> Result<Vec<Result<NewSpan, Rejection>>, Refusal> {
    let request: ExportTraceServiceRequest = decode(encoding, body)?;
    Ok(spans::of(request.resource_spans))
}

/// The log records of a request; `None` is one that tells nothing of a model.
///
/// # Errors
/// If the bytes are no such request.
pub fn read_logs(encoding: Encoding, body: &[u8]) -> Result<Vec<Result<Option<NewEvent>, Rejection>>, Refusal> {
    let request: ExportLogsServiceRequest = decode(encoding, body)?;
    Ok(events::of(request.resource_logs))
}

/// What every export has in common: who may, what is read, and how it is answered.
async fn exported<Sent, Told>(
    state: &AppState,
    caller: Result<Caller, Problem>,
    headers: &HeaderMap,
    body: Body,
    of: fn(Encoding, &[u8]) -> Result<Sent, Refusal>,
    take: impl AsyncFnOnce(Actor, Sent) -> Result<Told, AppError>,
) -> Response
where
    Told: Message + Serialize,
{
    let known = encoding(headers);
    let fallback = known.as_ref().copied().unwrap_or(Encoding::Json);
    let answered = async {
        let Caller(actor) = caller.map_err(Refusal::from)?;
        actor.may(Permission::Ingest).map_err(Problem::from)?;
        let encoding = known?;
        // A sender that comes too early is refused before the body is read.
        backlog::admit(&state.app, actor.project).await.map_err(Problem::from)?;
        let sent = of(encoding, &read(headers, body).await?)?;
        let answer = take(actor, sent).await.map_err(Problem::from)?;
        Ok::<_, Refusal>(encoding.answer(StatusCode::OK, &answer))
    };
    answered.await.unwrap_or_else(|refusal| refusal.answer(fallback))
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
