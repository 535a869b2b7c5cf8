//! What experts are called on pages: by their pseudonyms.

use std::collections::HashMap;

use atr_core::{
    ids::ExpertId,
    store::{ExpertFilter, PageRequest, Tx},
};

use crate::console::fault::Fault;

/// How many experts one can choose among: the newest.
const CHOICE: i64 = 200;

/// The pseudonyms of experts; who is not there has none.
pub(super) async fn of(tx: &mut Tx, experts: &[ExpertId]) -> Result<HashMap<ExpertId, String>, Fault> {
    let found = tx.experts_by_id(experts).await?.into_iter();
    Ok(found.map(|expert| (expert.id, expert.handle.to_string())).collect())
}

/// Whom a form can name: id and pseudonym, the newest first.
pub(super) async fn choice(tx: &mut Tx) -> Result<Vec<(ExpertId, String)>, Fault> {
    let found = tx.experts(&ExpertFilter::default(), PageRequest::first(CHOICE)).await?.rows.into_iter();
    Ok(found.map(|expert| (expert.id, expert.handle.to_string())).collect())
}
