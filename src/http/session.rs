//! `/v1/session`: people sign in and out. `POST` with an address and a password opens a session, `GET` says whose it is,
//! `DELETE` ends it; `POST /v1/session/invitation` takes the password that someone who is invited chooses.
//!
//! The session's secret goes to the browser as a cookie that scripts cannot read and other sites' pages do not send.

use atr_core::{
    domain::{
        access::Role,
        person::{Email, NewPassword, Person},
    },
    ids::{ExpertId, PersonId},
    store::Project,
};
use axum::{
    Json, Router,
    extract::{State, rejection::JsonRejection},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use cookie::{Cookie, SameSite};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AppState, Caller,
    auth::{self, SESSION},
    problem::Problem,
};
use crate::app::{
    AppError,
    sessions::{self, SignedIn},
};

/// The doors for people. Whoever may sign in is not known yet: the first two are open to all.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/v1/session", get(who).post(sign_in).delete(sign_out))
        .route("/v1/session/invitation", post(accept))
}

/// Who wants to sign in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    /// The project's slug.
    #[serde(default = "default_project")]
    project: String,
    /// Their e-mail address.
    email: String,
    /// Their password.
    password: String,
}

fn default_project() -> String {
    "default".to_owned()
}

/// The password that someone chooses.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Acceptance {
    /// What they were sent.
    invitation: String,
    /// Twelve characters or more.
    #[schemars(length(min = 12))]
    password: String,
}

/// Whose a session is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(super) struct Told {
    /// Who.
    person: PersonId,
    /// The address they sign in with.
    email: Email,
    /// What they may do.
    #[schemars(with = "String")]
    role: Role,
    /// The expert whose reviews they write.
    expert: Option<ExpertId>,
    /// The project's slug.
    project: String,
    /// When it ends.
    until: DateTime<Utc>,
}

impl Told {
    fn of(person: Person, project: Project, until: DateTime<Utc>) -> Self {
        let Person { id, email, role, expert, .. } = person;
        Self { person: id, email, role, expert, project: project.slug, until }
    }
}

async fn sign_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    extensions: Extensions,
    sent: Result<Json<SignIn>, JsonRejection>,
) -> Result<Response, Problem> {
    let SignIn { project, email, password } = read(&headers, sent)?;
    let origin = auth::origin(&extensions, &headers, &state);
    Ok(opened(&state, sessions::sign_in(&state.app, &project, &email, password, origin).await?))
}

async fn accept(
    State(state): State<AppState>,
    headers: HeaderMap,
    extensions: Extensions,
    sent: Result<Json<Acceptance>, JsonRejection>,
) -> Result<Response, Problem> {
    let Acceptance { invitation, password } = read(&headers, sent)?;
    let password = NewPassword::try_from(password).map_err(AppError::from)?;
    let origin = auth::origin(&extensions, &headers, &state);
    Ok(opened(&state, sessions::accept(&state.app, &invitation, password, origin).await?))
}

async fn who(State(state): State<AppState>, Caller(actor): Caller) -> Result<Json<Told>, Problem> {
    let no_session = || AppError::NotFound { what: "session", name: "of this key: it is a program's".to_owned() };
    let (person, project, until) = sessions::current(&state.app, &actor).await?.ok_or_else(no_session)?;
    Ok(Json(Told::of(person, project, until)))
}

async fn sign_out(State(state): State<AppState>, Caller(actor): Caller) -> Result<Response, Problem> {
    sessions::sign_out(&state.app, &actor).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, closing(&state))]).into_response())
}

/// The body, unless a page of another site sends it, which could sign someone in as another one than they think.
fn read<T>(headers: &HeaderMap, sent: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    if !auth::is_of_this_site(headers) {
        return Err(auth::elsewhere());
    }
    let Json(sent) = sent.map_err(|refused| {
        let code = match refused.status() {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "UNSUPPORTED_MEDIA_TYPE",
            StatusCode::PAYLOAD_TOO_LARGE => "TOO_LARGE",
            _ => "BAD_USER_INPUT",
        };
        // What is wrong with it is told without what stands in it.
        let detail = match refused {
            JsonRejection::MissingJsonContentType(_) => {
                "send the request as `Content-Type: application/json`".to_owned()
            }
            JsonRejection::JsonDataError(_) => {
                "the body lacks a field, or has one too many: see the API's document".to_owned()
            }
            _ => "the body is no JSON object that can be read".to_owned(),
        };
        Problem::new(refused.status(), code, detail)
    })?;
    Ok(sent)
}

/// The answer that opens a session.
fn opened(state: &AppState, signed_in: SignedIn) -> Response {
    let cookie = opening(state, &signed_in);
    let SignedIn { person, project, until, .. } = signed_in;
    (
        StatusCode::OK,
        [(header::SET_COOKIE, cookie), (header::CACHE_CONTROL, no_store())],
        Json(Told::of(person, project, until)),
    )
        .into_response()
}

fn no_store() -> HeaderValue {
    HeaderValue::from_static("no-store")
}

/// The cookie that opens a session.
pub(crate) fn opening(state: &AppState, SignedIn { secret, until, .. }: &SignedIn) -> HeaderValue {
    let lasts = (*until - state.app.store.clock().now()).num_seconds();
    set(state, Cookie::build((SESSION, secret.as_str())).max_age(cookie::time::Duration::seconds(lasts)))
}

/// The cookie that makes a browser forget its session.
pub(crate) fn closing(state: &AppState) -> HeaderValue {
    set(state, Cookie::build((SESSION, "")).max_age(cookie::time::Duration::ZERO))
}

/// A cookie of this site alone, out of the reach of scripts; over TLS alone, where there is TLS.
fn set(state: &AppState, cookie: cookie::CookieBuilder<'_>) -> HeaderValue {
    let cookie = cookie.path("/").http_only(true).same_site(SameSite::Strict).secure(state.secure_cookies).build();
    HeaderValue::try_from(cookie.to_string()).expect("a name, hex digits and attributes")
}
