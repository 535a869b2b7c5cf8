//! `/sign-in/oidc`: people sign in at a provider of OpenID Connect, and come back to `/sign-in/oidc/callback`.
//!
//! What must be remembered meanwhile lies in a cookie of these two addresses, so that any server can go on. It holds nothing that
//! its browser may not know, and whoever began could have made it: it needs no seal. What counts is that the answer has its state, and
//! the token its nonce.

use axum::{
    extract::{Query, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::{Cookie, SameSite, time::Duration};
use serde::{Deserialize, Serialize};

use super::sign_in::{Wanted, own};
use crate::{
    app::{AppError, single_sign_on},
    console::{
        door::{Door, May, see_other},
        fault::Fault,
        frame::{Frame, written},
    },
    http::{AppState, auth, session},
    oidc::{Answer, Begun, CALLBACK},
};

/// The cookie, and where browsers send it.
const KEPT: &str = "atr_oidc";
const PATH: &str = "/sign-in/oidc";
/// So long someone may take at the provider.
const LASTS: Duration = Duration::minutes(10);
/// The longest that a cookie's value may be: browsers keep 4,096 bytes, with its name and what else is said of it.
const LONGEST: usize = 3_800;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get(PATH, May::Anyone, begin), Door::get(CALLBACK, May::Anyone, finish)]
}

/// What is remembered while someone is at the provider.
#[derive(Serialize, Deserialize)]
struct Kept {
    begun: Begun,
    project: String,
    next: String,
}

/// Someone is signed in. The page goes on by itself, since a browser that comes from another site does not send the session's
/// cookie yet: it does from a page of this one.
#[derive(askama::Template)]
#[template(path = "signed_in.html")]
struct SignedInPage<'a> {
    frame: &'a Frame,
    next: &'a str,
}

#[derive(askama::Template)]
#[template(path = "sign_in_refused.html")]
struct RefusedPage<'a> {
    frame: &'a Frame,
    refused: &'a str,
}

async fn begin(State(state): State<AppState>, frame: Frame, Query(wanted): Query<Wanted>) -> Result<Response, Fault> {
    let (address, begun) = match single_sign_on::begin(&state.app).await {
        Ok(begun) => begun,
        Err(error) => return refused(&frame, error),
    };
    let kept = Kept { begun, project: wanted.project.trim().to_owned(), next: own(&wanted.next).to_owned() };
    let value = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&kept).expect("texts serialise"));
    if value.len() > LONGEST {
        return Err(Fault::of(StatusCode::URI_TOO_LONG));
    }
    let mut response = see_other(&address);
    response.headers_mut().insert(header::SET_COOKIE, cookie(&state, &value, LASTS));
    Ok(response)
}

async fn finish(
    State(state): State<AppState>,
    frame: Frame,
    headers: HeaderMap,
    extensions: Extensions,
    Query(answer): Query<Answer>,
) -> Result<Response, Fault> {
    let kept = auth::cookie(&headers, KEPT).and_then(|value| URL_SAFE_NO_PAD.decode(value).ok());
    let kept: Option<Kept> = kept.and_then(|kept| serde_json::from_slice(&kept).ok());
    let (begun, project, next) = match kept {
        Some(Kept { begun, project, next }) => (Some(begun), project, next),
        None => (None, String::new(), String::new()),
    };
    let origin = auth::origin(&extensions, &headers, &state);
    let mut response = match single_sign_on::finish(&state.app, begun, answer, &project, origin).await {
        Ok(signed_in) => {
            let mut response = written(&SignedInPage { frame: &frame, next: own(&next) });
            response.headers_mut().insert(header::SET_COOKIE, session::opening(&state, &signed_in));
            response
        }
        Err(error) => refused(&frame, error)?,
    };
    // It was good for one answer.
    response.headers_mut().append(header::SET_COOKIE, cookie(&state, "", Duration::ZERO));
    // The address holds what the provider answered.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// A page that says why someone is not signed in, and what to do.
fn refused(frame: &Frame, error: AppError) -> Result<Response, Fault> {
    let said = match &error {
        AppError::NotSignedIn(_) | AppError::Provider(_) => error.to_string(),
        _ => return Err(error.into()),
    };
    let status = Fault::from(error).status();
    let mut page = written(&RefusedPage { frame, refused: &said });
    if page.status() == StatusCode::OK {
        *page.status_mut() = status;
    }
    Ok(page)
}

/// The cookie: sent too where another site leads here, as the provider does.
fn cookie(state: &AppState, value: &str, lasts: Duration) -> HeaderValue {
    let cookie = Cookie::build((KEPT, value)).path(PATH).max_age(lasts);
    let cookie = cookie.http_only(true).same_site(SameSite::Lax).secure(state.secure_cookies).build();
    HeaderValue::try_from(cookie.to_string()).expect("a name, base 64 and attributes")
}
