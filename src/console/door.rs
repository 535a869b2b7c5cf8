//! The doors of the console, and who may pass them. A page without a decision who may call it is not served: the router is
//! made of this list.

use atr_core::domain::access::{Permission, Role};
use axum::{
    body::Body,
    extract::{FromRequestParts, Request, State},
    handler::Handler,
    http::{HeaderMap, Method, StatusCode, Uri, header, request::Parts},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{MethodFilter, MethodRouter, on},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{assets, fault::Fault, frame::Frame, pages};
use crate::{
    app::{Actor, AppError, assignments::own_desk, record_grounding::may_vouch},
    http::{AppState, Caller, auth},
};

/// Who may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Anyone: who comes to sign in is not known yet.
    Anyone,
    /// Whoever is signed in.
    SignedIn,
    /// Who may read what a judgement is made with ([`Actor::may_consult`]).
    Consult,
    /// An expert, at their own desk ([`own_desk`]).
    Desk,
    /// Who may enter facts ([`may_vouch`]), or propose them.
    Propose,
    /// Who may do this.
    Do(Permission),
}

impl May {
    /// Lets someone pass.
    ///
    /// # Errors
    /// [`AppError::Forbidden`].
    pub fn admit(self, actor: &Actor) -> Result<(), AppError> {
        match self {
            Self::Anyone | Self::SignedIn => Ok(()),
            Self::Consult => actor.may_consult(),
            Self::Desk => own_desk(actor).map(drop),
            Self::Propose => may_vouch(actor).map(drop),
            Self::Do(what) => actor.may(what),
        }
    }

    /// Whether those of a role pass, whose key is narrowed to nothing.
    pub fn admits(self, role: Role) -> bool {
        match self {
            Self::Anyone | Self::SignedIn => true,
            Self::Consult => role.may(Permission::Read) || role.may(Permission::Review),
            Self::Desk => role.may(Permission::Review),
            Self::Propose => role.may(Permission::Curate) || role.may(Permission::Review),
            Self::Do(what) => role.may(what),
        }
    }
}

/// A door: what is served where, by which method, to whom.
#[derive(Debug)]
pub struct Door {
    /// The address, as the router has it.
    pub path: &'static str,
    /// The method.
    pub method: Method,
    /// Who may pass.
    pub may: May,
    handler: MethodRouter<AppState>,
}

impl Door {
    /// A page.
    pub(super) fn get<T: 'static, H: Handler<T, AppState>>(path: &'static str, may: May, handler: H) -> Self {
        Self { path, method: Method::GET, may, handler: on(MethodFilter::GET, handler) }
    }

    /// What a form is sent to.
    pub(super) fn post<T: 'static, H: Handler<T, AppState>>(path: &'static str, may: May, handler: H) -> Self {
        Self { path, method: Method::POST, may, handler: on(MethodFilter::POST, handler) }
    }

    /// What is routed: the handler behind who may pass.
    pub(super) fn admitting(self, state: &AppState) -> (&'static str, MethodRouter<AppState>) {
        (self.path, self.handler.layer(from_fn_with_state((state.clone(), self.may), admit)))
    }
}

/// Every door.
pub fn doors() -> Vec<Door> {
    let mut doors = vec![Door::get("/assets/{name}", May::Anyone, assets::serve)];
    doors.extend(pages::doors());
    doors
}

/// Someone who was let in, and what their pages stand in.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub(super) actor: Actor,
    pub(super) frame: Frame,
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Fault::not_signed_in)
    }
}

impl<S: Sync> FromRequestParts<S> for Frame {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self::of(&parts.headers, parts.uri.path())))
    }
}

/// Lets someone pass a door, or not; and gives what went wrong behind it a page.
async fn admit(State((state, may)): State<(AppState, May)>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut frame = Frame::of(&parts.headers, parts.uri.path());
    let passed = pass(&state, may, &mut parts, &mut frame).await;
    let answer = match passed {
        Ok(None) => {
            parts.extensions.insert(frame.clone());
            next.run(Request::from_parts(parts, body)).await
        }
        Ok(Some(elsewhere)) => elsewhere,
        Err(fault) => fault.into_response(),
    };
    told(answer, &frame)
}

/// Whether they pass; where they are sent instead.
async fn pass(state: &AppState, may: May, parts: &mut Parts, frame: &mut Frame) -> Result<Option<Response>, Fault> {
    // A page of another site would act for who is signed in here, or sign them in as another one than they think.
    if !parts.method.is_safe() && !auth::is_of_this_site(&parts.headers) {
        return Err(auth::elsewhere().into());
    }
    if may == May::Anyone {
        return Ok(None);
    }
    let Caller(actor) = match Caller::from_request_parts(parts, state).await {
        Ok(caller) => caller,
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED.as_u16() => {
            return Ok(Some(to_sign_in(&parts.method, &parts.uri, &parts.headers)));
        }
        Err(problem) => return Err(problem.into()),
    };
    frame.enter(&state.app, &actor).await?;
    may.admit(&actor)?;
    parts.extensions.insert(Visitor { actor, frame: frame.clone() });
    Ok(None)
}

/// Where one signs in, to come back to where one wanted to go.
fn to_sign_in(method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    let wanted = uri.path_and_query().map_or("/", |wanted| wanted.as_str());
    let place = if method.is_safe() && wanted != "/" {
        format!("/sign-in?next={}", utf8_percent_encode(wanted, NON_ALPHANUMERIC))
    } else {
        "/sign-in".to_owned()
    };
    if headers.contains_key("hx-request") {
        // Part of a page asks: the whole page goes there.
        return (StatusCode::UNAUTHORIZED, [("hx-redirect", "/sign-in")]).into_response();
    }
    Redirect::to(&place).into_response()
}

/// An answer as it is told: whatever went wrong has a page.
fn told(answer: Response, frame: &Frame) -> Response {
    if let Some(fault) = answer.extensions().get::<Fault>() {
        return fault.page(frame);
    }
    let status = answer.status();
    // Pages, and what a page's script is told.
    let ours = ["text/html; charset=utf-8", "application/json"];
    let is_ours = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| ours.iter().any(|one| kind == one));
    let wrong = status.is_client_error() || status.is_server_error();
    // What the framework refuses by itself: a form or an address that cannot be read.
    if wrong && !is_ours && !answer.headers().contains_key("hx-redirect") {
        return Fault::of(status).page(frame);
    }
    answer
}

/// Sends the browser on after a form was taken.
pub(super) fn see_other(place: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)], Body::empty()).into_response()
}
