//! `/people/agreement`: how far the experts agree.

use atr_core::{domain::access::Permission, store::OpinionFilter};
use axum::{
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;

use super::coefficient;
use crate::{
    app::agreement::{Question, agreement},
    console::{
        door::{Door, May, Visitor},
        fault::Fault,
        frame::{Frame, written},
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/people/agreement", May::Do(Permission::Audit), page)]
}

/// What restricts it.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    domain: String,
}

#[derive(askama::Template)]
#[template(path = "agreement.html")]
struct Page<'a> {
    frame: &'a Frame,
    wanted: &'a Wanted,
    rows: Vec<Row>,
}

/// A question on which they may agree or not.
struct Row {
    question: &'static str,
    alpha: String,
    kappa: String,
    experts: usize,
    traces: usize,
    ratings: usize,
}

async fn page(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let t = visitor.frame.t;
    let domain = Some(wanted.domain.trim().to_owned()).filter(|domain| !domain.is_empty());
    let filter = OpinionFilter { domain, ..OpinionFilter::default() };
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let mut rows = vec![];
    for (question, asked) in [
        (t.agreement_verdict, Question::Verdict),
        (t.agreement_severity, Question::Severity),
        (t.agreement_step, Question::SuspectStep),
    ] {
        let found = agreement(&mut tx, &visitor.actor, asked, &filter).await?;
        rows.push(Row {
            question,
            alpha: coefficient(t, &found.alpha),
            kappa: coefficient(t, &found.fleiss_kappa),
            experts: found.experts,
            traces: found.traces,
            ratings: found.ratings,
        });
    }
    Ok(written(&Page { frame: &visitor.frame, wanted: &wanted, rows }))
}
