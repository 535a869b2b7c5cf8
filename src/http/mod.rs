//! The doors for programs: who may come in, what they may ask, and how errors look.

mod attachments;
pub(crate) mod auth;
mod blob;
mod conditions;
mod graphiql;
mod graphql;
mod graphql_ws;
mod health;
pub mod ingest;
mod media;
pub mod openapi;
pub mod otlp;
pub mod problem;
pub(crate) mod session;
mod source_copies;
mod tracing_context;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    sensitive_headers::SetSensitiveRequestHeadersLayer,
    trace::TraceLayer,
};

use crate::{app::App, config::Asking, console};

use graphql_ws::Sockets;

pub use auth::Caller;
pub use health::Metrics;

/// What handlers share.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The use cases' world.
    pub app: App,
    /// What this process measured of itself.
    pub metrics: Metrics,
    /// The networks of the proxies whose word is taken for where a request comes from.
    pub trusted_proxies: Arc<[IpNet]>,
    /// What may be asked of the GraphQL API.
    pub asking: Asking,
    /// Whether people come over TLS alone: then their sessions' cookies go over nothing else.
    pub secure_cookies: bool,
    /// The most bytes that an attachment has.
    pub attachment_bytes: usize,
}

/// Every route. A route without a decision who may call it does not exist: handlers take a [`Caller`], or stand in
/// `health` or `openapi`, are the page in `graphiql` or let people in in `session`, which are open. What each answers stands
/// in `openapi`; but pages for people are the console's, each behind a decision of its own there.
pub fn router(state: AppState) -> Router {
    routes(state, Sockets::new(CancellationToken::new()))
}

fn routes(state: AppState, sockets: Sockets) -> Router {
    Router::new()
        .merge(health::router())
        .merge(openapi::router())
        .merge(ingest::router())
        .merge(otlp::router())
        .merge(attachments::router())
        .merge(source_copies::router())
        .merge(session::router())
        .merge(graphql::router())
        .merge(graphql_ws::router(sockets))
        .merge(console::router(&state))
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(DefaultBodyLimit::max(8 << 20))
        .layer(axum::middleware::from_fn(health::count))
        .layer(axum::middleware::from_fn(tracing_context::carry))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(SetSensitiveRequestHeadersLayer::new([axum::http::header::AUTHORIZATION, axum::http::header::COOKIE]))
        .with_state(state)
}

/// What the log knows a request by. Without the address's query: the links by which people come in hold secrets there.
fn span(request: &Request) -> tracing::Span {
    tracing::debug_span!("request", method = %request.method(), path = request.uri().path(), version = ?request.version())
}

/// What is listened on.
#[derive(Debug)]
pub struct Listeners {
    /// For everything that HTTP carries.
    pub http: TcpListener,
    /// For OTLP over gRPC, where it is served.
    pub otlp_grpc: Option<TcpListener>,
    /// The certificate, where TLS is spoken.
    pub tls: Option<RustlsConfig>,
}

/// Serves until `stop` fires; then takes no new connections, closes sockets, and lets requests finish within
/// `grace`.
///
/// # Errors
/// If a listener fails.
pub async fn serve(
    listeners: Listeners,
    state: AppState,
    stop: CancellationToken,
    grace: Duration,
) -> std::io::Result<()> {
    let Listeners { http, otlp_grpc, tls } = listeners;
    let one = async |listener: TcpListener, router: Router| {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let Some(tls) = tls.clone() else {
            let stopped = stop.clone();
            let stopped = async move { stopped.cancelled().await };
            return axum::serve(listener, service).with_graceful_shutdown(stopped).await;
        };
        let handle = Handle::new();
        let serving = axum_server::from_tcp_rustls(listener.into_std()?, tls)?.handle(handle.clone()).serve(service);
        let mut serving = std::pin::pin!(serving);
        tokio::select! {
            served = &mut serving => return served,
            () = stop.cancelled() => handle.graceful_shutdown(Some(grace)),
        }
        serving.await
    };
    let grpc = async {
        match otlp_grpc {
            Some(listener) => one(listener, otlp::grpc_router(state.clone())).await,
            None => Ok(()),
        }
    };
    let sockets = Sockets::new(stop.child_token());
    let http = async {
        one(http, routes(state.clone(), sockets.clone())).await?;
        sockets.closed().await;
        Ok(())
    };
    tokio::select! {
        served = async { tokio::try_join!(http, grpc) } => served.map(|_| ()),
        () = async { stop.cancelled().await; tokio::time::sleep(grace).await } => {
            tracing::warn!("requests did not finish within the grace time");
            Ok(())
        }
    }
}
