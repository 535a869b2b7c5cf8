//! `POST /v1/attachments` keeps a picture; `GET /v1/attachments/{id}` answers its bytes, which never change, or a range of
//! them.
//!
//! The body is the picture. What it is is told by its bytes alone, and Content-Type is not looked at. The answer is 201, or
//! 200 where the project has it already. `docs/attachments.md` is the sender's page.

use atr_core::{domain::attachment::AttachedFile, hash::hex, ids::AttachmentId, picture::BadPicture};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    AppState, Caller,
    conditions::{Wanted, wanted},
    problem::Problem,
};
use crate::app::{
    AppError,
    attach::{NotAttached, attach, may_attach},
};

/// The doors for attachments.
pub fn router() -> Router<AppState> {
    Router::new().route("/v1/attachments", post(take)).route("/v1/attachments/{id}", get(give))
}

/// An attachment, as it is answered.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Attachment")]
pub(super) struct Told {
    /// By which it is asked for.
    id: AttachmentId,
    /// SHA-256 of what is kept, in hex.
    sha256: String,
    /// BLAKE3 of what is kept, in hex: the `digest` by which traces name what came with them.
    digest: String,
    /// What its bytes are.
    media_type: &'static str,
    /// How many bytes are kept.
    bytes: i64,
    /// In pixels.
    width: i32,
    /// In pixels.
    height: i32,
}

impl From<AttachedFile> for Told {
    fn from(AttachedFile { id, file, .. }: AttachedFile) -> Self {
        Self {
            id,
            sha256: hex(&file.sha256),
            digest: file.blob.to_hex().to_string(),
            media_type: file.media_type.word(),
            bytes: file.byte_count,
            width: file.width,
            height: file.height,
        }
    }
}

async fn take(State(state): State<AppState>, Caller(actor): Caller, body: Body) -> Result<Response, Problem> {
    // Before the body is read: who may not is refused whatever it is.
    may_attach(&state.app, &actor).await?;
    let most = state.attachment_bytes;
    let sent = Limited::new(body, most).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            let detail = format!(
                "an attachment has at most {most} bytes here: scale the picture down, or let the operator raise \
                 --attachment-bytes"
            );
            return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", detail);
        }
        let detail = "the body broke off before its end: send it again";
        Problem::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", detail)
    })?;
    let (attached, new) = attach(&state.app, &actor, sent.to_bytes()).await?;
    let location = format!("/v1/attachments/{}", attached.id);
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, [(header::LOCATION, location)], Json(Told::from(attached))).into_response())
}

impl From<NotAttached> for Problem {
    fn from(error: NotAttached) -> Self {
        let bad = match error {
            NotAttached::App(error) => return error.into(),
            NotAttached::Picture(bad) => bad,
        };
        let (status, code) = match &bad {
            BadPicture::Unknown | BadPicture::AnimatedWebP => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE")
            }
            BadPicture::TooManyPixels => (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE"),
            BadPicture::Broken(..) => (StatusCode::UNPROCESSABLE_ENTITY, "BAD_USER_INPUT"),
        };
        let problem = Self::new(status, code, bad.to_string());
        Self { field: Some("body".to_owned()), ..problem }
    }
}

async fn give(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: Result<Path<String>, PathRejection>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    actor.may_consult()?;
    // What is no text names nothing.
    let name = path.map_or_else(|_| "of that id".to_owned(), |Path(name)| name);
    let missing = || AppError::NotFound { what: "attachment", name: name.chars().take(80).collect() };
    let id: AttachmentId = name.parse().map_err(|_| missing())?;
    let mut tx = state.app.store.begin(actor.project).await.map_err(AppError::from)?;
    let found = tx.attachments_by_id(&[id]).await.map_err(AppError::from)?.pop().ok_or_else(missing)?;
    drop(tx);
    let etag = format!("\"{}\"", hex(&found.file.sha256));
    let length = found.file.byte_count as u64;
    let wanted = wanted(&method, &headers, &etag, length);
    let bytes = async || state.app.blobs.get(&found.file.blob).await.map_err(AppError::from).map(Bytes::from);
    let (status, body) = match &wanted {
        Wanted::Whole if method == Method::HEAD => (StatusCode::OK, Body::empty()),
        Wanted::Whole => (StatusCode::OK, bytes().await?.into()),
        // Blobs are read whole, for their hash is of the whole.
        Wanted::Part(part) => {
            (StatusCode::PARTIAL_CONTENT, bytes().await?.slice(*part.start() as usize..=*part.end() as usize).into())
        }
        Wanted::Nothing => (StatusCode::NOT_MODIFIED, Body::empty()),
        Wanted::Another => {
            let detail = "If-Match names another picture: an attachment never changes, leave it out";
            return Err(Problem::new(StatusCode::PRECONDITION_FAILED, "PRECONDITION_FAILED", detail));
        }
        Wanted::Beyond => {
            let detail = format!("this attachment has {length} bytes: ask for some of these");
            let refused = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "RANGE_NOT_SATISFIABLE", detail);
            return Ok(([(header::CONTENT_RANGE, format!("bytes */{length}"))], refused).into_response());
        }
    };
    let mut response = (status, body).into_response();
    let told = response.headers_mut();
    let media_type = found.file.media_type.word();
    let name = format!("inline; filename=\"{id}.{}\"", &media_type["image/".len()..]);
    for (header, text) in [(header::ETAG, etag), (header::CONTENT_DISPOSITION, name)] {
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
        told.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    Ok(response)
}
