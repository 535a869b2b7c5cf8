//! Who calls: `Authorization: Bearer <key>`, and for operators `ATR-Project: <slug>`.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};

use super::{AppState, problem::Problem};
use crate::app::{Actor, keys};

/// The header by which an operator enters a project.
pub const PROJECT: &str = "atr-project";

/// A caller with a key that works.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let refused = |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", detail);
        let secret = bearer(&parts.headers)
            .ok_or_else(|| refused("send `Authorization: Bearer <key>`; `atr key create` makes a key"))?;
        let project = match parts.headers.get(PROJECT) {
            None => None,
            Some(slug) => Some(slug.to_str().map_err(|_| {
                Problem::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", "the header ATR-Project holds a project's slug")
            })?),
        };
        let actor = keys::recognise(&state.app, secret, project)
            .await?
            .ok_or_else(|| refused("this key is not known here, was withdrawn, or has expired"))?;
        Ok(Self(actor))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim()).filter(|secret| !secret.is_empty())
}
