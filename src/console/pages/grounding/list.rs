//! The list of facts, and the search over their words.

use std::collections::HashMap;

use atr_core::{
    domain::grounding::{Fact, FactState, Source},
    ids::{FactId, SourceId},
    store::{FactFilter, Tx},
};
use axum::{
    extract::{Query, State},
    response::Response,
};
use chrono::NaiveDate;
use serde::Deserialize;

use crate::{
    app::record_grounding::may_vouch,
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        pages::paging::{Asked, Beside, base},
    },
    http::AppState,
};

/// How many facts a search by words shows: the best.
const BEST: i32 = 50;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/grounding", May::Consult, list)]
}

/// What restricts the list.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    /// Words, or a fact's id.
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    domain: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    source: String,
    /// Only those that no longer hold.
    #[serde(default)]
    lapsed: bool,
    #[serde(flatten)]
    page: Asked,
}

#[derive(askama::Template)]
#[template(path = "grounding.html")]
struct Page<'a> {
    frame: &'a Frame,
    wanted: &'a Wanted,
    states: &'static [FactState],
    /// The source that the list is restricted to.
    source: Option<Source>,
    rows: Vec<Row>,
    beside: Beside,
    /// What the visitor may do: enter facts, or propose them.
    enter: Option<&'static str>,
    today: NaiveDate,
}

impl Page<'_> {
    /// Which of the lists of facts it is.
    fn tab(&self) -> &'static str {
        if self.wanted.lapsed { "lapsed" } else { "facts" }
    }
}

/// A fact, and who says so.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) fact: Fact,
    pub(super) publisher: String,
    /// Whether it is told beside a fact that it cannot hold beside.
    pub(super) conflicts: bool,
}

impl Row {
    /// Whether it no longer holds in the world.
    pub(super) fn has_lapsed(&self, today: &NaiveDate) -> bool {
        self.fact.valid_to.is_some_and(|to| to < *today)
    }
}

async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let (t, q) = (visitor.frame.t, wanted.q.trim());
    if let Ok(id) = q.parse::<FactId>() {
        return Ok(see_other(&format!("/grounding/{id}")));
    }
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let source_id: Option<SourceId> = wanted.source.parse().ok();
    let source = match source_id {
        Some(id) => tx.sources_by_id(&[id]).await?.pop(),
        None => None,
    };
    let (facts, beside) = if q.is_empty() {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let filter = FactFilter {
            external_id: None,
            state: wanted.state.parse().ok(),
            domain: given(&wanted.domain),
            source: source_id,
            subject: given(&wanted.subject),
            lapsed_by: wanted.lapsed.then(|| tx.now().date_naive()),
        };
        let page = tx.facts(&filter, wanted.page.request::<FactId>()).await?;
        let restricted = [
            ("state", &*wanted.state),
            ("domain", &wanted.domain),
            ("subject", &wanted.subject),
            ("source", &wanted.source),
            ("lapsed", if wanted.lapsed { "true" } else { "" }),
        ];
        let beside = Beside::of(&page, &base("/grounding", &restricted), |fact| fact.id);
        (page.rows, beside)
    } else {
        (found(&mut tx, q, BEST).await?, Beside::default())
    };
    let page = Page {
        frame: &visitor.frame,
        wanted: &wanted,
        states: FactState::ALL,
        source,
        rows: rows(&mut tx, facts).await?,
        beside,
        enter: may_vouch(&visitor.actor).ok().map(|may| if may { t.fact_enter } else { t.fact_propose }),
        today: tx.now().date_naive(),
    };
    Ok(written(&page))
}

/// The facts in force that match words best, the best first, at most so many.
pub(in crate::console::pages) async fn found(tx: &mut Tx, words: &str, most: i32) -> Result<Vec<Fact>, Fault> {
    let ids: Vec<FactId> = tx.search_facts(words, most).await?.into_iter().map(|(id, _)| id).collect();
    let mut facts = tx.facts_by_id(&ids).await?;
    facts.sort_by_key(|fact| ids.iter().position(|id| *id == fact.id));
    Ok(facts)
}

/// The same facts, each with who says so.
pub(super) async fn rows(tx: &mut Tx, facts: Vec<Fact>) -> Result<Vec<Row>, Fault> {
    let sources: Vec<SourceId> = facts.iter().map(|fact| fact.source).collect();
    let sources = tx.sources_by_id(&sources).await?;
    let publishers: HashMap<_, _> = sources.into_iter().map(|source| (source.id, source.publisher)).collect();
    let row = |fact: Fact| Row {
        publisher: publishers.get(&fact.source).cloned().unwrap_or_default(),
        fact,
        conflicts: false,
    };
    Ok(facts.into_iter().map(row).collect())
}
