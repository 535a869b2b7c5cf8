//! The doors for programs: who may come in, what they may ask, and how errors look.

mod auth;
mod graphiql;
mod graphql;
mod graphql_ws;
mod health;
pub mod ingest;
mod media;
pub mod otlp;
pub mod problem;
mod tracing_context;

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::DefaultBodyLimit};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    sensitive_headers::SetSensitiveRequestHeadersLayer,
    trace::TraceLayer,
};

use crate::{app::App, config::Asking};

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
    /// What may be asked of the GraphQL API.
    pub asking: Asking,
}

/// Every route. A route without a decision who may call it does not exist: handlers take a [`Caller`], or stand in
/// `health` or are the page in `graphiql`, which are open.
pub fn router(state: AppState) -> Router {
    routes(state, Sockets::new(CancellationToken::new()))
}

fn routes(state: AppState, sockets: Sockets) -> Router {
    Router::new()
        .merge(health::router())
        .merge(ingest::router())
        .merge(otlp::router())
        .merge(graphql::router(&state.asking))
        .merge(graphql_ws::router(sockets))
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

/// Serves until `stop` fires; then takes no new connections, closes sockets, and lets requests finish within
/// `grace`.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: CancellationToken,
    grace: Duration,
) -> std::io::Result<()> {
    let stopped = stop.clone();
    let sockets = Sockets::new(stop.child_token());
    let service = routes(state, sockets.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let serving = async {
        axum::serve(listener, service).with_graceful_shutdown(async move { stopped.cancelled().await }).await?;
        sockets.closed().await;
        Ok(())
    };
    tokio::select! {
        served = serving => served,
        () = async { stop.cancelled().await; tokio::time::sleep(grace).await } => {
            tracing::warn!("requests did not finish within the grace time");
            Ok(())
        }
    }
}
