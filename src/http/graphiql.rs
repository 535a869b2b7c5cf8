//! The page to try GraphQL in. It is open; the requests it sends need a key, which goes into its headers editor; where that
//! is emptied, the session of who is signed in serves. The editor comes from its npm package, embedded with the console's
//! assets.

use askama::Template;
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::console::{ADDRESSES, Addresses};

/// What the page may load and where it may send to. Its fonts stand in its style. One style is put in as it runs, which keeps
/// what is behind a dialog from moving: it is named by its hash.
const POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'sha256-Y/huXlwoYkVyQlxwSVcCi1RCDGDCSVBzDt0hYP9qlTc='; font-src data:; img-src data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "graphiql.html")]
struct Page {
    assets: &'static Addresses,
}

/// The page.
pub(super) fn page() -> Response {
    let text = match (Page { assets: &ADDRESSES }).render() {
        Ok(text) => text,
        Err(error) => {
            tracing::error!(%error, "the page to try GraphQL in could not be written");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let headers: [(HeaderName, HeaderValue); 5] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        // Another version of this program may have another page.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}
