//! `/sign-in/link`: someone signs in by a link that was made for them; `/sign-in/ask`: they have one mailed to them. Programs that
//! look through mail open its links, so that only the button of the page uses one up.

use atr_core::domain::person::LinkSecret;
use axum::{
    Form,
    extract::{Query, State},
    http::{Extensions, HeaderMap},
    response::Response,
};
use serde::Deserialize;

use super::sign_in::{Page as SignInPage, let_in, refusing};
use crate::{
    app::links,
    console::{
        door::{Door, May},
        fault::Fault,
        frame::{Frame, written},
    },
    http::{AppState, auth},
};

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/sign-in/link", May::Anyone, page),
        Door::post("/sign-in/link", May::Anyone, sign_in),
        Door::post("/sign-in/ask", May::Anyone, ask),
    ]
}

/// What stands in the link, and is sent by the button.
#[derive(Deserialize)]
struct Link {
    token: String,
}

#[derive(askama::Template)]
#[template(path = "sign_in_link.html")]
struct Page<'a> {
    frame: &'a Frame,
    token: &'a str,
    mails_links: bool,
    refused: Option<&'a str>,
}

async fn page(State(state): State<AppState>, frame: Frame, Query(Link { token }): Query<Link>) -> Response {
    written(&Page { frame: &frame, token: &token, mails_links: state.app.process.mails_links(), refused: None })
}

async fn sign_in(
    State(state): State<AppState>,
    frame: Frame,
    headers: HeaderMap,
    extensions: Extensions,
    Form(Link { token }): Form<Link>,
) -> Result<Response, Fault> {
    let origin = auth::origin(&extensions, &headers, &state);
    match links::sign_in(&state.app, LinkSecret::from(token), origin).await {
        Ok(signed_in) => Ok(let_in(&state, &signed_in, "/")),
        Err(error) => refusing(error, |refused| {
            let mails_links = state.app.process.mails_links();
            written(&Page { frame: &frame, token: "", mails_links, refused: Some(refused) })
        }),
    }
}

/// Whom a link is to be mailed to. The form holds a password too, which is not read.
#[derive(Deserialize)]
struct Asked {
    project: String,
    email: String,
    #[serde(default)]
    next: String,
}

#[derive(askama::Template)]
#[template(path = "sign_in_asked.html")]
struct AskedPage<'a> {
    frame: &'a Frame,
    email: &'a str,
}

async fn ask(
    State(state): State<AppState>,
    frame: Frame,
    Form(Asked { project, email, next }): Form<Asked>,
) -> Result<Response, Fault> {
    match links::ask(&state.app, project.trim(), &email).await {
        Ok(()) => Ok(written(&AskedPage { frame: &frame, email: email.trim() })),
        Err(error) => {
            refusing(error, |refused| written(&SignInPage::of(&state, &frame, &next, &project, &email, Some(refused))))
        }
    }
}
