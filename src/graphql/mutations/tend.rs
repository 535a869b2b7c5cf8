//! Tending the queue.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use atr_core::queue;

use super::{id, payload};
use crate::{
    app::{
        reread_pictures::{self, Reread},
        stages, tasks,
    },
    graphql::{
        queue::{StagePause, Task},
        scalars::{Int64, IntoId},
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

/// What became of a page of dead tasks.
#[derive(Debug, SimpleObject)]
pub struct ReplayedTasks {
    /// How many are available again.
    replayed: Int64,
    /// How many stay dead, because the same work waits.
    passed_over: Int64,
    /// The last task that was looked at, to go on after; null where no more are dead.
    last: Option<ID>,
}

impl From<queue::Replayed> for ReplayedTasks {
    fn from(of: queue::Replayed) -> Self {
        let (replayed, passed_over) = (Int64(of.replayed), Int64(of.passed_over));
        Self { replayed, passed_over, last: of.last.map(IntoId::into_id) }
    }
}

payload! {
    /// What became of the wish to replay what is dead.
    ReplayDeadTasksPayload {
        /// What became of the tasks.
        tasks: ReplayedTasks
    }
}

/// What became of a page of pictures.
#[derive(Debug, SimpleObject)]
pub struct RereadPictures {
    /// How many are to be read.
    enqueued: Int64,
    /// The last picture that was looked at, to go on after; null where there are no more.
    last: Option<ID>,
}

impl From<Reread> for RereadPictures {
    fn from(of: Reread) -> Self {
        Self { enqueued: Int64(of.enqueued as i64), last: of.last.map(IntoId::into_id) }
    }
}

payload! {
    /// What became of the wish to have pictures read.
    RereadPicturesPayload {
        /// What became of the pictures.
        pictures: RereadPictures
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

    /// Tries the next 1,000 dead tasks again, oldest first. To replay all of them, ask again after the last until there
    /// is none. For administrators.
    async fn replay_dead_tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this stage.")] stage: Option<Stage>,
        #[graphql(desc = "Only those after this one.")] after: Option<ID>,
    ) -> Result<ReplayDeadTasksPayload> {
        let session = session(ctx)?;
        let result = match after.map(|after| id("after", &after)).transpose() {
            Ok(after) => tasks::replay_dead(&session.app, &session.actor, stage.map(Into::into), after).await,
            Err(refusal) => Err(refusal),
        };
        ReplayDeadTasksPayload::of(result, Into::into)
    }

    /// Has pictures read that were not: where the program that reads was not installed, took too long or failed. Of the
    /// next 1,000 pictures, oldest first; to look at all of them, ask again after the last until there is none. For
    /// administrators.
    async fn reread_pictures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those after this one.")] after: Option<ID>,
    ) -> Result<RereadPicturesPayload> {
        let session = session(ctx)?;
        let result = match after.map(|after| id("after", &after)).transpose() {
            Ok(after) => reread_pictures::reread(&session.app, &session.actor, after).await,
            Err(refusal) => Err(refusal),
        };
        RereadPicturesPayload::of(result, Into::into)
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
