//! `/adjudications`: what experts disagree on, and the page on which someone decides who sees what was said and not by whom.

use atr_core::{
    domain::{
        adjudication::{Adjudication, Decision},
        review::{Review, Verdict},
        trace::{Step, Trace},
    },
    ids::AdjudicationId,
    store::AdjudicationFilter,
};
use axum::{
    Form,
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;

use super::paging::{Asked, Beside, base};
use crate::{
    app::{AppError, adjudicate},
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
    },
    http::AppState,
};
use atr_core::domain::access::Permission;

const MAY: May = May::Do(Permission::Administer);

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/adjudications", MAY, list),
        Door::get("/adjudications/{adj}", MAY, page),
        Door::post("/adjudications/{adj}", MAY, decide),
    ]
}

#[derive(Debug, Default, Deserialize)]
struct Wanted {
    /// `decided`: those that are; otherwise those that are open.
    #[serde(default)]
    show: String,
    #[serde(flatten)]
    page: Asked,
}

#[derive(askama::Template)]
#[template(path = "adjudications.html")]
struct List<'a> {
    frame: &'a Frame,
    open: bool,
    rows: Vec<(Adjudication, String)>,
    beside: Beside,
}

async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let open = wanted.show != "decided";
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let filter = AdjudicationFilter { open: Some(open), trace: None };
    let page = tx.adjudications(&filter, wanted.page.request::<AdjudicationId>()).await?;
    let traces: Vec<_> = page.rows.iter().map(|row| row.trace).collect();
    let traces = tx.traces_by_id(&traces).await?;
    let beside = Beside::of(&page, &base("/adjudications", &[("show", &wanted.show)]), |row| row.id);
    let query = |row: &Adjudication| {
        traces.iter().find(|trace| trace.id == row.trace).map_or_else(String::new, |trace| trace.query.clone())
    };
    let rows = page.rows.into_iter().map(|row| (row.clone(), query(&row))).collect();
    Ok(written(&List { frame: &visitor.frame, open, rows, beside }))
}

#[derive(askama::Template)]
#[template(path = "adjudication.html")]
struct Page<'a> {
    frame: &'a Frame,
    found: &'a Adjudication,
    trace: &'a Trace,
    steps: &'a [Step],
    said: Vec<(char, &'a Review)>,
    verdicts: [(Verdict, &'static str); 4],
    refused: Option<String>,
}

async fn page(State(state): State<AppState>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    shown(&state, &visitor, id_of(&id)?, None).await
}

fn id_of(text: &str) -> Result<AdjudicationId, Fault> {
    text.parse().map_err(|_| Fault::not_found())
}

async fn shown(
    state: &AppState,
    visitor: &Visitor,
    id: AdjudicationId,
    refused: Option<String>,
) -> Result<Response, Fault> {
    let frame = &visitor.frame;
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let found = tx.adjudications_by_id(&[id]).await?.pop().ok_or_else(Fault::not_found)?;
    let trace = tx.traces_by_id(&[found.trace]).await?.pop().ok_or_else(Fault::not_found)?;
    let steps = tx.steps_of_traces(&[trace.id]).await?;
    let mut reviews = tx.latest_reviews_of_traces(&[trace.id]).await?;
    reviews.retain(|review| review.verdict.is_right().is_some());
    // In an order that tells nothing of who came first.
    reviews.sort_by_key(|review| review.content_hash.to_hex());
    let page = Page {
        frame,
        found: &found,
        trace: &trace,
        steps: &steps,
        said: ('A'..='Z').zip(&reviews).collect(),
        verdicts: [
            (Verdict::Correct, frame.t.verdict_correct),
            (Verdict::PartlyCorrect, frame.t.verdict_partly),
            (Verdict::Incorrect, frame.t.verdict_incorrect),
            (Verdict::CannotJudge, frame.t.verdict_cannot),
        ],
        refused,
    };
    Ok(written(&page))
}

#[derive(Debug, Deserialize)]
struct Sent {
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    suspect_step: String,
    #[serde(default)]
    rationale: String,
}

impl Sent {
    fn read(self) -> Result<Decision, AppError> {
        let verdict: Verdict =
            self.verdict.parse().map_err(|_| AppError::invalid("verdict", "is missing: say what is right"))?;
        let step = Some(self.suspect_step.trim()).filter(|step| !step.is_empty());
        let step = step.map(str::parse).transpose();
        let step = step.map_err(|_| AppError::invalid("suspect_step", "is no number of a step"))?;
        Ok(Decision::new(verdict, step, Some(self.rationale))?)
    }
}

async fn decide(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let decided = match sent.read() {
        Ok(decision) => adjudicate::decide(&state.app, &visitor.actor, id, decision).await,
        Err(error) => Err(error),
    };
    match decided {
        Ok(_) => Ok(see_other("/adjudications")),
        Err(error @ (AppError::Invalid { .. } | AppError::Conflict(_))) => {
            let mut page = shown(&state, &visitor, id, Some(error.to_string())).await?;
            *page.status_mut() = Fault::from(error).status();
            Ok(page)
        }
        Err(error) => Err(error.into()),
    }
}
