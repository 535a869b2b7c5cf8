//! `/week/facts`: facts that a review can cite, found by their words.

use atr_core::domain::grounding::Fact;
use axum::{
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;

use crate::{
    console::{
        door::{Door, May, Visitor},
        fault::Fault,
        frame::{Frame, written},
        pages::grounding::found,
    },
    http::AppState,
};

/// How many a search shows.
const FACTS: i32 = 8;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/week/facts", May::Desk, search)]
}

#[derive(Debug, Default, Deserialize)]
struct Searched {
    #[serde(default)]
    q: String,
}

#[derive(askama::Template)]
#[template(path = "item_facts.html")]
struct Found<'a> {
    frame: &'a Frame,
    facts: Vec<(Fact, String)>,
}

async fn search(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(Searched { q }): Query<Searched>,
) -> Result<Response, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let facts = found(&mut tx, &q, FACTS).await?;
    let sources: Vec<_> = facts.iter().map(|fact| fact.source).collect();
    let sources = tx.sources_by_id(&sources).await?;
    let told = |fact: Fact| {
        let source = sources.iter().find(|source| source.id == fact.source);
        let by = source.map_or_else(String::new, |source| format!("{} · {}", source.publisher, source.title));
        (fact, by)
    };
    Ok(written(&Found { frame: &visitor.frame, facts: facts.into_iter().map(told).collect() }))
}
