//! How bytes that become a blob are taken, and how those of one are answered: whole, or the part that is asked for; they never
//! change.

use atr_core::{hash::Digest, ids::Id};
use axum::{
    body::{Body, Bytes},
    extract::{Path, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::{
    AppState,
    conditions::{Wanted, wanted},
    problem::Problem,
};
use crate::app::AppError;

/// A blob as it is shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) blob: Digest,
    /// What the bytes are told by: a hash of them in hex.
    pub(super) tag: String,
    /// How many they are.
    pub(super) bytes: u64,
    pub(super) media_type: HeaderValue,
    /// Whether a browser shows or saves it, and under which name.
    pub(super) disposition: String,
}

impl Shown {
    /// Answers a request for it.
    pub(super) async fn answer(
        self,
        state: &AppState,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Response, Problem> {
        let (etag, length) = (format!("\"{}\"", self.tag), self.bytes);
        let wanted = wanted(method, headers, &etag, length);
        let bytes = async || state.app.blobs.get(&self.blob).await.map_err(AppError::from).map(Bytes::from);
        let (status, body) = match &wanted {
            Wanted::Whole if method == Method::HEAD => (StatusCode::OK, Body::empty()),
            Wanted::Whole => (StatusCode::OK, bytes().await?.into()),
            // Blobs are read whole, for their hash is of the whole.
            Wanted::Part(part) => (
                StatusCode::PARTIAL_CONTENT,
                bytes().await?.slice(*part.start() as usize..=*part.end() as usize).into(),
            ),
            Wanted::Nothing => (StatusCode::NOT_MODIFIED, Body::empty()),
            Wanted::Another => {
                let detail = "If-Match names another content: what is at this address never changes, leave it out";
                return Err(Problem::new(StatusCode::PRECONDITION_FAILED, "PRECONDITION_FAILED", detail));
            }
            Wanted::Beyond => {
                let detail = format!("there are {length} bytes here: ask for some of these");
                let refused = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "RANGE_NOT_SATISFIABLE", detail);
                return Ok(([(header::CONTENT_RANGE, format!("bytes */{length}"))], refused).into_response());
            }
        };
        let mut response = (status, body).into_response();
        let told = response.headers_mut();
        for (header, text) in [(header::ETAG, etag), (header::CONTENT_DISPOSITION, self.disposition)] {
            told.insert(header, HeaderValue::try_from(text).expect("hex, an id and a word"));
        }
        for (header, text) in [
            (header::ACCEPT_RANGES, "bytes"),
            (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            // Opened by itself it runs and loads nothing, whatever a browser takes it for.
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        ] {
            told.insert(header, HeaderValue::from_static(text));
        }
        if let Wanted::Part(part) = &wanted {
            let range = format!("bytes {}-{}/{length}", part.start(), part.end());
            told.insert(header::CONTENT_RANGE, HeaderValue::try_from(range).expect("numbers"));
        }
        if method == Method::HEAD && status == StatusCode::OK {
            told.insert(header::CONTENT_LENGTH, length.into());
        }
        if status != StatusCode::NOT_MODIFIED {
            told.insert(header::CONTENT_TYPE, self.media_type);
        }
        Ok(response)
    }
}

/// A body that is bytes, of at most so many; `too_large` says what to do about more.
pub(super) async fn sent(body: Body, most: usize, too_large: impl FnOnce() -> String) -> Result<Bytes, Problem> {
    let sent = Limited::new(body, most).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", too_large());
        }
        let detail = "the body broke off before its end: send it again";
        Problem::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", detail)
    })?;
    Ok(sent.to_bytes())
}

/// The id in a path; what is no text or no such id names nothing.
pub(super) fn named<I: Id>(path: Result<Path<String>, PathRejection>, what: &'static str) -> Result<I, AppError> {
    let name = path.map_or_else(|_| "of that id".to_owned(), |Path(name)| name);
    name.parse().map_err(|_| AppError::NotFound { what, name: name.chars().take(80).collect() })
}
