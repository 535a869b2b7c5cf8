//! Takes what was retrieved from a source, reads its text, and has looked at again what depends on it.

use atr_core::{
    ids::SourceCopyId,
    queue::{Claim, Work},
};

use super::text::text_of;
use crate::{Context, StageError};

/// Reads the text of a copy.
pub(super) async fn read(cx: &Context, claim: &Claim, copy: SourceCopyId) -> Result<(), StageError> {
    let (found, is_read) = {
        let mut tx = cx.store.begin_for(claim).await?;
        (tx.source_copies_by_id(&[copy]).await?.pop(), !tx.texts_of_copies(&[copy]).await?.is_empty())
    };
    let found = found.ok_or_else(|| StageError::Lasting(format!("there is no source copy {copy}")))?;
    // What a source had before, and has again, was read then.
    let text = if is_read {
        None
    } else {
        let bytes = cx.blobs.get(&found.content.blob).await?;
        let media_type = found.content.media_type.clone();
        let read = tokio::task::spawn_blocking(move || text_of(&media_type, &bytes)).await;
        Some(read.map_err(|error| StageError::Lasting(error.to_string()))?)
    };
    let mut tx = cx.store.begin_for(claim).await?;
    if let Some(text) = text {
        tx.insert_copy_text(copy, &text).await?;
    }
    tx.enqueue(Work::PlaceQuotes { copy, after: None }).await?;
    tx.enqueue(Work::VerifyCiting { source: found.source, after: None }).await?;
    tx.succeed_all(std::slice::from_ref(claim)).await?;
    Ok(tx.commit().await?)
}
