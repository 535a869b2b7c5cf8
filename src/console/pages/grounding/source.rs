//! `/grounding/sources/{src}`: one source: what is kept of it, what changed with the last copy, and which facts' words no longer
//! stand there.

use std::collections::HashMap;

use atr_core::{
    domain::{
        access::Permission,
        grounding::{Fact, Source},
        source_copy::{Freshness, QuotePlace, QuoteStanding, SourceCopy, SourceRetrieval, TextChange},
    },
    ids::{FactId, SourceId},
    store::{PageRequest, Tx},
};
use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;

use crate::{
    app::source_copies,
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        pages::sign_in::refusing,
    },
    http::AppState,
};

/// How many retrievals, changes and quotations are shown.
const SHOWN: i64 = 50;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/grounding/sources/{src}", May::Consult, page),
        Door::post("/grounding/sources/{src}/refresh", May::Do(Permission::Curate), refresh),
        Door::post("/grounding/sources/{src}/fetch", May::Do(Permission::Curate), fetch),
    ]
}

/// The form by which it is said how often a source is to be read.
#[derive(Debug, Deserialize)]
struct Sent {
    hours: String,
}

/// A fact whose words do not stand in the copy as it quotes them.
struct Astray {
    fact: Fact,
    place: QuotePlace,
}

#[derive(askama::Template)]
#[template(path = "source.html")]
struct Page<'a> {
    frame: &'a Frame,
    source: &'a Source,
    freshness: Option<Freshness>,
    copy: Option<SourceCopy>,
    /// Whether there was another copy before.
    changes: Option<Vec<TextChange>>,
    /// How many quotations stand in it how.
    standings: Vec<(QuoteStanding, i64)>,
    astray: Vec<Astray>,
    retrievals: Vec<SourceRetrieval>,
    hours: String,
    may_curate: bool,
    may_fetch: bool,
    refused: Option<String>,
}

async fn page(State(state): State<AppState>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let source = read(&mut tx, &id).await?;
    let hours = source.refresh_hours.map(|hours| hours.to_string()).unwrap_or_default();
    Ok(written(&made(&mut tx, &state, &visitor, &source, hours, None).await?))
}

async fn read(tx: &mut Tx, id: &str) -> Result<Source, Fault> {
    let id: SourceId = id.parse().map_err(|_| Fault::not_found())?;
    tx.sources_by_id(&[id]).await?.pop().ok_or_else(Fault::not_found)
}

async fn made<'a>(
    tx: &mut Tx,
    state: &AppState,
    visitor: &'a Visitor,
    source: &'a Source,
    hours: String,
    refused: Option<String>,
) -> Result<Page<'a>, Fault> {
    let id = source.id;
    let copy = tx.current_copies_of_sources(&[id]).await?.pop();
    let (mut changes, mut standings, mut astray) = (None, vec![], vec![]);
    if let Some(copy) = &copy {
        let changed = source_copies::changes(tx, copy.id).await?;
        changes = changed.and_then(|(before, changes)| before.map(|_| changes));
        if let Some(changes) = &mut changes {
            changes.truncate(usize::try_from(SHOWN).unwrap_or(0));
        }
        standings = tx.standings_in_copies(&[copy.id]).await?.into_iter().map(|(_, standing)| standing).collect();
        astray = found_astray(tx, copy).await?;
    }
    let retrievals = tx.retrievals_of_sources(&[id], PageRequest::first(SHOWN)).await?.remove(&id);
    Ok(Page {
        frame: &visitor.frame,
        source,
        freshness: tx.freshness_of_sources(&[id]).await?.pop().map(|(_, freshness)| freshness),
        copy,
        changes,
        standings,
        astray,
        retrievals: retrievals.map(|page| page.rows).unwrap_or_default(),
        hours,
        may_curate: visitor.actor.may(Permission::Curate).is_ok(),
        may_fetch: state.app.process.fetches_sources && source.url.is_some(),
        refused,
    })
}

/// The facts whose words do not stand in a copy as they quote them, those first of which nothing does.
async fn found_astray(tx: &mut Tx, copy: &SourceCopy) -> Result<Vec<Astray>, Fault> {
    let places = tx.places_astray(copy.id, SHOWN).await?;
    let ids: Vec<FactId> = places.iter().map(|place| place.fact).collect();
    let mut facts: HashMap<FactId, Fact> =
        tx.facts_by_id(&ids).await?.into_iter().map(|fact| (fact.id, fact)).collect();
    Ok(places.into_iter().filter_map(|place| Some(Astray { fact: facts.remove(&place.fact)?, place })).collect())
}

async fn refresh(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let source = read(&mut tx, &id).await?;
    let hours = sent.hours.trim();
    // What is no number is as wrong as a number that is none of hours.
    let wanted = if hours.is_empty() { None } else { Some(hours.parse().unwrap_or(0)) };
    tx.rollback().await?;
    match source_copies::set_refresh_hours(&state.app, &visitor.actor, source.id, wanted).await {
        Ok(_) => Ok(see_other(&format!("/grounding/sources/{}", source.id))),
        Err(error) => {
            let mut tx = state.app.store.begin(visitor.actor.project).await?;
            let mut page = made(&mut tx, &state, &visitor, &source, sent.hours.clone(), None).await?;
            refusing(error, |refused| {
                page.refused = Some(refused.to_owned());
                written(&page)
            })
        }
    }
}

async fn fetch(State(state): State<AppState>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    let id: SourceId = id.parse().map_err(|_| Fault::not_found())?;
    source_copies::fetch(&state.app, &visitor.actor, id).await?;
    Ok(see_other(&format!("/grounding/sources/{id}")))
}
