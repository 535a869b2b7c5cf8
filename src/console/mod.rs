//! The console: pages for people, written by the server. They read through a [`Tx`](atr_core::store::Tx) that is opened for
//! the caller's project once the caller may read; whatever they change, a use case changes. They hold no rules.

mod assets;
mod charts;
mod dates;
mod door;
mod fault;
mod frame;
mod graph;
mod markdown;
mod nav;
mod pages;
mod text;

use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
    routing::MethodRouter,
};
use tower::ServiceBuilder;
use tower_http::{compression::CompressionLayer, set_header::SetResponseHeaderLayer};

use crate::http::AppState;

pub use assets::{ADDRESSES, Addresses};
pub use door::{Door, May, doors};
use fault::Fault;
use frame::Frame;

/// What pages may load and where they may send to: this program alone, and nothing that stands in a page itself.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The pages, each behind the decision who may call it.
pub fn router(state: &AppState) -> Router<AppState> {
    let pages = doors().into_iter().fold(Router::new(), |router, door| {
        let (path, handler): (_, MethodRouter<AppState>) = door.admitting(state);
        router.route(path, handler)
    });
    let said = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    pages.layer(
        ServiceBuilder::new()
            .layer(CompressionLayer::new().gzip(true))
            .layer(said(header::CONTENT_SECURITY_POLICY, POLICY))
            .layer(said(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            // An address may hold what was searched for.
            .layer(said(header::REFERRER_POLICY, "same-origin"))
            .layer(said(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
            .layer(said(header::CACHE_CONTROL, "no-store")),
    )
}

/// The page for an address that leads nowhere.
pub fn lost(headers: &HeaderMap, path: &str) -> Response {
    let mut response = Fault::not_found().page(&Frame::of(headers, path));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
