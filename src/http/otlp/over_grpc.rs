//! OTLP over gRPC: `TraceService` and `LogsService`, messages as they are, by gzip or by zstd. What the sender may try
//! again is told by `RESOURCE_EXHAUSTED` or `UNAVAILABLE` with `RetryInfo`.

use std::time::Instant;

use atr_core::domain::access::Permission;
use axum::{
    Router,
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{StatusCode, Uri, header},
    middleware::Next,
    response::Response,
    routing::post,
};
use prost::Message;
use tonic::{Code, Status, codec::CompressionEncoding, server::Grpc};
use tonic_prost::ProstCodec;
use tower_http::{
    classify::{GrpcCode, GrpcErrorsAsFailures, SharedClassifier},
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    sensitive_headers::SetSensitiveRequestHeadersLayer,
    trace::TraceLayer,
};

use super::{MOST, status::Refusal};
use crate::{
    app::{Actor, App, AppError, backlog},
    http::{AppState, Caller, media::header_text, problem::Problem, tracing_context},
};

const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/// The services, for a port of their own. Who may call them is decided as over HTTP.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route(TRACES, post(traces))
        .route(LOGS, post(logs))
        .fallback(no_method)
        .layer(axum::middleware::from_fn(count))
        .layer(axum::middleware::from_fn(tracing_context::carry))
        .layer(TraceLayer::new(SharedClassifier::new(failures())))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION]))
        .with_state(state)
}

/// What is logged as a failure: not what is told to a sender who did something wrong, or came too early.
fn failures() -> GrpcErrorsAsFailures {
    [
        GrpcCode::InvalidArgument,
        GrpcCode::NotFound,
        GrpcCode::PermissionDenied,
        GrpcCode::ResourceExhausted,
        GrpcCode::Unauthenticated,
        GrpcCode::Unimplemented,
    ]
    .into_iter()
    .fold(GrpcErrorsAsFailures::new(), GrpcErrorsAsFailures::with_success)
}

async fn traces(State(state): State<AppState>, request: Request) -> Response {
    exported(state, request, super::traces).await
}

async fn logs(State(state): State<AppState>, request: Request) -> Response {
    exported(state, request, super::logs).await
}

async fn no_method(uri: Uri) -> Response {
    let message = format!("{} is not served here: this port takes OTLP's traces and logs", uri.path());
    Status::unimplemented(message).into_http()
}

/// What every export has in common: who may, what is read, and how it is answered.
async fn exported<Sent, Told, Taking>(
    state: AppState,
    request: Request,
    take: impl Fn(App, Actor, Sent) -> Taking + Send,
) -> Response
where
    Sent: Message + Default + Send + 'static,
    Told: Message + Send + 'static,
    Taking: Future<Output = Result<Told, AppError>> + Send,
{
    if !header_text(request.headers(), header::CONTENT_TYPE).starts_with("application/grpc") {
        let mut response = Status::invalid_argument("this port speaks gRPC alone").into_http();
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return response;
    }
    let (mut parts, body) = request.into_parts();
    // Before the message is read.
    let actor = match entering(&state, &mut parts).await {
        Ok(actor) => actor,
        Err(problem) => return Refusal::from(problem).into_grpc().into_http(),
    };
    let mut read = false;
    let taking = tower::service_fn(|sent: tonic::Request<Sent>| {
        read = true;
        let taking = take(state.app.clone(), actor.clone(), sent.into_inner());
        async move {
            let told = taking.await.map_err(|error| Refusal::from(Problem::from(error)).into_grpc())?;
            Ok::<_, Status>(tonic::Response::new(told))
        }
    });
    let response = Grpc::new(ProstCodec::<Told, Sent>::default())
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .max_decoding_message_size(MOST)
        .unary(taking, Request::from_parts(parts, body))
        .await;
    match response.extensions().get::<Status>() {
        Some(status) if !read => unreadable(status).into_http(),
        _ => response.map(axum::body::Body::new),
    }
}

async fn entering(state: &AppState, parts: &mut axum::http::request::Parts) -> Result<Actor, Problem> {
    let Caller(actor) = Caller::from_request_parts(parts, state).await?;
    actor.may(Permission::Ingest)?;
    backlog::admit(&state.app, actor.project).await?;
    Ok(actor)
}

/// Why a message could not be read, by codes that OTLP's senders take for final: sent again, it is no better.
fn unreadable(status: &Status) -> Status {
    match status.code() {
        Code::OutOfRange | Code::ResourceExhausted => Refusal::too_large().into_grpc(),
        Code::Internal => Status::invalid_argument(format!("the message cannot be read: {}", status.message())),
        // How a coding is told that is not known, and what a connection that broke off is.
        _ => status.clone(),
    }
}

/// Counts and times every call by its method and code.
async fn count(request: Request, next: Next) -> Response {
    let method = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let code = response.extensions().get::<Status>().map_or(Code::Ok, Status::code);
    let labels = [("method", method), ("code", format!("{code:?}"))];
    metrics::histogram!("atr_grpc_request_seconds", &labels[..1]).record(began.elapsed().as_secs_f64());
    metrics::counter!("atr_grpc_requests_total", &labels).increment(1);
    response
}
