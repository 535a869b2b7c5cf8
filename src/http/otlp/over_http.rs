//! OTLP over HTTP: bodies are protobuf or JSON, as they are or by gzip, and are answered in kind. What the sender may try
//! again is told by 429 or 503 with `Retry-After`.

use atr_core::domain::access::Permission;
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::Response,
    routing::{MethodFilter, on},
};
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    body::{Encoding, decode, encoding, read},
    status::Refusal,
};
use crate::{
    app::{Actor, App, AppError, backlog},
    http::{AppState, Caller, problem::Problem},
};

/// The doors.
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
    exported(state, caller, &headers, body, super::traces).await
}

async fn logs(
    State(state): State<AppState>,
    caller: Result<Caller, Problem>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    exported(state, caller, &headers, body, super::logs).await
}

/// What every export has in common: who may, what is read, and how it is answered.
async fn exported<Sent, Told>(
    state: AppState,
    caller: Result<Caller, Problem>,
    headers: &HeaderMap,
    body: Body,
    take: impl AsyncFnOnce(App, Actor, Sent) -> Result<Told, AppError>,
) -> Response
where
    Sent: Message + Default + DeserializeOwned,
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
        let sent = decode(encoding, &read(headers, body).await?)?;
        let answer = take(state.app, actor, sent).await.map_err(Problem::from)?;
        Ok::<_, Refusal>(encoding.answer(StatusCode::OK, &answer))
    };
    answered.await.unwrap_or_else(|refusal| refusal.answer(fallback))
}
