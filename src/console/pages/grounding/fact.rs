//! `/grounding/{fct}`: one fact: who says so and in which words, its states, and what rests on it.

use atr_core::{
    domain::{
        access::Permission,
        attachment::AttachedFile,
        grounding::{Fact, FactStateChange, Source},
        source_copy::QuotePlace,
    },
    ids::{FactId, IdError},
    store::{FactFilter, PageRequest, Tx},
};
use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    conflicts::against,
    list::{Row, rows},
    reach::{self, Reach},
};
use crate::{
    app::{AppError, fact_states},
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
    },
    http::AppState,
};

/// How many states are told, and how many other facts about the same.
const SHOWN: i64 = 50;
/// How much of what rests on it is counted.
const REACH: usize = 1000;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/grounding/{fct}", May::Consult, page),
        Door::post("/grounding/{fct}/verify", May::Do(Permission::Curate), verify),
        Door::post("/grounding/{fct}/dispute", May::Do(Permission::Curate), dispute),
        Door::post("/grounding/{fct}/supersede", May::Do(Permission::Curate), supersede),
    ]
}

/// The form by which a fact comes into another state.
#[derive(Debug, Deserialize)]
struct Sent {
    reason: String,
}

/// The form by which another fact holds instead.
#[derive(Debug, Deserialize)]
struct Superseded {
    by: String,
    reason: String,
}

#[derive(askama::Template)]
#[template(path = "fact.html")]
struct Page<'a> {
    frame: &'a Frame,
    fact: &'a Fact,
    source: Source,
    has_lapsed: bool,
    /// Where its words stand in what is kept of its source.
    place: Option<QuotePlace>,
    attached: Vec<AttachedFile>,
    states: Vec<FactStateChange>,
    /// Other facts about the same, those first that it conflicts with.
    others: Vec<Row>,
    today: NaiveDate,
    /// What rests on it; not for who judges still.
    reach: Option<Reach>,
    may_curate: bool,
}

/// A fact with its source.
///
/// # Errors
/// If there is none.
pub(super) async fn read(tx: &mut Tx, id: &str) -> Result<(Fact, Source), Fault> {
    let id: FactId = id.parse().map_err(|_| Fault::not_found())?;
    let fact = tx.facts_by_id(&[id]).await?.pop().ok_or_else(Fault::not_found)?;
    let source = tx.sources_by_id(&[fact.source]).await?.pop().ok_or_else(Fault::not_found)?;
    Ok((fact, source))
}

async fn page(State(state): State<AppState>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let (fact, source) = read(&mut tx, &id).await?;
    let today = tx.now().date_naive();
    let states = tx.fact_states_of_facts(&[fact.id], PageRequest::first(SHOWN)).await?.remove(&fact.id);
    let conflicting = against(&mut tx, fact.id).await?;
    let mut others = tx.facts_by_id(&conflicting).await?;
    let about = FactFilter { subject: Some(fact.subject.clone()), ..FactFilter::default() };
    let same = tx.facts(&about, PageRequest::first(SHOWN)).await?.rows.into_iter();
    others.extend(same.filter(|other| other.id != fact.id && !conflicting.contains(&other.id)));
    let mut others = rows(&mut tx, others).await?;
    for row in others.iter_mut().take(conflicting.len()) {
        row.conflicts = true;
    }
    let attached = tx.attachments_of(&[fact.id]).await?.into_iter().map(|(_, file)| file).collect();
    let reach = match visitor.actor.may(Permission::Read) {
        Ok(()) => Some(reach::of(&mut tx, fact.id, REACH).await?),
        Err(_) => None,
    };
    let page = Page {
        frame: &visitor.frame,
        source,
        place: tx.current_places_of_facts(&[fact.id]).await?.pop(),
        has_lapsed: fact.valid_to.is_some_and(|to| to < today),
        attached,
        states: states.map(|page| page.rows).unwrap_or_default(),
        others,
        today,
        reach,
        may_curate: visitor.actor.may(Permission::Curate).is_ok(),
        fact: &fact,
    };
    Ok(written(&page))
}

async fn verify(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    let id: FactId = id.parse().map_err(|_| Fault::not_found())?;
    fact_states::verify(&state.app, &visitor.actor, id, &sent.reason).await?;
    Ok(see_other(&format!("/grounding/{id}")))
}

async fn dispute(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    let id: FactId = id.parse().map_err(|_| Fault::not_found())?;
    fact_states::dispute(&state.app, &visitor.actor, id, &sent.reason).await?;
    Ok(see_other(&format!("/grounding/{id}")))
}

async fn supersede(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(sent): Form<Superseded>,
) -> Result<Response, Fault> {
    let id: FactId = id.parse().map_err(|_| Fault::not_found())?;
    let by: FactId = sent.by.trim().parse().map_err(|error: IdError| AppError::invalid("by", error.to_string()))?;
    fact_states::supersede(&state.app, &visitor.actor, id, by, &sent.reason).await?;
    Ok(see_other(&format!("/grounding/{id}")))
}
