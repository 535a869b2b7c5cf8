//! `POST /v1/sources/{source}/copies` keeps what a source says, as it was retrieved; `GET /v1/source-copies/{id}` answers its
//! bytes, which never change, or a range of them.
//!
//! The body is what was retrieved, and Content-Type says what it is. The answer is 201, or 200 where the source had that last
//! time too.

use atr_core::{
    domain::source_copy::{COPY_BYTES, RetrievalOutcome},
    ids::{SourceCopyId, SourceId},
    store::Noted,
};
use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    AppState, Caller,
    blob::{Shown, named, sent},
    media::header_text,
    problem::Problem,
};
use crate::app::{AppError, source_copies};

/// The doors for copies of sources.
pub fn router() -> Router<AppState> {
    Router::new().route("/v1/sources/{source}/copies", post(take)).route("/v1/source-copies/{id}", get(give))
}

/// A copy of a source, as it is answered.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SourceCopy")]
pub(super) struct Told {
    /// By which it is asked for.
    id: SourceCopyId,
    /// The source.
    source: SourceId,
    /// Whether the source had this last time too.
    outcome: RetrievalOutcome,
    /// BLAKE3 of it, in hex.
    digest: String,
    /// What it is, as its sender said.
    media_type: String,
    /// How many bytes it has.
    bytes: i64,
}

async fn take(
    State(state): State<AppState>,
    Caller(actor): Caller,
    source: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    // Before the body is read: who may not is refused whatever it is.
    source_copies::may_keep(&state.app, &actor).await?;
    let source: SourceId = named(source, "source")?;
    let too_large = || format!("a copy has at most {COPY_BYTES} bytes: send the part of the source that facts rest on");
    let sent = sent(body, COPY_BYTES, too_large).await?;
    let media_type = header_text(&headers, header::CONTENT_TYPE);
    let Noted { retrieval, copy } = source_copies::keep(&state.app, &actor, source, media_type, sent).await?;
    let copy = copy.ok_or_else(|| AppError::NotFound { what: "source copy", name: source.to_string() })?;
    let status = match retrieval.outcome {
        RetrievalOutcome::Changed => StatusCode::CREATED,
        RetrievalOutcome::Unchanged | RetrievalOutcome::Failed => StatusCode::OK,
    };
    let location = format!("/v1/source-copies/{}", copy.id);
    let told = Told {
        id: copy.id,
        source,
        outcome: retrieval.outcome,
        digest: copy.content.blob.to_hex().to_string(),
        media_type: copy.content.media_type,
        bytes: copy.content.byte_count,
    };
    Ok((status, [(header::LOCATION, location)], Json(told)).into_response())
}

async fn give(
    State(state): State<AppState>,
    Caller(actor): Caller,
    id: Result<Path<String>, PathRejection>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    actor.may_consult()?;
    let id: SourceCopyId = named(id, "source copy")?;
    let mut tx = state.app.store.begin(actor.project).await.map_err(AppError::from)?;
    let found = tx.source_copies_by_id(&[id]).await.map_err(AppError::from)?.pop();
    drop(tx);
    let found = found.ok_or_else(|| AppError::NotFound { what: "source copy", name: id.to_string() })?;
    let shown = Shown {
        tag: found.content.blob.to_hex().to_string(),
        blob: found.content.blob,
        bytes: found.content.byte_count as u64,
        // Saved and not shown, for anyone may have written it; what its sender said of its type is told elsewhere.
        media_type: HeaderValue::from_static("application/octet-stream"),
        disposition: format!("attachment; filename=\"{id}\""),
    };
    shown.answer(&state, &method, &headers).await
}
