//! Attaching a picture.

use atr_core::{
    domain::{
        access::Permission,
        attachment::{AttachedFile, NewAttachedFile},
    },
    picture::{self, BadPicture},
    queue::Work,
};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::{Actor, App, AppError, backlog};

/// How many pictures this process decodes at once, so that its memory is bounded.
static DECODING: Semaphore = Semaphore::const_new(2);

/// Why a picture was not attached.
#[derive(Debug, thiserror::Error)]
pub enum NotAttached {
    /// What was sent is no picture that is kept.
    #[error(transparent)]
    Picture(#[from] BadPicture),
    /// Anything else.
    #[error(transparent)]
    App(#[from] AppError),
}

/// Whether the caller may attach, now: whoever may send what refers to pictures (traces, facts, reviews), unless the project
/// has too much unfinished work.
///
/// # Errors
/// If they may not, or the project's backlog is full.
pub async fn may_attach(app: &App, actor: &Actor) -> Result<(), AppError> {
    actor.may_any(Permission::Ingest, &[Permission::Curate, Permission::Review])?;
    backlog::admit(app, actor.project).await
}

/// Keeps a picture, without what is not the picture, and tells whether it is new to the project: the same content is the
/// same attachment. What is new is to be read. The blob is stored first. One whose record was not committed is named by
/// nothing and served to nobody, and the same picture sent again finds it.
///
/// # Errors
/// If the caller may not, the project's backlog is full, it is no picture that is kept, or blobs or database are out of
/// reach.
pub async fn attach(app: &App, actor: &Actor, sent: Bytes) -> Result<(AttachedFile, bool), NotAttached> {
    may_attach(app, actor).await?;
    let (picture, sha256) = {
        let _turn = DECODING.acquire().await.expect("never closed");
        let clean = move || picture::clean(sent).map(|picture| (Sha256::digest(&picture.bytes).into(), picture));
        let (sha256, picture) = tokio::task::spawn_blocking(clean)
            .await
            .map_err(|error| AppError::Blob(std::io::Error::other(error)))??;
        (picture, sha256)
    };
    let too_large = |_| AppError::invalid("body", "this picture is too large to be counted");
    let file = NewAttachedFile {
        sha256,
        media_type: picture.media_type,
        byte_count: i64::try_from(picture.bytes.len()).map_err(too_large)?,
        width: i32::try_from(picture.width).map_err(too_large)?,
        height: i32::try_from(picture.height).map_err(too_large)?,
        blob: app.blobs.put(picture.bytes).await.map_err(AppError::from)?,
    };
    let mut tx = app.store.begin(actor.project).await.map_err(AppError::from)?;
    let (attached, new) = tx.insert_attachment(&file).await.map_err(AppError::from)?;
    if new {
        tx.enqueue(Work::ReadAttachment { attachment: attached.id }).await.map_err(AppError::from)?;
    }
    tx.commit().await.map_err(AppError::from)?;
    Ok((attached, new))
}
