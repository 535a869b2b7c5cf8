//! `/sign-in` and `/sign-out`.

use axum::{
    Form,
    extract::{Query, State},
    http::{Extensions, HeaderMap, StatusCode, header},
    response::Response,
};
use serde::Deserialize;

use crate::{
    app::{
        AppError,
        sessions::{self, SignedIn},
    },
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
    },
    http::{AppState, auth, session},
    oidc::Provider,
};

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/sign-in", May::Anyone, page),
        Door::post("/sign-in", May::Anyone, sign_in),
        Door::post("/sign-out", May::SignedIn, sign_out),
    ]
}

/// To which project, and where to go afterwards.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default = "default_project")]
    pub(super) project: String,
    #[serde(default)]
    pub(super) next: String,
}

fn default_project() -> String {
    "default".to_owned()
}

/// The form.
#[derive(Deserialize)]
struct Sent {
    project: String,
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(askama::Template)]
#[template(path = "sign_in.html")]
pub(super) struct Page<'a> {
    frame: &'a Frame,
    next: &'a str,
    project: &'a str,
    email: &'a str,
    /// Whether links to sign in by are mailed.
    mails_links: bool,
    /// What people call the provider at which they may sign in.
    provider: Option<&'a str>,
    refused: Option<&'a str>,
}

impl<'a> Page<'a> {
    /// With what was typed, and what was wrong with it.
    pub(super) fn of(
        state: &'a AppState,
        frame: &'a Frame,
        next: &'a str,
        project: &'a str,
        email: &'a str,
        refused: Option<&'a str>,
    ) -> Self {
        let process = &state.app.process;
        let provider = process.provider.as_ref().map(Provider::name);
        Self { frame, next: own(next), project, email, mails_links: process.mails_links(), provider, refused }
    }
}

/// A place of this site and no other: browsers read `//` and `/\` as the beginning of another site's address.
pub(super) fn own(next: &str) -> &str {
    let own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.chars().any(|c| c == '\\' || c.is_control() || !c.is_ascii());
    if own { next } else { "/" }
}

async fn page(State(state): State<AppState>, frame: Frame, Query(Wanted { project, next }): Query<Wanted>) -> Response {
    written(&Page::of(&state, &frame, &next, &project, "", None))
}

async fn sign_in(
    State(state): State<AppState>,
    frame: Frame,
    headers: HeaderMap,
    extensions: Extensions,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    let Sent { project, email, password, next } = sent;
    let origin = auth::origin(&extensions, &headers, &state);
    match sessions::sign_in(&state.app, project.trim(), &email, password, origin).await {
        Ok(signed_in) => Ok(let_in(&state, &signed_in, own(&next))),
        Err(error) => {
            refusing(error, |refused| written(&Page::of(&state, &frame, &next, &project, &email, Some(refused))))
        }
    }
}

/// Sends on who signed in, with their session.
pub(super) fn let_in(state: &AppState, signed_in: &SignedIn, place: &str) -> Response {
    let mut response = see_other(place);
    response.headers_mut().insert(header::SET_COOKIE, session::opening(state, signed_in));
    response
}

/// The form again, under the status of what was wrong with it.
///
/// # Errors
/// If that is not the caller's to mend.
pub(super) fn refusing(error: AppError, form: impl FnOnce(&str) -> Response) -> Result<Response, Fault> {
    let fault = Fault::from(error);
    let Some(refused) = fault.detail().filter(|_| fault.is_refusal()) else { return Err(fault) };
    let mut page = form(refused);
    if page.status() == StatusCode::OK {
        *page.status_mut() = fault.status();
    }
    Ok(page)
}

async fn sign_out(State(state): State<AppState>, visitor: Visitor) -> Result<Response, Fault> {
    sessions::sign_out(&state.app, &visitor.actor).await?;
    let mut response = see_other("/sign-in");
    response.headers_mut().insert(header::SET_COOKIE, session::closing(&state));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_sent_on_to_this_site_alone() {
        assert_eq!(own("/traces?domain=law"), "/traces?domain=law");
        for elsewhere in
            ["", "https://example.com", "//example.com", "/\\example.com", "/a\\b", "javascript:x", "/a\r\nb", "traces"]
        {
            assert_eq!(own(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
