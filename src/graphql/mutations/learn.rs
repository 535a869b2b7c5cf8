//! Snapshots, training jobs, and which model is in use.

use async_graphql::{Context, ID, InputObject, Json, Object, Result};
use atr_core::domain;
use serde_json::{Map, Value};

use super::{id, payload};
use crate::{
    app::{Actor, App, AppError, promote, request_snapshot, roll_back, start_job},
    graphql::{evaluation::Promotion, scalars::Int64, session::session, snapshot::Snapshot, training::TrainingJob},
};

payload! {
    /// What became of the wish for a snapshot.
    SnapshotPayload {
        /// The snapshot: frozen now, curated and sealed later.
        snapshot: Snapshot
    }
}

payload! {
    /// What became of a training job.
    TrainingJobPayload {
        /// The job.
        job: TrainingJob
    }
}

payload! {
    /// What became of the wish that another model be in use.
    PromotionPayload {
        /// The record of it.
        promotion: Promotion
    }
}

/// A training job to be started.
#[derive(Debug, InputObject)]
pub struct StartTrainingJobInput {
    /// The sealed snapshot it trains on.
    snapshot: ID,
    /// The model it starts from; none starts from nothing.
    base_model: Option<ID>,
    /// Seed given to the trainer, from 0 on; 0 where nothing is said.
    seed: Option<Int64>,
    /// Settings given to the trainer, an object; the trainer's own where nothing is said.
    hyperparameters: Option<Json<Map<String, Value>>>,
}

/// Mutations of snapshots, jobs and models.
#[derive(Debug, Default)]
pub struct LearnMutation;

#[Object]
impl LearnMutation {
    /// Freezes what is reviewed, scored and turned into examples into a new snapshot; curation and files follow. For
    /// trainers.
    async fn request_snapshot(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The name that people will use, unique in the project; `snapshot-<n>` where nothing is said."
        )]
        name: Option<String>,
        #[graphql(desc = "Thresholds and choices of the pipeline, an object; the usual ones where nothing is said.")]
        recipe: Option<Json<Value>>,
    ) -> Result<SnapshotPayload> {
        let session = session(ctx)?;
        let asked = snapshot(&session.app, &session.actor, name, recipe).await;
        SnapshotPayload::of(asked, Snapshot)
    }

    /// Starts to train a reward model on a sealed snapshot. What comes of it is measured on what was held out, and a
    /// gate decides whether it comes into use. For trainers.
    async fn start_training_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job.")] input: StartTrainingJobInput,
    ) -> Result<TrainingJobPayload> {
        let session = session(ctx)?;
        TrainingJobPayload::of(start(&session.app, &session.actor, input).await, TrainingJob)
    }

    /// Gives up a training job that waits or runs. For trainers.
    async fn cancel_training_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job.")] job: ID,
    ) -> Result<TrainingJobPayload> {
        let session = session(ctx)?;
        let result = match id("job", &job) {
            Ok(job) => start_job::cancel_job(&session.app, &session.actor, job).await,
            Err(refusal) => Err(refusal),
        };
        TrainingJobPayload::of(result, TrainingJob)
    }

    /// Puts a reward model in use by a person's decision, past the gate. For trainers.
    async fn promote_model(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The model.")] model: ID,
        #[graphql(desc = "Why.")] reason: String,
    ) -> Result<PromotionPayload> {
        let session = session(ctx)?;
        let result = match id("model", &model) {
            Ok(model) => promote::promote(&session.app, &session.actor, model, &reason).await,
            Err(refusal) => Err(refusal),
        };
        PromotionPayload::of(result, Promotion)
    }

    /// Puts the reward model in use that was in use before the present one. For trainers.
    async fn roll_back(&self, ctx: &Context<'_>, #[graphql(desc = "Why.")] reason: String) -> Result<PromotionPayload> {
        let session = session(ctx)?;
        PromotionPayload::of(roll_back::roll_back(&session.app, &session.actor, &reason).await, Promotion)
    }
}

async fn snapshot(
    app: &App,
    actor: &Actor,
    name: Option<String>,
    recipe: Option<Json<Value>>,
) -> Result<domain::snapshot::Snapshot, AppError> {
    let recipe = recipe.map(|Json(recipe)| domain::rejection::read_value(recipe)).transpose();
    let recipe = recipe.map_err(|refusal| {
        let refusal = refusal.within("recipe");
        AppError::invalid(refusal.field, refusal.message)
    })?;
    request_snapshot::request_snapshot(app, actor, request_snapshot::SnapshotRequest { name, recipe }).await
}

async fn start(
    app: &App,
    actor: &Actor,
    input: StartTrainingJobInput,
) -> Result<domain::training::TrainingJob, AppError> {
    let request = start_job::JobRequest {
        snapshot: id("snapshot", &input.snapshot)?,
        base_model: input.base_model.as_ref().map(|model| id("baseModel", model)).transpose()?,
        seed: input.seed.map_or(0, |Int64(seed)| seed),
        hyperparameters: input.hyperparameters.map(|Json(settings)| settings).unwrap_or_default(),
    };
    start_job::start_job(app, actor, request).await
}
