//! Errors as OTLP tells them: `google.rpc.Status`, over HTTP in the encoding of the request.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use prost::Message as _;
use tonic::{
    Code,
    metadata::{MetadataMap, MetadataValue},
};
use tonic_types::{ErrorDetails, RetryInfo, StatusExt as _, pb};

use super::{MOST, body::Encoding};
use crate::http::problem::Problem;

/// `google.rpc.Status`, without details.
#[derive(Clone, PartialEq, prost::Message, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "RpcStatus")]
pub(in crate::http) struct Status {
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

    pub(super) fn too_large() -> Self {
        let message = format!("the request has more than {MOST} bytes: send fewer spans at once");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    /// The answer over gRPC. The protocol has it that only what tells when to come again may be tried again.
    pub(super) fn into_grpc(self) -> tonic::Status {
        let code = Code::from_i32(code(self.status));
        match self.retry_after {
            None => tonic::Status::new(code, self.message),
            Some(seconds) => {
                let pause = Duration::from_secs(seconds.into());
                let details = ErrorDetails::with_retry_info(Some(pause));
                let mut told = MetadataMap::new();
                told.insert_bin(RETRY_INFO, MetadataValue::from_bytes(&encoded(pause)));
                tonic::Status::with_error_details_and_metadata(code, self.message, details, told)
            }
        }
    }

    /// The answer over HTTP.
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

/// Where exporters of OpenTelemetry's Python SDK look for it.
const RETRY_INFO: &str = "google.rpc.retryinfo-bin";

/// A `google.rpc.RetryInfo`.
fn encoded(pause: Duration) -> Vec<u8> {
    pb::RetryInfo::from(RetryInfo::new(Some(pause))).encode_to_vec()
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
