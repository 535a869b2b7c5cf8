//! `/grounding/{fct}/retract`: what rests on a fact, before one says that it is false.

use atr_core::domain::{
    access::Permission,
    grounding::{Fact, FactState},
};
use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;

use super::{
    fact::read,
    reach::{self, Reach},
};
use crate::{
    app::fact_states,
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        pages::sign_in::refusing,
    },
    http::AppState,
};

/// How much of what rests on it is counted.
const REACH: usize = 10_000;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/grounding/{fct}/retract", May::Do(Permission::Curate), page),
        Door::post("/grounding/{fct}/retract", May::Do(Permission::Curate), retract),
    ]
}

/// The form.
#[derive(Debug, Deserialize)]
struct Sent {
    reason: String,
}

#[derive(askama::Template)]
#[template(path = "retract.html")]
struct Page<'a> {
    frame: &'a Frame,
    fact: &'a Fact,
    reach: &'a Reach,
    reason: &'a str,
    refused: Option<&'a str>,
}

async fn page(State(state): State<AppState>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let (fact, _) = read(&mut tx, &id).await?;
    if fact.state == FactState::Retracted {
        return Ok(see_other(&format!("/grounding/{}", fact.id)));
    }
    let reach = reach::of(&mut tx, fact.id, REACH).await?;
    Ok(written(&Page { frame: &visitor.frame, fact: &fact, reach: &reach, reason: "", refused: None }))
}

async fn retract(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let (fact, _) = read(&mut tx, &id).await?;
    let reach = reach::of(&mut tx, fact.id, REACH).await?;
    tx.rollback().await?;
    match fact_states::retract(&state.app, &visitor.actor, fact.id, &sent.reason).await {
        Ok(_) => Ok(see_other(&format!("/grounding/{}", fact.id))),
        Err(error) => refusing(error, |refused| {
            let (frame, reason, refused) = (&visitor.frame, &*sent.reason, Some(refused));
            written(&Page { frame, fact: &fact, reach: &reach, reason, refused })
        }),
    }
}
