//! Models: those that answer and those that judge.

use async_graphql::{Context, ID, InputObject, Json, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::{domain::model, ids::ModelVersionId, store};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    evaluation::{Evaluation, Promotion},
    fault::OrFault,
    loading::{EvaluationsOf, PromotionsOf, children, found, maybe},
    paging::{Connection, PageArgs, connect},
    scalars::{Int64, IntoId},
    session::reading,
    training::TrainingJob,
    words::ModelKind,
};

/// A version of a model.
#[derive(Debug, Clone)]
pub struct ModelVersion(pub(super) model::ModelVersion);

/// A version of a model.
#[at_hand]
#[Object]
impl ModelVersion {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// What it is for.
    async fn kind(&self) -> ModelKind {
        self.0.kind.into()
    }

    /// The name that traces and people use, unique among its kind.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The model it was trained from.
    async fn base(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        maybe(ctx, self.0.base).await
    }

    /// The job that made it here; `None` where it came from outside.
    async fn job(&self, ctx: &Context<'_>) -> Result<Option<TrainingJob>> {
        maybe(ctx, self.0.job).await
    }

    /// Its weights, where they are kept here.
    async fn artefact(&self) -> Option<Artefact> {
        self.0.artefact.map(Into::into)
    }

    /// What the trainer said of it: its own measures, its settings.
    async fn metadata(&self) -> Json<&Value> {
        Json(&self.0.metadata)
    }

    /// When it was first named.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// What was measured of it: the newest 200, newest first; `evaluations` has them all.
    async fn evaluations(&self, ctx: &Context<'_>) -> Result<Vec<Evaluation>> {
        children(ctx, EvaluationsOf(self.0.id)).await
    }

    /// What was decided about it: the newest 200, newest first; `promotions` has them all.
    async fn promotions(&self, ctx: &Context<'_>) -> Result<Vec<Promotion>> {
        children(ctx, PromotionsOf(self.0.id)).await
    }
}

/// A model's weights, as they are kept here.
#[derive(Debug, Clone, SimpleObject)]
pub struct Artefact {
    /// BLAKE3 of its bytes, 64 hex digits.
    digest: String,
    /// Its length in bytes.
    bytes: Int64,
}

impl From<model::Artefact> for Artefact {
    fn from(from: model::Artefact) -> Self {
        Self { digest: from.digest.to_hex().to_string(), bytes: Int64(from.bytes) }
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct ModelVersionFilter {
    /// Those of this kind.
    kind: Option<ModelKind>,
}

impl ModelVersionFilter {
    fn read(self) -> Result<store::ModelFilter> {
        Ok(store::ModelFilter { kind: self.kind.map(Into::into) })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct ModelQuery;

#[Object]
impl ModelQuery {
    /// A model by its id; null if this project has none of that id.
    async fn model_version(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Result<Option<ModelVersion>> {
        found::<ModelVersionId, _>(ctx, &id).await
    }

    /// Models, newest first.
    async fn model_versions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<ModelVersionFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<ModelVersion>> {
        let page = PageArgs { first, last, after, before }.by_id::<ModelVersionId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.models(&filter, page).await.or_fault()?;
        Ok(connect(page.map(ModelVersion), |record| record.0.id.to_string()))
    }

    /// The reward model in use; null until one is promoted.
    async fn model_in_use(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        Ok(reading(ctx).await?.model_in_use().await.or_fault()?.map(ModelVersion))
    }
}
