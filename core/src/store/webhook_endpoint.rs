//! Where programs hear of the weekly review.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::notice::{EndpointUrl, WebhookEndpoint},
    ids::{Id, WebhookEndpointId, uuids},
};

#[derive(FromRow)]
struct EndpointRow {
    id: Uuid,
    url: String,
    created_at: DateTime<Utc>,
    removed_at: Option<DateTime<Utc>>,
}

impl TryFrom<EndpointRow> for WebhookEndpoint {
    type Error = StoreError;
    fn try_from(row: EndpointRow) -> Result<Self> {
        Ok(Self {
            id: WebhookEndpointId::from_uuid(row.id),
            url: row.url.parse().map_err(|error: crate::domain::Rejection| StoreError::Corrupt(error.to_string()))?,
            created_at: row.created_at,
            removed_at: row.removed_at,
        })
    }
}

impl Tx {
    /// Adds an endpoint, with what its requests are signed with.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn add_webhook_endpoint(&mut self, url: &EndpointUrl, secret: &[u8]) -> Result<WebhookEndpoint> {
        let (project, now) = (self.project_uuid(), self.now());
        let id: WebhookEndpointId = self.fresh();
        sqlx::query_as!(
            EndpointRow,
            "insert into webhook_endpoint (project_id, id, url, secret, created_at) values ($1, $2, $3, $4, $5)
             returning id, url, created_at, removed_at",
            project,
            id.uuid(),
            url.url().as_str(),
            secret,
            now,
        )
        .fetch_one(self.connection())
        .await?
        .try_into()
    }

    /// Sends nothing there any more; `None` if there is no such endpoint, or it was removed.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn remove_webhook_endpoint(&mut self, id: WebhookEndpointId) -> Result<Option<WebhookEndpoint>> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query_as!(
            EndpointRow,
            "update webhook_endpoint set removed_at = $3 where project_id = $1 and id = $2 and removed_at is null
             returning id, url, created_at, removed_at",
            project,
            id.uuid(),
            now,
        )
        .fetch_optional(self.connection())
        .await?
        .map(WebhookEndpoint::try_from)
        .transpose()
    }

    /// The endpoints that hear what is told; a project has few (webhook_endpoint_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn webhook_endpoints_in_use(&mut self) -> Result<Vec<WebhookEndpoint>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            EndpointRow,
            "select id, url, created_at, removed_at from webhook_endpoint
             where project_id = $1 and removed_at is null order by id",
            project,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(WebhookEndpoint::try_from)
        .collect()
    }

    /// Where an endpoint is and what its requests are signed with; `None` if it was removed.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn webhook_secret(&mut self, id: WebhookEndpointId) -> Result<Option<(WebhookEndpoint, Vec<u8>)>> {
        let project = self.project_uuid();
        let found = sqlx::query!(
            "select id, url, created_at, removed_at, secret from webhook_endpoint
             where project_id = $1 and id = $2 and removed_at is null",
            project,
            id.uuid(),
        )
        .fetch_optional(self.connection())
        .await?;
        let Some(row) = found else { return Ok(None) };
        let endpoint = EndpointRow { id: row.id, url: row.url, created_at: row.created_at, removed_at: row.removed_at };
        Ok(Some((endpoint.try_into()?, row.secret)))
    }

    /// Endpoints by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn webhook_endpoints_by_id(&mut self, ids: &[WebhookEndpointId]) -> Result<Vec<WebhookEndpoint>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            EndpointRow,
            "select id, url, created_at, removed_at from webhook_endpoint where project_id = $1 and id = any($2)",
            project,
            &ids,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(WebhookEndpoint::try_from)
        .collect()
    }

    /// A page of endpoints, newest first, those that were removed too (webhook_endpoint_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn webhook_endpoints(&mut self, page: PageRequest) -> Result<Page<WebhookEndpoint>> {
        let mut query =
            QueryBuilder::new("select id, url, created_at, removed_at from webhook_endpoint where project_id = ");
        query.push_bind(self.project_uuid());
        page.push(&mut query, "id");
        self.page::<EndpointRow, _>(query, page).await
    }
}
