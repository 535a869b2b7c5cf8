//! `/invitation`: who is invited chooses a password. The invitation stands in the link they were given.

use atr_core::domain::person::NewPassword;
use axum::{
    Form,
    extract::{Query, State},
    http::{Extensions, HeaderMap, header},
    response::Response,
};
use serde::Deserialize;

use super::sign_in::refusing;
use crate::{
    app::{AppError, sessions},
    console::{
        door::{Door, May, see_other},
        fault::Fault,
        frame::{Frame, written},
    },
    http::{AppState, auth, session},
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
        Ok(signed_in) => {
            let mut response = see_other("/");
            response.headers_mut().insert(header::SET_COOKIE, session::opening(&state, &signed_in));
            Ok(response)
        }
        Err(error) => {
            let fault = Fault::from(error);
            let Some(refused) = fault.detail().filter(|_| fault.is_refusal()) else { return Err(fault) };
            Ok(refusing(&fault, written(&Page { frame: &frame, token: &token, refused: Some(refused) })))
        }
    }
}
