//! Errors as OTLP tells them: `google.rpc.Status`, in the encoding of the request.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use super::body::Encoding;
use crate::http::problem::Problem;

/// `google.rpc.Status`, without details.
#[derive(Clone, PartialEq, prost::Message, serde::Serialize)]
pub(super) struct Status {
    /// One of `google.rpc.Code`.
    #[prost(int32, tag = "1")]
    pub(super) code: i32,
    /// What happened and what to do.
    #[prost(string, tag = "2")]
    pub(super) message: String,
}

/// Why a request is refused as a whole.
#[derive(Debug, Clone)]
pub struct Refusal {
    status: StatusCode,
    message: String,
    retry_after: Option<u32>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after: None }
    }

    /// The answer.
    pub(super) fn answer(self, encoding: Encoding) -> Response {
        let told = Status { code: code(self.status), message: self.message };
        let mut response = encoding.answer(self.status, &told);
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"atr\""));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, message: problem.detail, retry_after: problem.retry_after }
    }
}

/// The `google.rpc.Code` that says the same.
fn code(status: StatusCode) -> i32 {
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE => 3,
        StatusCode::NOT_FOUND => 5,
        StatusCode::FORBIDDEN => 7,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::PAYLOAD_TOO_LARGE => 8,
        StatusCode::METHOD_NOT_ALLOWED => 12,
        StatusCode::SERVICE_UNAVAILABLE => 14,
        StatusCode::UNAUTHORIZED => 16,
        _ => 13,
    }
}
