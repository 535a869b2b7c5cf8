//! `/invitation`: who is invited chooses a password. The invitation stands in the link they were given.

use atr_core::domain::person::NewPassword;
use axum::{
    Form,
    extract::{Query, State},
    http::{Extensions, HeaderMap},
    response::Response,
};
use serde::Deserialize;

use super::sign_in::{let_in, refusing};
use crate::{
    app::{AppError, sessions},
    console::{
        door::{Door, May},
        fault::Fault,
        frame::{Frame, written},
    },
    http::{AppState, auth},
};

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/invitation", May::Anyone, page), Door::post("/invitation", May::Anyone, accept)]
}

/// The link.
#[derive(Deserialize)]
struct Link {
    token: String,
}

/// The form.
#[derive(Deserialize)]
struct Sent {
    token: String,
    password: String,
    again: String,
}

#[derive(askama::Template)]
#[template(path = "invitation.html")]
struct Page<'a> {
    frame: &'a Frame,
    token: &'a str,
    refused: Option<&'a str>,
}

async fn page(frame: Frame, Query(Link { token }): Query<Link>) -> Response {
    written(&Page { frame: &frame, token: &token, refused: None })
}

async fn accept(
    State(state): State<AppState>,
    frame: Frame,
    headers: HeaderMap,
    extensions: Extensions,
    Form(Sent { token, password, again }): Form<Sent>,
) -> Result<Response, Fault> {
    let origin = auth::origin(&extensions, &headers, &state);
    let accepted = async {
        if password != again {
            return Err(AppError::invalid("again", frame.t.passwords_differ));
        }
        let password = NewPassword::try_from(password)?;
        sessions::accept(&state.app, &token, password, origin).await
    };
    match accepted.await {
        Ok(signed_in) => Ok(let_in(&state, &signed_in, "/")),
        Err(error) => {
            refusing(error, |refused| written(&Page { frame: &frame, token: &token, refused: Some(refused) }))
        }
    }
}
