//! `POST /v1/attachments` keeps a picture; `GET /v1/attachments/{id}` answers its bytes, which never change, or a range of
//! them.
//!
//! The body is the picture. What it is is told by its bytes alone, and Content-Type is not looked at. The answer is 201, or
//! 200 where the project has it already. `docs/attachments.md` is the sender's page.

use atr_core::{domain::attachment::AttachedFile, hash::hex, ids::AttachmentId, picture::BadPicture};
use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    AppState, Caller,
    blob::{Shown, named, sent},
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
    let too_large = || {
        format!(
            "an attachment has at most {most} bytes here: scale the picture down, or let the operator raise \
             --attachment-bytes"
        )
    };
    let sent = sent(body, most, too_large).await?;
    let (attached, new) = attach(&state.app, &actor, sent).await?;
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
    let id: AttachmentId = named(path, "attachment")?;
    let mut tx = state.app.store.begin(actor.project).await.map_err(AppError::from)?;
    let found = tx.attachments_by_id(&[id]).await.map_err(AppError::from)?.pop();
    drop(tx);
    let found = found.ok_or_else(|| AppError::NotFound { what: "attachment", name: id.to_string() })?;
    let media_type = found.file.media_type.word();
    let shown = Shown {
        blob: found.file.blob,
        tag: hex(&found.file.sha256),
        bytes: found.file.byte_count as u64,
        media_type: HeaderValue::from_static(media_type),
        disposition: format!("inline; filename=\"{id}.{}\"", &media_type["image/".len()..]),
    };
    shown.answer(&state, &method, &headers).await
}
