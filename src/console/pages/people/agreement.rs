//! `/people/agreement`: how far the experts agree.

use atr_core::{domain::access::Permission, store::OpinionFilter};
use axum::{
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;

use super::coefficient;
use crate::{
    app::agreement::{Question, agreements},
    console::{
        door::{Door, May, Visitor},
        fault::Fault,
        frame::{Frame, written},
        pages::paging::base,
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
    /// Whether it is counted: that takes a moment, so that the page is shown before.
    #[serde(default)]
    counted: bool,
}

#[derive(askama::Template)]
#[template(path = "agreement.html")]
struct Page<'a> {
    frame: &'a Frame,
    wanted: &'a Wanted,
    counted: String,
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
    let counted = format!("{}counted=true", base("/people/agreement", &[("domain", &wanted.domain)]));
    if !wanted.counted {
        return Ok(written(&Page { frame: &visitor.frame, wanted: &wanted, counted, rows: vec![] }));
    }
    let domain = Some(wanted.domain.trim().to_owned()).filter(|domain| !domain.is_empty());
    let filter = OpinionFilter { domain, ..OpinionFilter::default() };
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let questions = vec![Question::Verdict, Question::Severity, Question::SuspectStep];
    let found = agreements(&mut tx, &visitor.actor, questions, &filter).await?;
    let rows = [t.agreement_verdict, t.agreement_severity, t.agreement_step].into_iter().zip(found);
    let rows = rows
        .map(|(question, found)| Row {
            question,
            alpha: coefficient(t, &found.alpha),
            kappa: coefficient(t, &found.fleiss_kappa),
            experts: found.experts,
            traces: found.traces,
            ratings: found.ratings,
        })
        .collect();
    Ok(written(&Page { frame: &visitor.frame, wanted: &wanted, counted, rows }))
}
