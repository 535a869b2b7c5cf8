//! The doors for programs: who may come in, what they may ask, and how errors look.

mod auth;
mod graphiql;
mod graphql;
mod health;
pub mod ingest;
mod media;
pub mod otlp;
pub mod problem;
mod tracing_context;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::DefaultBodyLimit};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    sensitive_headers::SetSensitiveRequestHeadersLayer,
    trace::TraceLayer,
};

use crate::app::App;

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
}

/// Every route. A route without a decision who may call it does not exist: handlers take a [`Caller`], or stand in
/// `health` or are the page in `graphiql`, which are open.
pub fn router(state: AppState) -> Router {
    Router::new()
        .merge(health::router())
        .merge(ingest::router())
        .merge(otlp::router())
        .merge(graphql::router())
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(DefaultBodyLimit::max(8 << 20))
        .layer(axum::middleware::from_fn(health::count))
        .layer(axum::middleware::from_fn(tracing_context::carry))
        .layer(TraceLayer::new_for_http())
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(SetSensitiveRequestHeadersLayer::new([axum::http::header::AUTHORIZATION]))
        .with_state(state)
}

/// Serves, over TLS where a certificate is given, until `stop` fires; then takes no new connections and lets requests finish within `grace`.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    state: AppState,
    stop: CancellationToken,
    grace: Duration,
) -> std::io::Result<()> {
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    if let Some(tls) = tls {
        let handle = Handle::new();
        let stopping = handle.clone();
        tokio::spawn(async move {
            stop.cancelled().await;
            stopping.graceful_shutdown(Some(grace));
        });
        return axum_server::from_tcp_rustls(listener.into_std()?, tls)?.handle(handle).serve(service).await;
    }
    let stopped = stop.clone();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move { stopped.cancelled().await });
    tokio::select! {
        served = serving => served,
        () = async { stop.cancelled().await; tokio::time::sleep(grace).await } => {
            tracing::warn!("requests did not finish within the grace time");
            Ok(())
        }
    }
}
