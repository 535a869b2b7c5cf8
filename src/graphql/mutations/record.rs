//! Sending traces, reviews and grounding.

use async_graphql::{Context, Enum, ID, Json, Object, Result, SimpleObject};
use atr_at_hand::Leaf;
use atr_core::domain::{
    Rejection,
    feedback::NewFeedback,
    grounding::NewGrounding,
    intake::{self, BatchOutcome, ItemOutcome},
    new_trace::NewTrace,
    review::NewReview,
};
use serde_json::Value;

use super::payload;
use crate::{
    app::{AppError, record_feedback, record_grounding, record_reviews, record_traces},
    graphql::{intake::Balance, scalars::IntoId, session::session},
};

/// The most items one mutation takes.
const MOST: usize = 500;

/// What became of one item.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemStatus {
    /// Stored for the first time.
    Stored,
    /// Stored already with the same content; nothing changed.
    Duplicate,
    /// Well formed, but at odds with what is stored: kept for a person to look at. What was stored stays.
    Quarantined,
    /// A rule of the project keeps it out; not kept.
    Filtered,
    /// Refused; not kept.
    Rejected,
}

/// What became of one item, in the order they were named or sent.
#[derive(Debug, SimpleObject)]
pub struct ItemResult {
    /// What became of it.
    status: ItemStatus,
    /// The id under which it is stored or set aside.
    id: Option<ID>,
    /// The field at fault, as a path from the item (`steps[2].text`).
    field: Option<String>,
    /// What is wrong and what to do about it.
    message: Option<String>,
    /// The rule that keeps it out.
    rule: Option<String>,
}

impl From<ItemOutcome> for ItemResult {
    fn from(outcome: ItemOutcome) -> Self {
        let plain = |status| Self { status, id: None, field: None, message: None, rule: None };
        match outcome {
            ItemOutcome::Stored(id) => Self { id: Some(ID(id)), ..plain(ItemStatus::Stored) },
            ItemOutcome::Duplicate(id) => Self { id: Some(ID(id)), ..plain(ItemStatus::Duplicate) },
            ItemOutcome::Quarantined { id, field, message } => {
                Self { id: Some(ID(id)), field: Some(field), message: Some(message), ..plain(ItemStatus::Quarantined) }
            }
            ItemOutcome::Filtered { rule } => Self { rule: Some(rule), ..plain(ItemStatus::Filtered) },
            ItemOutcome::Rejected { field, message } => {
                Self { field: Some(field), message: Some(message), ..plain(ItemStatus::Rejected) }
            }
        }
    }
}

/// What became of a batch of items. One that is refused does not keep the others out.
#[derive(Debug, SimpleObject)]
pub struct BatchResult {
    /// The batch that accounts for them; null if there were no items.
    batch_id: Option<ID>,
    /// How many of which outcome.
    balance: Balance,
    /// The outcome of each item, in the order they were sent.
    items: Vec<ItemResult>,
}

impl From<BatchOutcome> for BatchResult {
    fn from(outcome: BatchOutcome) -> Self {
        Self {
            batch_id: outcome.batch.map(IntoId::into_id),
            balance: outcome.items.iter().collect::<intake::Balance>().into(),
            items: outcome.items.into_iter().map(Into::into).collect(),
        }
    }
}

payload! {
    /// What became of a batch that was sent.
    RecordPayload {
        /// What became of its items; null where the whole batch was refused.
        outcome: BatchResult
    }
}

/// Reads items by the parser of the line door, so that both doors refuse the same things.
pub(super) fn parse<T>(
    items: &[Json<Value>],
    parse: impl Fn(&[u8]) -> Result<T, Rejection>,
) -> Result<Vec<Result<T, Rejection>>, AppError> {
    if items.len() > MOST {
        return Err(AppError::invalid("items", format!("send at most {MOST} items at once")));
    }
    Ok(items.iter().map(|Json(item)| parse(item.to_string().as_bytes())).collect())
}

/// Mutations by which records come in.
#[derive(Debug, Default)]
pub struct RecordMutation;

#[Object]
impl RecordMutation {
    /// Stores error traces, at most 500, each with its reasoning. Sending a trace again with the same external id and
    /// content changes nothing. For senders.
    async fn record_traces(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Traces: objects of the same form as the lines of POST /v1/ingest/traces.")] items: Vec<
            Json<Value>,
        >,
    ) -> Result<RecordPayload> {
        let session = session(ctx)?;
        let outcome = match parse(&items, NewTrace::parse) {
            Ok(items) => record_traces::record_traces(&session.app, &session.actor, items, None).await,
            Err(refusal) => Err(refusal),
        };
        RecordPayload::of(outcome, Into::into)
    }

    /// Stores reviews, at most 500. The newest review of an expert on a trace is what counts; the earlier ones stay.
    /// For experts, and for administrators on behalf of experts.
    async fn record_reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Reviews: objects of the same form as the lines of POST /v1/ingest/reviews.")] items: Vec<
            Json<Value>,
        >,
    ) -> Result<RecordPayload> {
        let session = session(ctx)?;
        let outcome = match parse(&items, NewReview::parse) {
            Ok(items) => record_reviews::record_reviews(&session.app, &session.actor, items, None).await,
            Err(refusal) => Err(refusal),
        };
        RecordPayload::of(outcome, Into::into)
    }

    /// Stores what users say of answers, at most 500: ratings, corrections, comments. The trace may come later. Sending
    /// the same again changes nothing. For senders.
    async fn record_feedback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Feedback: objects of the same form as the lines of POST /v1/ingest/feedback.")] items: Vec<
            Json<Value>,
        >,
    ) -> Result<RecordPayload> {
        let session = session(ctx)?;
        let outcome = match parse(&items, NewFeedback::parse) {
            Ok(items) => record_feedback::record_feedback(&session.app, &session.actor, items, None).await,
            Err(refusal) => Err(refusal),
        };
        RecordPayload::of(outcome, Into::into)
    }

    /// Stores grounding sources and facts, at most 500; a source before the facts that name it. For curators, and for
    /// experts, whose facts are only proposed.
    async fn record_grounding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Sources and facts: objects of the same form as the lines of POST /v1/ingest/grounding.")]
        items: Vec<Json<Value>>,
    ) -> Result<RecordPayload> {
        let session = session(ctx)?;
        let outcome = match parse(&items, NewGrounding::parse) {
            Ok(items) => record_grounding::record_grounding(&session.app, &session.actor, items, None).await,
            Err(refusal) => Err(refusal),
        };
        RecordPayload::of(outcome, Into::into)
    }
}
