//! The doors for OpenTelemetry: OTLP 1.11 over HTTP (`POST /v1/traces` and `/v1/logs`) and over gRPC (`TraceService` and
//! `LogsService`, on a port of their own).
//!
//! What was answered as a success is stored; what of a request is refused is told by `partial_success`. Every error of
//! these doors is a `google.rpc.Status` and no problem document; what the sender may try again says when.

mod body;
mod over_grpc;
mod over_http;
mod status;

use atr_core::domain::intake::{Balance, BatchOutcome, ItemOutcome};
use opentelemetry_proto::tonic::collector::{
    logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse},
    trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse},
};

pub(super) use self::status::Status;
pub use self::{
    body::{Encoding, decode},
    over_grpc::router as grpc_router,
    over_http::router,
};
use crate::app::{
    Actor, App, AppError,
    stage_spans::{stage_events, stage_spans},
};

/// The most bytes that a request has, on the wire and decompressed.
const MOST: usize = 32 << 20;

async fn traces(
    app: App,
    actor: Actor,
    sent: ExportTraceServiceRequest,
) -> Result<ExportTraceServiceResponse, AppError> {
    let outcome = stage_spans(&app, &actor, sent.resource_spans).await?;
    let partial_success = told(&outcome)
        .map(|(rejected_spans, error_message)| ExportTracePartialSuccess { rejected_spans, error_message });
    Ok(ExportTraceServiceResponse { partial_success })
}

async fn logs(app: App, actor: Actor, sent: ExportLogsServiceRequest) -> Result<ExportLogsServiceResponse, AppError> {
    let outcome = stage_events(&app, &actor, sent.resource_logs).await?;
    let partial_success = told(&outcome)
        .map(|(rejected_log_records, error_message)| ExportLogsPartialSuccess { rejected_log_records, error_message });
    Ok(ExportLogsServiceResponse { partial_success })
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
