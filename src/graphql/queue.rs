//! Work that is queued, done and given up.

use async_graphql::{Context, ID, InputObject, Json, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::{ids::TaskId, queue};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    fault::OrFault,
    loading::found,
    paging::{Connection, PageArgs, connect},
    scalars::{Int64, IntoId},
    session::{apart, reading},
    words::{Stage, TaskState},
};
use crate::app::stages;

/// A task, as people look at it.
#[derive(Debug, Clone)]
pub struct Task(pub(super) queue::Task);

/// A task, as people look at it.
#[at_hand]
#[Object]
impl Task {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The stage that does it.
    async fn stage(&self) -> Stage {
        self.0.stage.into()
    }

    /// What is to be done.
    async fn work(&self) -> Json<&Value> {
        Json(&self.0.work)
    }

    /// Its state.
    async fn state(&self) -> TaskState {
        self.0.state.into()
    }

    /// Smaller goes first.
    async fn priority(&self) -> i32 {
        self.0.priority.into()
    }

    /// How often it was claimed.
    async fn attempt(&self) -> i32 {
        self.0.attempt.into()
    }

    /// After so many failed attempts it is dead.
    async fn max_attempts(&self) -> i32 {
        self.0.max_attempts.into()
    }

    /// Not before this time.
    async fn run_at(&self) -> DateTime<Utc> {
        self.0.run_at
    }

    /// What went wrong at each attempt.
    async fn errors(&self) -> Json<&Value> {
        Json(&self.0.errors)
    }

    /// When it was enqueued.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it ended.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }
}

/// How much work of a stage is in a state.
#[derive(Debug, Clone, SimpleObject)]
pub struct QueueDepth {
    /// The stage.
    stage: Stage,
    /// The state.
    state: TaskState,
    /// How many tasks.
    tasks: Int64,
    /// When the oldest of them was enqueued.
    oldest: Option<DateTime<Utc>>,
}

impl From<queue::Depth> for QueueDepth {
    fn from(depth: queue::Depth) -> Self {
        Self { stage: depth.stage.into(), state: depth.state.into(), tasks: Int64(depth.tasks), oldest: depth.oldest }
    }
}

impl From<queue::Rate> for QueueRate {
    fn from(rate: queue::Rate) -> Self {
        Self { stage: rate.stage.into(), per_minute: rate.per_second() * 60.0 }
    }
}

/// How fast a stage's tasks are done.
#[derive(Debug, Clone, SimpleObject)]
pub struct QueueRate {
    /// The stage.
    stage: Stage,
    /// Tasks done a minute.
    per_minute: f64,
}

/// A stage that is paused in every project: its tasks wait, and go on being enqueued.
#[derive(Debug, Clone, SimpleObject)]
pub struct StagePause {
    /// The stage.
    stage: Stage,
    /// Why.
    why: String,
    /// Since when.
    paused_at: DateTime<Utc>,
    /// The key of the operator who paused it; null for a command beside the database, and to whoever is no operator.
    paused_by: Option<ID>,
}

impl From<queue::Pause> for StagePause {
    fn from(pause: queue::Pause) -> Self {
        Self {
            stage: pause.stage.into(),
            why: pause.why,
            paused_at: pause.since,
            paused_by: pause.by.map(IntoId::into_id),
        }
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct TaskFilter {
    /// Only of this stage.
    stage: Option<Stage>,
    /// Only in this state.
    state: Option<TaskState>,
}

impl TaskFilter {
    fn read(self) -> Result<queue::TaskFilter> {
        Ok(queue::TaskFilter { stage: self.stage.map(Into::into), state: self.state.map(Into::into) })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct QueueQuery;

#[Object]
impl QueueQuery {
    /// A task by its id; null if this project has none of that id.
    async fn task(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Task>> {
        found::<TaskId, _>(ctx, &id).await
    }

    /// Tasks, newest first.
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<TaskFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Task>> {
        let page = PageArgs { first, last, after, before }.by_id::<TaskId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.tasks(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Task), |record| record.0.id.to_string()))
    }

    /// How many tasks each stage has in each state.
    async fn queue_depth(&self, ctx: &Context<'_>) -> Result<Vec<QueueDepth>> {
        let depths = reading(ctx).await?.queue_depth().await.or_fault()?;
        Ok(depths.into_iter().map(Into::into).collect())
    }

    /// How fast each stage did this project's tasks, over the last five minutes, or over the time that the stage's
    /// newest 5,000 of all projects took; a stage that did none is not named.
    async fn queue_rates(&self, ctx: &Context<'_>) -> Result<Vec<QueueRate>> {
        let rates = reading(ctx).await?.queue_rates().await.or_fault()?;
        Ok(rates.into_iter().map(Into::into).collect())
    }

    /// The stages that are paused, in every project.
    async fn paused_stages(&self, ctx: &Context<'_>) -> Result<Vec<StagePause>> {
        let (session, _apart) = apart(ctx).await?;
        let pauses = stages::paused(&session.app, &session.actor).await.or_fault()?;
        Ok(pauses.into_iter().map(Into::into).collect())
    }
}
