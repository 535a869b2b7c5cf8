//! What can come in line by line.

use std::future::Future;

use atr_core::domain::{
    Rejection,
    access::Permission,
    feedback::NewFeedback,
    grounding::NewGrounding,
    intake::{BatchOutcome, Door},
    new_trace::NewTrace,
    review::NewReview,
};

use crate::app::{
    Actor, App, AppError,
    ingest_keys::Advance,
    record_feedback::record_feedback,
    record_grounding::{may_vouch, record_grounding},
    record_reviews::record_reviews,
    record_traces::record_traces,
};

/// A line's content, once it was read.
pub(super) trait Item: Sized + Send + 'static {
    /// The door it comes through.
    const DOOR: Door;
    /// The path of that door.
    const ROUTE: &'static str;

    /// Refuses a sender who may not, before the body is read.
    fn may_enter(actor: &Actor) -> Result<(), AppError>;

    /// Reads it.
    fn parse(json: &[u8]) -> Result<Self, Rejection>;

    /// Takes a batch in, in one transaction, in which the body that it is of moves on.
    fn record(
        app: &App,
        actor: &Actor,
        items: Vec<Result<Self, Rejection>>,
        under: Option<&Advance<'_>>,
    ) -> impl Future<Output = Result<BatchOutcome, AppError>> + Send;
}

impl Item for NewTrace {
    const DOOR: Door = Door::Traces;
    const ROUTE: &'static str = "/v1/ingest/traces";

    fn may_enter(actor: &Actor) -> Result<(), AppError> {
        actor.may(Permission::Ingest)
    }

    fn parse(json: &[u8]) -> Result<Self, Rejection> {
        Self::parse(json)
    }

    async fn record(
        app: &App,
        actor: &Actor,
        items: Vec<Result<Self, Rejection>>,
        under: Option<&Advance<'_>>,
    ) -> Result<BatchOutcome, AppError> {
        record_traces(app, actor, items, under).await
    }
}

impl Item for NewReview {
    const DOOR: Door = Door::Reviews;
    const ROUTE: &'static str = "/v1/ingest/reviews";

    fn may_enter(actor: &Actor) -> Result<(), AppError> {
        actor.may(Permission::Review)
    }

    fn parse(json: &[u8]) -> Result<Self, Rejection> {
        Self::parse(json)
    }

    async fn record(
        app: &App,
        actor: &Actor,
        items: Vec<Result<Self, Rejection>>,
        under: Option<&Advance<'_>>,
    ) -> Result<BatchOutcome, AppError> {
        record_reviews(app, actor, items, under).await
    }
}

impl Item for NewFeedback {
    const DOOR: Door = Door::Feedback;
    const ROUTE: &'static str = "/v1/ingest/feedback";

    fn may_enter(actor: &Actor) -> Result<(), AppError> {
        actor.may(Permission::Ingest)
    }

    fn parse(json: &[u8]) -> Result<Self, Rejection> {
        Self::parse(json)
    }

    async fn record(
        app: &App,
        actor: &Actor,
        items: Vec<Result<Self, Rejection>>,
        under: Option<&Advance<'_>>,
    ) -> Result<BatchOutcome, AppError> {
        record_feedback(app, actor, items, under).await
    }
}

impl Item for NewGrounding {
    const DOOR: Door = Door::Grounding;
    const ROUTE: &'static str = "/v1/ingest/grounding";

    fn may_enter(actor: &Actor) -> Result<(), AppError> {
        may_vouch(actor).map(drop)
    }

    fn parse(json: &[u8]) -> Result<Self, Rejection> {
        Self::parse(json)
    }

    async fn record(
        app: &App,
        actor: &Actor,
        items: Vec<Result<Self, Rejection>>,
        under: Option<&Advance<'_>>,
    ) -> Result<BatchOutcome, AppError> {
        record_grounding(app, actor, items, under).await
    }
}
