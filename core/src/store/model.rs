//! Model versions.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::model::{Artefact, ModelKind, ModelVersion, NewModelVersion},
    hash,
    ids::{Id, ModelVersionId, TrainingJobId, uuids},
};

/// Which models are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModelFilter {
    /// Those of this kind.
    pub kind: Option<ModelKind>,
}

#[derive(FromRow)]
struct ModelRow {
    id: Uuid,
    kind: String,
    name: String,
    base_model_id: Option<Uuid>,
    training_job_id: Option<Uuid>,
    artefact_digest: Option<Vec<u8>>,
    artefact_bytes: Option<i64>,
    metadata: Value,
    created_at: DateTime<Utc>,
}

impl TryFrom<ModelRow> for ModelVersion {
    type Error = StoreError;
    fn try_from(row: ModelRow) -> Result<Self> {
        let artefact = match (row.artefact_digest, row.artefact_bytes) {
            (Some(digest), Some(bytes)) => Some(Artefact {
                digest: hash::from_bytes(&digest).map_err(|error| StoreError::Corrupt(error.to_string()))?,
                bytes,
            }),
            _ => None,
        };
        Ok(Self {
            id: ModelVersionId::from_uuid(row.id),
            kind: row.kind.parse()?,
            name: row.name,
            base: row.base_model_id.map(ModelVersionId::from_uuid),
            job: row.training_job_id.map(TrainingJobId::from_uuid),
            artefact,
            metadata: row.metadata,
            created_at: row.created_at,
        })
    }
}

impl Tx {
    /// Stores a model. A name that its kind has already is a constraint error named `model_version_name_key`.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_model(&mut self, model: &NewModelVersion) -> Result<ModelVersionId> {
        let id: ModelVersionId = self.fresh();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "insert into model_version (project_id, id, kind, name, base_model_id, training_job_id, artefact_digest,
                                        artefact_bytes, metadata, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            project,
            id.uuid(),
            model.kind.word(),
            model.name,
            model.base.map(Id::uuid),
            model.job.map(Id::uuid),
            model.artefact.map(|artefact| artefact.digest.as_bytes().to_vec()),
            model.artefact.map(|artefact| artefact.bytes),
            model.metadata,
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(id)
    }

    /// Makes sure that language models of these names are there; those that are stay as they are. Safe at once with
    /// other transactions that name the same ones: rows are made in the order of their names.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn name_language_models(&mut self, names: &[&str]) -> Result<()> {
        let ids: Vec<_> = names.iter().map(|_| self.fresh::<ModelVersionId>().uuid()).collect();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "insert into model_version (project_id, id, kind, name, metadata, created_at)
             select $1, t.id, 'language_model', t.name, '{}', $2
             from unnest($3::uuid[], $4::text[]) as t (id, name)
             order by t.name
             on conflict on constraint model_version_name_key do nothing",
            project,
            now,
            &ids,
            names as &[&str],
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Models of a kind by name (model_version_name_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn models_named(&mut self, kind: ModelKind, names: &[&str]) -> Result<Vec<ModelVersion>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            ModelRow,
            "select id, kind, name, base_model_id, training_job_id, artefact_digest, artefact_bytes, metadata, created_at
             from model_version where project_id = $1 and kind = $2 and name = any($3)",
            project,
            kind.word(),
            names as &[&str],
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(ModelVersion::try_from)
        .collect()
    }

    /// The model of a kind with this name (model_version_name_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn model_named(&mut self, kind: ModelKind, name: &str) -> Result<Option<ModelVersion>> {
        Ok(self.models_named(kind, &[name]).await?.pop())
    }

    /// A page of models, newest first (model_version_pkey; models are few).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn models(&mut self, filter: &ModelFilter, page: PageRequest) -> Result<Page<ModelVersion>> {
        let query = models_query(self.project_uuid(), filter, page);
        self.page::<ModelRow, _>(query, page).await
    }

    /// Models by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn models_by_id(&mut self, ids: &[ModelVersionId]) -> Result<Vec<ModelVersion>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            ModelRow,
            "select id, kind, name, base_model_id, training_job_id, artefact_digest, artefact_bytes, metadata, created_at
             from model_version where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(ModelVersion::try_from)
        .collect()
    }
}

/// The statement of [`Tx::models`].
pub(super) fn models_query(project: Uuid, filter: &ModelFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, kind, name, base_model_id, training_job_id, artefact_digest, artefact_bytes, metadata, created_at
         from model_version where project_id = ",
    );
    query.push_bind(project);
    if let Some(kind) = filter.kind {
        query.push(" and kind = ").push_bind(kind.word());
    }
    page.push(&mut query, "id");
    query
}
