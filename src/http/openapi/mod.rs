//! `GET /openapi.json`: the doors as OpenAPI 3.1 has them, open to all. `schemas/openapi.json` is the same.
//!
//! Schemas are made from the types that are read and written. What else a door says of itself stands in the table of
//! `operations`; a test holds it against the router, another against real answers.

mod form;
mod operation;
mod operations;

use std::sync::LazyLock;

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Map, Value, json};

use self::{form::Schemas, operation::headers};
use super::{AppState, auth::SESSION};

/// The document's place.
pub(super) fn router() -> Router<AppState> {
    Router::new().route("/openapi.json", get(told))
}

async fn told() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        // Another version of this program may have other doors.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, TEXT.as_str()).into_response()
}

/// What the document begins with.
const ABOUT: &str = "The doors of the Adaptive Training Repository. Whatever is an error is told as a problem \
    document (RFC 9457) with a `code`, by which programs tell errors apart; at the doors for OpenTelemetry as a \
    `google.rpc.Status`. A refusal by `429` or `503` says in `Retry-After` when to ask again. Times are RFC 3339, UTC.";

/// The document.
///
/// # Panics
/// If two types of what is sent and what is given have one name and differ: the test of the published schemas makes it.
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations::all() {
        let told = operation.told(&mut schemas);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.word()] = told;
    }
    let mut document = json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Adaptive Training Repository",
            "description": ABOUT,
            // It counts the changes that break who relies on it.
            "version": "1",
            "license": { "name": "Apache License 2.0", "identifier": "Apache-2.0" },
        },
        "tags": operations::tags(),
        "security": [{ "key": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas.all(),
            "headers": headers(),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key, as `atr key create` shows it once.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": SESSION,
                    "description": "The session of someone who signed in. Pages of other sites change nothing by it.",
                },
            },
        },
    });
    // Whatever another crate of the build makes of the order of keys.
    document.sort_all_objects();
    document
}
