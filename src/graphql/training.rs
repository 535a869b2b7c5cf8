//! Training jobs.

use async_graphql::{Context, ID, InputObject, Json, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{domain::training, ids::TrainingJobId};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    fault::OrFault,
    loading::{self, EventsOf, found, maybe, one},
    model::ModelVersion,
    paging::{Connection, PageArgs, connect},
    scalars::{Int64, IntoId, maybe_id},
    session::reading,
    snapshot::Snapshot,
    words::{JobState, TrainingBackend, TrainingMethod},
};

/// A training run on a snapshot.
#[derive(Debug, Clone)]
pub struct TrainingJob(pub(super) training::TrainingJob);

/// A training run on a snapshot.
#[at_hand]
#[Object]
impl TrainingJob {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The snapshot it trains on.
    async fn snapshot(&self, ctx: &Context<'_>) -> Result<Snapshot> {
        one(ctx, self.0.asked.snapshot).await
    }

    /// The model it starts from; none starts from nothing.
    async fn base_model(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        maybe(ctx, self.0.asked.base_model).await
    }

    /// What is trained.
    async fn method(&self) -> TrainingMethod {
        self.0.asked.method.into()
    }

    /// Where.
    async fn backend(&self) -> TrainingBackend {
        self.0.asked.backend.into()
    }

    /// Seed given to the trainer.
    async fn seed(&self) -> Int64 {
        Int64(self.0.asked.seed)
    }

    /// Settings given to the trainer.
    async fn hyperparameters(&self) -> Json<&Value> {
        Json(&self.0.asked.hyperparameters)
    }

    /// The model it made.
    async fn produced_model(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        maybe(ctx, self.0.produced_model).await
    }

    /// How far it is.
    async fn state(&self) -> JobState {
        self.0.state.into()
    }

    /// How often it was started.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// The job specification as the trainer got it.
    async fn specification(&self) -> Option<Json<&Value>> {
        self.0.specification.as_ref().map(Json)
    }

    /// Why it failed.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last began.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.started_at
    }

    /// When it ended.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }

    /// What the trainer reported in one attempt, first to last.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which attempt, from 1; the newest where nothing is said.")] attempt: Option<i32>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<JobEvent>> {
        let page = PageArgs { first, last, after, before }.by_place()?;
        let attempt = attempt.unwrap_or(self.0.attempt);
        let page = loading::page(ctx, EventsOf((self.0.id, attempt), (), page)).await?;
        Ok(connect(page, |record| record.0.ordinal.to_string()))
    }
}

/// A line that a trainer reported.
#[derive(Debug, Clone)]
pub struct JobEvent(pub(super) training::JobEvent);

/// A line that a trainer reported.
#[at_hand]
#[Object]
impl JobEvent {
    /// Of which attempt.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// Its place in the report, from 0.
    async fn ordinal(&self) -> i32 {
        self.0.ordinal
    }

    /// The line.
    async fn event(&self) -> Json<&Value> {
        Json(&self.0.event)
    }

    /// When it was read.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct TrainingJobFilter {
    /// Only in this state.
    state: Option<JobState>,
    /// Only on this snapshot.
    snapshot: Option<ID>,
}

impl TrainingJobFilter {
    fn read(self) -> Result<training::JobFilter> {
        Ok(training::JobFilter {
            state: self.state.map(Into::into),
            snapshot: maybe_id("snapshot", self.snapshot.as_ref())?,
        })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct TrainingQuery;

#[Object]
impl TrainingQuery {
    /// A training job by its id; null if this project has none of that id.
    async fn training_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Result<Option<TrainingJob>> {
        found::<TrainingJobId, _>(ctx, &id).await
    }

    /// Training jobs, newest first.
    async fn training_jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<TrainingJobFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<TrainingJob>> {
        let page = PageArgs { first, last, after, before }.by_id::<TrainingJobId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.jobs(&filter, page).await.or_fault()?;
        Ok(connect(page.map(TrainingJob), |record| record.0.id.to_string()))
    }
}
