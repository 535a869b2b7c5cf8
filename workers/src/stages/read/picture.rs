//! Takes a picture, has it read, and notes what was found.

use std::time::Duration;

use atr_core::{
    domain::{
        attachment::{AttachedFile, Found, ReadingOutcome},
        redaction::Redactor,
    },
    ids::AttachmentId,
    picture,
    queue::Claim,
};
use bytes::Bytes;
use tokio::sync::Semaphore;

use super::program;
use crate::{Context, StageError};

/// How long the program may take for one picture.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many pictures this process decodes at once, so that its memory is bounded.
static DECODING: Semaphore = Semaphore::const_new(2);

/// Reads one picture.
pub(super) async fn read(cx: &Context, claim: &Claim, attachment: AttachmentId) -> Result<(), StageError> {
    let file = {
        let mut tx = cx.store.begin_for(claim).await?;
        tx.attachments_by_id(&[attachment]).await?.pop()
    };
    let file = file.ok_or_else(|| StageError::Lasting(format!("there is no attachment {attachment}")))?;
    let mut found = match program::installed(&cx.tesseract).await {
        Ok(installed) => program::read(&cx.tesseract, installed, graymap(cx, &file).await?, PATIENCE).await,
        Err(error) => Found {
            outcome: ReadingOutcome::NoProgram,
            text: None,
            cut: false,
            program: None,
            languages: vec![],
            problem: Some(format!("cannot use {}: {error}", cx.tesseract.display())),
        },
    };
    let mut tx = cx.store.begin_for(claim).await?;
    if let Some(text) = &mut found.text {
        let mut redactor = Redactor::new(tx.redacted_patterns().await?.unwrap_or_default());
        redactor.text(text);
        for (pattern, parts) in redactor.replaced() {
            let labels = [("door", "attachments"), ("pattern", pattern.word())];
            metrics::counter!("atr_redactions_total", &labels).increment(*parts);
        }
    }
    tx.insert_attachment_text(attachment, &found).await?;
    tx.succeed_all(std::slice::from_ref(claim)).await?;
    Ok(tx.commit().await?)
}

/// The picture as the program takes it.
async fn graymap(cx: &Context, file: &AttachedFile) -> Result<Vec<u8>, StageError> {
    let bytes = Bytes::from(cx.blobs.get(&file.file.blob).await?);
    let media_type = file.file.media_type;
    let _turn = DECODING.acquire().await.expect("never closed");
    tokio::task::spawn_blocking(move || picture::for_reading(media_type, &bytes))
        .await
        .map_err(|error| StageError::Lasting(error.to_string()))?
        // It was decoded when it was attached: another attempt finds the same.
        .map_err(|bad| StageError::Lasting(bad.to_string()))
}
