//! `/traces`: what came in, newest first.

use std::collections::HashMap;

use atr_core::{
    domain::{
        access::Permission,
        flaw::FlawKind,
        judgement::{Score, Verification},
        trace::{Pillar, Trace},
    },
    ids::TraceId,
    store::TraceFilter,
};
use axum::{
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;

use super::paging::{Asked, Beside, base};
use crate::{
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/traces", May::Consult, list)]
}

/// What restricts the list.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    /// A trace's id, or its sender's.
    #[serde(default)]
    q: String,
    #[serde(default)]
    domain: String,
    #[serde(default)]
    pillar: String,
    /// `circular`: those whose steps rest on each other in a circle.
    #[serde(default)]
    flagged: String,
    /// A flaw that its newest score has.
    #[serde(default)]
    flaw: String,
    #[serde(flatten)]
    page: Asked,
}

#[derive(askama::Template)]
#[template(path = "traces.html")]
struct Page<'a> {
    frame: &'a Frame,
    wanted: &'a Wanted,
    pillars: &'static [Pillar],
    /// The flaws by which it can be restricted: none for whoever only reviews.
    flaws: &'static [FlawKind],
    rows: Vec<Row>,
    beside: Beside,
}

struct Row {
    trace: Trace,
    /// What is known of it, as far as the visitor may read that.
    score: Option<Score>,
    verification: Option<Verification>,
}

async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let q = wanted.q.trim();
    if let Ok(id) = q.parse::<TraceId>() {
        return Ok(see_other(&format!("/traces/{id}")));
    }
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    // Who only reviews judges without knowing what was found before.
    let may_read = visitor.actor.may(Permission::Read).is_ok();
    let filter = TraceFilter {
        external_id: given(q),
        domain: given(&wanted.domain),
        pillar: wanted.pillar.parse().ok(),
        circular_support: (wanted.flagged == "circular").then_some(true),
        flaw: wanted.flaw.parse().ok().filter(|_| may_read),
        ..TraceFilter::default()
    };
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let page = tx.traces(&filter, wanted.page.request::<TraceId>()).await?;
    let ids: Vec<_> = page.rows.iter().map(|trace| trace.id).collect();
    let (mut scores, mut verifications) = (HashMap::new(), HashMap::new());
    if may_read {
        scores.extend(tx.latest_scores_of_traces(&ids).await?.into_iter().map(|score| (score.trace, score)));
        verifications.extend(tx.latest_verifications_of_traces(&ids).await?.into_iter().map(|run| (run.trace, run)));
    }
    let restricted = [
        ("q", q),
        ("domain", &wanted.domain),
        ("pillar", &wanted.pillar),
        ("flagged", &wanted.flagged),
        ("flaw", &wanted.flaw),
    ];
    let beside = Beside::of(&page, &base("/traces", &restricted), |trace| trace.id);
    let row =
        |trace: Trace| Row { score: scores.remove(&trace.id), verification: verifications.remove(&trace.id), trace };
    let rows = page.rows.into_iter().map(row).collect();
    let flaws = if may_read { FlawKind::ALL } else { &[] };
    Ok(written(&Page { frame: &visitor.frame, wanted: &wanted, pillars: Pillar::ALL, flaws, rows, beside }))
}
