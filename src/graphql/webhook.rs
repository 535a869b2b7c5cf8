//! Where programs hear of the weekly review.

use async_graphql::{Context, ID, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{
    domain::{access::Permission, notice},
    ids::WebhookEndpointId,
};
use chrono::{DateTime, Utc};

use super::{
    fault::OrFault,
    paging::{Connection, PageArgs, connect},
    scalars::IntoId,
    session::session,
};

/// Where a program hears of the weekly review, by signed requests as Standard Webhooks has them.
#[derive(Debug, Clone)]
pub struct WebhookEndpoint(pub(super) notice::WebhookEndpoint);

/// Where a program hears of the weekly review, by signed requests as Standard Webhooks has them.
#[at_hand]
#[Object]
impl WebhookEndpoint {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// Where requests are sent.
    async fn url(&self) -> &str {
        self.0.url.url().as_str()
    }

    /// When it was added.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Since when nothing is sent there any more; null where it is.
    async fn removed_at(&self) -> Option<DateTime<Utc>> {
        self.0.removed_at
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct WebhookQuery;

#[Object]
impl WebhookQuery {
    /// Where programs hear of the weekly review, newest first; those that were removed too. For administrators.
    async fn webhook_endpoints(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<WebhookEndpoint>> {
        let page = PageArgs { first, last, after, before }.by_id::<WebhookEndpointId>()?;
        let mut tx = session(ctx)?.reader.begin(Permission::Administer).await.or_fault()?;
        let page = tx.webhook_endpoints(page).await.or_fault()?;
        Ok(connect(page.map(WebhookEndpoint), |record| record.0.id.to_string()))
    }
}
