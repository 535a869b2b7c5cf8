//! Tending the quarantine.

use async_graphql::{Context, ID, Json, Object, Result, SimpleObject};
use atr_core::{domain::intake::ItemOutcome, ids::QuarantinedId};
use serde_json::Value;

use super::{id, payload, record::ItemResult};
use crate::{
    app::{AppError, quarantine},
    graphql::{intake::QuarantinedItem, session::session},
};

/// What became of items of the quarantine.
#[derive(Debug, SimpleObject)]
pub struct ReplayResult {
    /// The outcome of each item, in the order of their ids. `QUARANTINED` stays, with what is wrong with it now.
    items: Vec<ItemResult>,
}

impl From<Vec<ItemOutcome>> for ReplayResult {
    fn from(outcomes: Vec<ItemOutcome>) -> Self {
        Self { items: outcomes.into_iter().map(Into::into).collect() }
    }
}

payload! {
    /// What became of the wish to replay items of the quarantine.
    ReplayQuarantinedPayload {
        /// What became of them; null where nothing was tried.
        outcome: ReplayResult
    }
}

payload! {
    /// What became of the wish to discard items of the quarantine.
    DiscardQuarantinedPayload {
        /// The items, in the order of their ids; null where nothing was discarded.
        items: Vec<QuarantinedItem>
    }
}

fn named(ids: &[ID]) -> Result<Vec<QuarantinedId>, AppError> {
    ids.iter().map(|one| id("ids", one)).collect()
}

/// Mutations that tend the quarantine.
#[derive(Debug, Default)]
pub struct QuarantineMutation;

#[Object]
impl QuarantineMutation {
    /// Tries up to 100 items of the quarantine again, as their doors would take them. What is stored now, or is found
    /// stored, leaves the quarantine; the others stay with their new problems. Asking again changes nothing. Telemetry
    /// is not replayed. For administrators.
    async fn replay_quarantined(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The items.")] ids: Vec<ID>,
        #[graphql(
            desc = "The mended form of the one item that is named: an object of the same form as a line of its door."
        )]
        mended: Option<Json<Value>>,
    ) -> Result<ReplayQuarantinedPayload> {
        let session = session(ctx)?;
        let result = match named(&ids) {
            Ok(ids) => {
                let mended = mended.as_ref().map(|Json(mended)| mended);
                quarantine::replay(&session.app, &session.actor, &ids, mended).await
            }
            Err(refusal) => Err(refusal),
        };
        ReplayQuarantinedPayload::of(result, Into::into)
    }

    /// Marks up to 100 items of the quarantine as discarded; they stay to be looked at. For administrators.
    async fn discard_quarantined(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The items.")] ids: Vec<ID>,
        #[graphql(desc = "Why, in 1 to 500 characters.")] reason: String,
    ) -> Result<DiscardQuarantinedPayload> {
        let session = session(ctx)?;
        let result = match named(&ids) {
            Ok(ids) => quarantine::discard(&session.app, &session.actor, &ids, &reason).await,
            Err(refusal) => Err(refusal),
        };
        DiscardQuarantinedPayload::of(result, |items| items.into_iter().map(QuarantinedItem).collect())
    }
}
