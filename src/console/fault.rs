//! What goes wrong, as pages.

use atr_core::store::StoreError;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    frame::{Frame, written},
    text::Text,
};
use crate::{app::AppError, http::problem::Problem};

/// Why there is no page. Of our own faults it holds nothing: their inner detail is in the log, under the request's id.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    status: StatusCode,
    /// What happened and what to do; none where it is the page's own text.
    detail: Option<String>,
    retry_after: Option<u32>,
}

#[derive(askama::Template)]
#[template(path = "fault.html")]
struct Page<'a> {
    frame: &'a Frame,
    status: u16,
    heading: &'static str,
    detail: &'a str,
}

impl Fault {
    /// One of this status.
    pub(super) fn of(status: StatusCode) -> Self {
        Self { status, detail: None, retry_after: None }
    }

    pub(super) fn not_found() -> Self {
        Self::of(StatusCode::NOT_FOUND)
    }

    pub(super) fn not_signed_in() -> Self {
        Self::of(StatusCode::UNAUTHORIZED)
    }

    /// What is said of it.
    pub(super) fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Whether it is the caller's to mend.
    pub(super) fn is_refusal(&self) -> bool {
        self.status.is_client_error()
    }

    /// Its status.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// Its page.
    pub(super) fn page(&self, frame: &Frame) -> Response {
        let t: &Text = frame.t;
        let (heading, usual) = match self.status {
            StatusCode::NOT_FOUND => (t.fault_not_found, t.fault_not_found_detail),
            StatusCode::FORBIDDEN => (t.fault_forbidden, t.fault_forbidden_detail),
            StatusCode::UNAUTHORIZED => (t.fault_not_signed_in, t.fault_not_signed_in_detail),
            StatusCode::TOO_MANY_REQUESTS => (t.fault_too_often, t.fault_too_often_detail),
            StatusCode::SERVICE_UNAVAILABLE => (t.fault_unavailable, t.fault_unavailable_detail),
            status if status.is_client_error() => (t.fault_refused, t.fault_refused_detail),
            _ => (t.fault_ours, t.fault_ours_detail),
        };
        let detail = self.detail.as_deref().unwrap_or(usual);
        let mut response = written(&Page { frame, status: self.status.as_u16(), heading, detail });
        // A page that could not be written is a fault of its own.
        if response.status() == StatusCode::OK {
            *response.status_mut() = self.status;
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let detail = status.is_client_error().then_some(problem.detail);
        Self { status, detail, retry_after: problem.retry_after }
    }
}

impl From<AppError> for Fault {
    fn from(error: AppError) -> Self {
        Problem::from(error).into()
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        AppError::from(error).into()
    }
}

/// The page is written where it is known whose it is ([`super::door`]).
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
