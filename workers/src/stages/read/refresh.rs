//! Reads a source again: because someone asks, or because it is due.

use atr_core::{
    domain::{grounding::Source, source_copy::NewSourceCopy},
    ids::SourceId,
    queue::{Claim, Work},
    store::Retrieved,
};
use url::Url;

use super::fetch::{Answer, Validators, fetch};
use crate::{Context, StageError};

/// Fetches a source, as someone asks.
pub(super) async fn fetch_source(cx: &Context, claim: &Claim, source: SourceId) -> Result<(), StageError> {
    if !cx.fetching.on {
        return Err(StageError::Lasting("this worker fetches no sources: start it with ATR_FETCH_SOURCES".to_owned()));
    }
    let known = known(cx, claim, source).await?;
    retrieve(cx, claim, known).await
}

/// Fetches a source that is due, where sources are fetched; else what rests on it is stale from now on.
pub(super) async fn refresh_source(cx: &Context, claim: &Claim, source: SourceId) -> Result<(), StageError> {
    let known = known(cx, claim, source).await?;
    let mut tx = cx.store.begin_for(claim).await?;
    let now = tx.now();
    let due = tx.freshness_of_sources(&[source]).await?.pop().and_then(|(_, found)| found.fresh_until);
    match due {
        // It was read meanwhile, or need not be read again any more.
        None => {}
        Some(due) if due > now => {
            tx.enqueue_at(Work::RefreshSource { source }, due).await?;
        }
        Some(_) if cx.fetching.on && known.source.url.is_some() => {
            drop(tx);
            return retrieve(cx, claim, known).await;
        }
        Some(_) => tx.verify_what_rests_on_source(source).await?,
    }
    tx.succeed_all(std::slice::from_ref(claim)).await?;
    Ok(tx.commit().await?)
}

struct Known {
    source: Source,
    /// What came with the copy that it had last.
    validators: Validators,
}

async fn known(cx: &Context, claim: &Claim, source: SourceId) -> Result<Known, StageError> {
    let mut tx = cx.store.begin_for(claim).await?;
    let found = tx.sources_by_id(&[source]).await?.pop();
    let found = found.ok_or_else(|| StageError::Lasting(format!("there is no source {source}")))?;
    let last = tx.current_retrieval_of_source(source).await?;
    // Of a copy that someone sent, the server knows nothing.
    let validators = last.filter(|last| last.fetched.url.is_some()).map(|last| last.fetched);
    let validators = validators.map(|of| Validators { etag: of.etag, last_modified: of.last_modified });
    Ok(Known { source: found, validators: validators.unwrap_or_default() })
}

async fn retrieve(cx: &Context, claim: &Claim, known: Known) -> Result<(), StageError> {
    let Known { source, validators } = known;
    let url = source.url.as_deref().and_then(|url| Url::parse(url).ok());
    let answer = match url {
        Some(url) => fetch(url, &validators, cx.fetching.private_addresses).await,
        None => return Err(StageError::Lasting(format!("{} has no address to fetch it from", source.id))),
    };
    // The bytes before the record: what no record names is nobody's, and found again when they come again.
    let (content, fetched, problem) = match answer {
        Ok(Answer::Content { bytes, media_type, fetched }) => {
            let byte_count = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            let blob = cx.blobs.put(bytes).await?;
            (Some(NewSourceCopy { blob, media_type, byte_count }), fetched, None)
        }
        Ok(Answer::Unchanged { fetched }) => (None, fetched, None),
        Err(error) => (None, error.fetched(), Some(error.to_string())),
    };
    let retrieved = match (&content, &problem) {
        (Some(content), _) => Retrieved::Content(content),
        (None, None) => Retrieved::Unchanged,
        (None, Some(why)) => Retrieved::Nothing(why),
    };
    let mut tx = cx.store.begin_for(claim).await?;
    let before = tx.freshness_of_sources(&[source.id]).await?.pop().map(|(_, found)| found);
    tx.note_retrieval(source.id, retrieved, fetched, None).await?;
    if problem.is_some() {
        match before {
            Some(before) if before.stale => tx.verify_what_rests_on_source(source.id).await?,
            // Answers that cite it are told that it cannot be reached.
            Some(before) if !before.failing => {
                tx.enqueue(Work::VerifyCiting { source: source.id, after: None }).await?;
            }
            _ => {}
        }
    }
    tx.succeed_all(std::slice::from_ref(claim)).await?;
    Ok(tx.commit().await?)
}
