//! Who calls: `Authorization: Bearer <key>`, or the cookie of a session, and for operators `ATR-Project: <slug>`.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, StatusCode, header, request::Parts},
};
use cookie::Cookie;

use super::{AppState, problem::Problem};
use crate::app::{Actor, AppError, keys};

/// The header by which an operator enters a project.
pub const PROJECT: &str = "atr-project";

/// A caller with a key that works.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let refused = |detail: &str| {
            let problem = Problem::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", detail);
            Problem { field: Some("Authorization".to_owned()), ..problem }
        };
        let session = session(&parts.headers);
        let secret = match (bearer(&parts.headers), &session) {
            (Some(secret), _) => secret,
            (None, Some(secret)) => {
                if !parts.method.is_safe() && !is_of_this_site(&parts.headers) {
                    return Err(elsewhere());
                }
                secret
            }
            (None, None) => {
                return Err(refused("send `Authorization: Bearer <key>`; `atr key create` makes a key"));
            }
        };
        let project = match parts.headers.get(PROJECT) {
            None => None,
            Some(slug) => Some(slug.to_str().map_err(|_| {
                let detail = "the header ATR-Project holds a project's slug";
                let problem = Problem::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", detail);
                Problem { field: Some("ATR-Project".to_owned()), ..problem }
            })?),
        };
        let actor = keys::recognise(&state.app, secret, project, origin(&parts.extensions, &parts.headers, state))
            .await
            .map_err(named_wrongly)?
            .ok_or_else(|| {
                refused("this key is not known here, was withdrawn, or has expired; `atr key create` makes another")
            })?;
        Ok(Self(actor))
    }
}

/// The problem of a project that the header names and the key cannot enter.
fn named_wrongly(error: AppError) -> Problem {
    let not_found = matches!(error, AppError::NotFound { .. });
    let mut problem = Problem::from(error);
    if not_found {
        problem.field = Some("ATR-Project".to_owned());
        problem.detail += ": leave the header ATR-Project out to enter the key's own project; an operator names another by \
                           its slug (`atr project list`)";
    }
    problem
}

/// The address that a request comes from: that of its connection, or, where a proxy that is trusted holds the
/// connection, the last one that the header X-Forwarded-For names before the proxies that are.
pub(crate) fn origin(extensions: &Extensions, headers: &HeaderMap, state: &AppState) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    let trusted = |address: &IpAddr| state.trusted_proxies.iter().any(|network| network.contains(address));
    let mut origin = peer.ip().to_canonical();
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let mut named: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    while trusted(&origin) {
        let Some(before) = named.pop().and_then(|text| text.parse::<IpAddr>().ok()) else { break };
        origin = before.to_canonical();
    }
    Some(origin)
}

/// The cookie that holds the secret of a session.
pub(super) const SESSION: &str = "atr_session";

/// The secret of the session that a browser sends.
pub(super) fn session(headers: &HeaderMap) -> Option<String> {
    cookie(headers, SESSION)
}

/// A cookie that a browser sends.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = sent.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

/// Whether a page of this site asks, as browsers say it: a page elsewhere would act for who is signed in here. Who says
/// nothing of it is no browser, and was given its cookie by whoever uses it.
pub(crate) fn is_of_this_site(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (said("sec-fetch-site"), said("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = said("host").filter(|host| !host.is_empty());
            host.is_some_and(|host| origin.split_once("://").is_some_and(|(_, of)| of.eq_ignore_ascii_case(host)))
        }
        (None, None) => true,
    }
}

/// The problem of a page of another site.
pub(crate) fn elsewhere() -> Problem {
    let detail =
        "a page of another site asks by the session of who is signed in here: send a key, or ask from this site";
    let problem = Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN", detail);
    Problem { field: Some("Origin".to_owned()), ..problem }
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    secret(headers.get(header::AUTHORIZATION)?.to_str().ok()?)
}

/// The key in `Bearer <key>`.
pub(super) fn secret(value: &str) -> Option<&str> {
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim()).filter(|secret| !secret.is_empty())
}
