//! Where programs hear of the weekly review.

use atr_core::{
    domain::{
        access::Permission,
        audit::Action,
        notice::{ENDPOINTS, EndpointUrl, WebhookEndpoint},
    },
    ids::WebhookEndpointId,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Actor, App, AppError};

/// A new endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// It.
    pub endpoint: WebhookEndpoint,
    /// What its requests are signed with, in the form of Standard Webhooks: `whsec_` and base 64.
    pub secret: String,
}

/// Adds an endpoint, which hears of the weekly review from then on.
///
/// # Errors
/// If the caller may not, the address is none that requests may go to, or there are as many as can be.
pub async fn add_endpoint(app: &App, actor: &Actor, url: &str) -> Result<Added, AppError> {
    actor.may(Permission::Administer)?;
    let url: EndpointUrl = url.parse()?;
    let mut tx = app.store.begin(actor.project).await?;
    if tx.webhook_endpoints_in_use().await?.len() >= ENDPOINTS {
        return Err(AppError::Conflict(format!("there are {ENDPOINTS} endpoints already: remove one first")));
    }
    let secret: [u8; 32] = app.store.ids().random();
    let endpoint = tx.add_webhook_endpoint(&url, &secret).await?;
    actor.note(&mut tx, Action::WebhookAdded, endpoint.id, None, Some(state(&endpoint))).await?;
    tx.commit().await?;
    Ok(Added { endpoint, secret: format!("whsec_{}", STANDARD.encode(secret)) })
}

/// Sends nothing to an endpoint any more.
///
/// # Errors
/// If the caller may not, or there is no such endpoint that something is sent to.
pub async fn remove_endpoint(app: &App, actor: &Actor, id: WebhookEndpointId) -> Result<WebhookEndpoint, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    let missing = || AppError::NotFound { what: "webhook endpoint", name: id.to_string() };
    let endpoint = tx.remove_webhook_endpoint(id).await?.ok_or_else(missing)?;
    actor.note(&mut tx, Action::WebhookRemoved, id, Some(state(&endpoint)), None).await?;
    tx.commit().await?;
    Ok(endpoint)
}

/// What the audit log holds of an endpoint.
fn state(of: &WebhookEndpoint) -> Value {
    json!({ "url": of.url.to_string() })
}
