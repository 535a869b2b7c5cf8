//! Where the words that facts quote stand in a copy of their source.

use atr_core::{
    domain::source_copy::{CopyText, QuotePlace, QuoteStanding, SourceCopy},
    ids::{FactId, SourceCopyId},
    queue::Work,
    store::Tx,
};

use super::{
    align::{Alignment, Passages},
    citations::{MISQUOTED_FROM, VERIFIED_FROM},
    handler::blocking,
};
use crate::StageError;

/// How many facts one task looks at.
const PAGE: i64 = 200;

/// Finds the words of a page of facts in a copy of their source, and enqueues the next page.
pub(super) async fn place(tx: &mut Tx, copy: SourceCopyId, after: Option<FactId>) -> Result<(), StageError> {
    let Some(copy) = tx.source_copies_by_id(&[copy]).await?.pop() else {
        return Err(StageError::Lasting(format!("there is no source copy {copy}")));
    };
    let Some((_, CopyText::Read { text, .. })) = tx.texts_of_copies(&[copy.id]).await?.pop() else {
        return Ok(());
    };
    let quotes = tx.quotes_of_source(&copy, after, PAGE).await?;
    if quotes.len() as i64 == PAGE {
        let after = quotes.last().map(|(fact, _)| *fact);
        tx.enqueue(Work::PlaceQuotes { copy: copy.id, after }).await?;
    }
    let places = blocking(move || places(&copy, &text, quotes)).await?;
    Ok(tx.insert_quote_places(&places).await?)
}

fn places(copy: &SourceCopy, text: &str, quotes: Vec<(FactId, Option<String>)>) -> Vec<QuotePlace> {
    let passages = Passages::of(text);
    let quoted = quotes.into_iter().filter_map(|(fact, quote)| Some((fact, quote?)));
    quoted.map(|(fact, quote)| of_quote(copy.id, text, fact, passages.align(&quote))).collect()
}

fn of_quote(copy: SourceCopyId, text: &str, fact: FactId, found: Option<Alignment>) -> QuotePlace {
    let similarity = found.as_ref().map_or(0.0, |found| found.similarity);
    let standing = match &found {
        Some(found) if found.telling.is_none() && similarity >= VERIFIED_FROM => QuoteStanding::Stands,
        Some(_) if similarity >= MISQUOTED_FROM => QuoteStanding::Differs,
        _ => QuoteStanding::Missing,
    };
    let span = found.map(|found| found.span).filter(|_| standing != QuoteStanding::Missing);
    let passage = span.map(|span| span.of(text).to_owned());
    QuotePlace { copy, fact, standing, similarity, span: span.map(|span| span.offsets()), passage }
}
