//! `/project/webhooks`: where programs hear of the weekly review.

use atr_core::{
    domain::{access::Permission, notice::WebhookEndpoint},
    ids::WebhookEndpointId,
};
use axum::{Form, extract::State, response::Response};
use serde::Deserialize;

use crate::{
    app::webhooks,
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        pages::sign_in::refusing,
    },
    http::AppState,
};

const MAY: May = May::Do(Permission::Administer);

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/project/webhooks", MAY, list),
        Door::post("/project/webhooks", MAY, add),
        Door::post("/project/webhooks/remove", MAY, remove),
    ]
}

#[derive(askama::Template)]
#[template(path = "webhooks.html")]
struct Page<'a> {
    frame: &'a Frame,
    endpoints: Vec<WebhookEndpoint>,
    url: &'a str,
    /// What requests to the endpoint that was just added are signed with: shown this once.
    secret: Option<&'a str>,
    refused: Option<&'a str>,
}

async fn endpoints(state: &AppState, visitor: &Visitor) -> Result<Vec<WebhookEndpoint>, Fault> {
    Ok(state.app.store.begin(visitor.actor.project).await?.webhook_endpoints_in_use().await?)
}

async fn list(State(state): State<AppState>, visitor: Visitor) -> Result<Response, Fault> {
    let endpoints = endpoints(&state, &visitor).await?;
    Ok(written(&Page { frame: &visitor.frame, endpoints, url: "", secret: None, refused: None }))
}

/// The form of a new endpoint.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    url: String,
}

async fn add(State(state): State<AppState>, visitor: Visitor, Form(sent): Form<Sent>) -> Result<Response, Fault> {
    let added = webhooks::add_endpoint(&state.app, &visitor.actor, sent.url.trim()).await;
    let (frame, endpoints) = (&visitor.frame, endpoints(&state, &visitor).await?);
    match added {
        Ok(added) => Ok(written(&Page { frame, endpoints, url: "", secret: Some(&added.secret), refused: None })),
        Err(error) => refusing(error, |refused| {
            written(&Page { frame, endpoints, url: &sent.url, secret: None, refused: Some(refused) })
        }),
    }
}

/// The form by which one is removed.
#[derive(Debug, Deserialize)]
struct Removed {
    endpoint: String,
}

async fn remove(State(state): State<AppState>, visitor: Visitor, Form(sent): Form<Removed>) -> Result<Response, Fault> {
    let id: WebhookEndpointId = sent.endpoint.parse().map_err(|_| Fault::not_found())?;
    webhooks::remove_endpoint(&state.app, &visitor.actor, id).await?;
    Ok(see_other("/project/webhooks"))
}
