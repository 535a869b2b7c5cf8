//! Tending the queue.

use async_graphql::{Context, ID, Object, Result};

use super::{id, payload};
use crate::{
    app::{stages, tasks},
    graphql::{
        queue::{StagePause, Task},
        session::session,
        words::Stage,
    },
};

payload! {
    /// What became of a task.
    TaskPayload {
        /// The task.
        task: Task
    }
}

payload! {
    /// What became of the wish to pause a stage.
    PauseStagePayload {
        /// The pause.
        pause: StagePause
    }
}

payload! {
    /// What became of the wish to let a stage go on.
    ResumeStagePayload {
        /// The stage that goes on.
        stage: Stage
    }
}

/// Mutations that tend the queue.
#[derive(Debug, Default)]
pub struct TendMutation;

#[Object]
impl TendMutation {
    /// Tries a dead task again from its first attempt. For administrators.
    async fn replay_task(&self, ctx: &Context<'_>, #[graphql(desc = "The task.")] task: ID) -> Result<TaskPayload> {
        let session = session(ctx)?;
        let result = match id("task", &task) {
            Ok(task) => tasks::replay(&session.app, &session.actor, task).await,
            Err(refusal) => Err(refusal),
        };
        TaskPayload::of(result, Task)
    }

    /// Cancels a task that waits. For administrators.
    async fn cancel_task(&self, ctx: &Context<'_>, #[graphql(desc = "The task.")] task: ID) -> Result<TaskPayload> {
        let session = session(ctx)?;
        let result = match id("task", &task) {
            Ok(task) => tasks::cancel(&session.app, &session.actor, task).await,
            Err(refusal) => Err(refusal),
        };
        TaskPayload::of(result, Task)
    }

    /// Pauses a stage in every project: workers finish what they hold of it and take nothing more, while tasks go on
    /// being enqueued. For operators.
    async fn pause_stage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The stage.")] stage: Stage,
        #[graphql(desc = "Why, in 1 to 500 characters.")] why: String,
    ) -> Result<PauseStagePayload> {
        let session = session(ctx)?;
        PauseStagePayload::of(stages::pause(&session.app, &session.actor, stage.into(), &why).await, Into::into)
    }

    /// Lets a paused stage go on. For operators.
    async fn resume_stage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The stage.")] stage: Stage,
    ) -> Result<ResumeStagePayload> {
        let session = session(ctx)?;
        ResumeStagePayload::of(stages::resume(&session.app, &session.actor, stage.into()).await, Into::into)
    }
}
