//! Copies of what sources say: sent by whoever keeps the facts, or fetched.

use std::collections::HashMap;

use atr_core::{
    domain::{
        access::Permission,
        audit::Action,
        grounding::{Source, refresh_hours},
        source_copy::{self, COPY_BYTES, CopyText, Fetched, NewSourceCopy, SourceCopy, TextChange},
    },
    ids::{SourceCopyId, SourceId},
    queue::Work,
    store::{Noted, Retrieved, StoreError, Tx},
};
use bytes::Bytes;
use serde_json::json;

use super::{Actor, App, AppError, backlog};

/// The most characters of a media type.
const MEDIA_TYPE: usize = 200;

/// Whether the caller may send a copy of a source, now.
///
/// # Errors
/// If they may not, or the project's backlog is full.
pub async fn may_keep(app: &App, actor: &Actor) -> Result<(), AppError> {
    actor.may(Permission::Curate)?;
    backlog::admit(app, actor.project).await
}

/// Keeps what a source says, as it was retrieved: its text is read, and where the words of the source's facts stand in it is
/// looked up. The bytes are stored first: those whose record was not committed are named by nothing.
///
/// # Errors
/// If the caller may not, there is no such source, it is empty or too large, or blobs or database are out of reach.
pub async fn keep(
    app: &App,
    actor: &Actor,
    source: SourceId,
    media_type: &str,
    bytes: Bytes,
) -> Result<Noted, AppError> {
    may_keep(app, actor).await?;
    let mut tx = app.store.begin(actor.project).await?;
    known(&mut tx, source).await?;
    drop(tx);
    if bytes.is_empty() || bytes.len() > COPY_BYTES {
        return Err(AppError::invalid("body", format!("has {} bytes: a copy has 1 to {COPY_BYTES}", bytes.len())));
    }
    let is_one = media_type.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
    if !is_one || media_type.len() > MEDIA_TYPE || media_type.chars().any(char::is_control) {
        let why = "says what the body is, as type/subtype: text/html for a page";
        return Err(AppError::invalid("Content-Type", why));
    }
    let byte_count = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let content = NewSourceCopy { blob: app.blobs.put(bytes).await?, media_type: media_type.to_owned(), byte_count };
    let mut tx = app.store.begin(actor.project).await?;
    let noted = tx.note_retrieval(source, Retrieved::Content(&content), Fetched::default(), actor.key).await?;
    let noted = noted.ok_or_else(|| missing(source))?;
    let after = json!({ "copy": noted.retrieval.copy, "outcome": noted.retrieval.outcome, "blob": content.blob.to_hex().as_str() });
    actor.note(&mut tx, Action::SourceCopyKept, source, None, Some(after)).await?;
    tx.commit().await?;
    Ok(noted)
}

/// Has a source fetched, soon.
///
/// # Errors
/// If the caller may not, there is no such source, it has no address, or sources are not fetched here.
pub async fn fetch(app: &App, actor: &Actor, source: SourceId) -> Result<Source, AppError> {
    actor.may(Permission::Curate)?;
    let mut tx = app.store.begin(actor.project).await?;
    let found = known(&mut tx, source).await?;
    if !app.process.fetches_sources {
        let why = "sources are not fetched here: send a copy to /v1/sources/{id}/copies, or let the operator set ATR_FETCH_SOURCES";
        return Err(AppError::Conflict(why.to_owned()));
    }
    if found.url.is_none() {
        return Err(AppError::Conflict(
            "this source has no address: send a copy to /v1/sources/{id}/copies".to_owned(),
        ));
    }
    tx.enqueue(Work::FetchSource { source }).await?;
    actor.note(&mut tx, Action::SourceFetchAsked, source, None, None).await?;
    tx.commit().await?;
    Ok(found)
}

/// Says after how many hours a source is to be read again; `None`: never.
///
/// # Errors
/// If the caller may not, there is no such source, or that is no number of hours.
pub async fn set_refresh_hours(
    app: &App,
    actor: &Actor,
    source: SourceId,
    hours: Option<i32>,
) -> Result<Source, AppError> {
    actor.may(Permission::Curate)?;
    let hours = hours.map(refresh_hours).transpose();
    let hours = hours.map_err(|refused| AppError::invalid("hours", refused.message))?;
    let mut tx = app.store.begin(actor.project).await?;
    let before = tx.set_refresh_hours(source, hours).await?.ok_or_else(|| missing(source))?;
    let (before, after) = (json!({ "refresh_hours": before }), json!({ "refresh_hours": hours }));
    actor.note(&mut tx, Action::SourceRefreshSet, source, Some(before), Some(after)).await?;
    let found = known(&mut tx, source).await?;
    tx.commit().await?;
    Ok(found)
}

async fn known(tx: &mut Tx, source: SourceId) -> Result<Source, AppError> {
    tx.sources_by_id(&[source]).await?.pop().ok_or_else(|| missing(source))
}

fn missing(source: SourceId) -> AppError {
    AppError::NotFound { what: "source", name: source.to_string() }
}

/// What changed in a source with one of its copies, the last time that it came: the copy it had before, and the changes of
/// text. `None` if there is no such copy.
///
/// # Errors
/// If the database is out of reach.
pub async fn changes(
    tx: &mut Tx,
    copy: SourceCopyId,
) -> Result<Option<(Option<SourceCopy>, Vec<TextChange>)>, StoreError> {
    let Some(found) = tx.source_copies_by_id(&[copy]).await?.pop() else { return Ok(None) };
    let Some(before) = tx.copy_before(&found).await? else { return Ok(Some((None, vec![]))) };
    let mut texts: HashMap<_, _> = tx.texts_of_copies(&[before, copy]).await?.into_iter().collect();
    let changes = match (texts.remove(&before), texts.remove(&copy)) {
        (Some(CopyText::Read { text: before, .. }), Some(CopyText::Read { text: after, .. })) => {
            // Comparing takes the processor: off the threads that serve I/O.
            let compared = tokio::task::spawn_blocking(move || source_copy::changes(&before, &after)).await;
            compared.map_err(|error| StoreError::Corrupt(error.to_string()))?
        }
        _ => vec![],
    };
    Ok(Some((tx.source_copies_by_id(&[before]).await?.pop(), changes)))
}
