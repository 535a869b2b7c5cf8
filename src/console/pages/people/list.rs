//! The experts with their loads.

use std::collections::HashMap;

use atr_core::{
    domain::{
        access::Permission,
        assignment::AssignmentState,
        calendar::Cycle,
        expert::{Expert, ExpertInput, ExpertKind},
        gold::Calibration,
    },
    ids::ExpertId,
    store::ExpertFilter,
};
use axum::{
    Form,
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;

use super::listed;
use crate::{
    app::{AppError, experts, review_calendar},
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        pages::{
            paging::{Asked, Beside, base},
            sign_in::refusing,
        },
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/people", May::Do(Permission::Audit), list),
        Door::post("/people", May::Do(Permission::Administer), enter),
    ]
}

/// What restricts the list.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    domain: String,
    #[serde(flatten)]
    page: Asked,
}

/// The form for a new expert.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    handle: String,
    kind: String,
    domains: String,
    languages: String,
    weekly_capacity: String,
}

#[derive(askama::Template)]
#[template(path = "people.html")]
struct Page<'a> {
    frame: &'a Frame,
    wanted: &'a Wanted,
    listed: Listed,
    kinds: &'static [ExpertKind],
    may_administer: bool,
    sent: &'a Sent,
    refused: Option<&'a str>,
}

/// What is read for the page.
struct Listed {
    cycle: Cycle,
    rows: Vec<Row>,
    beside: Beside,
}

struct Row {
    expert: Expert,
    /// Of the open cycle: what they have still, and what they did.
    held: usize,
    done: usize,
    /// How they did on gold items; for those who administer alone.
    calibration: Option<Calibration>,
}

async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let listed = read(&state, &visitor, &wanted).await?;
    Ok(shown(&visitor, &wanted, listed, &Sent::default(), None))
}

fn shown(visitor: &Visitor, wanted: &Wanted, listed: Listed, sent: &Sent, refused: Option<&str>) -> Response {
    let may_administer = visitor.actor.may(Permission::Administer).is_ok();
    let (frame, kinds) = (&visitor.frame, ExpertKind::ALL);
    written(&Page { frame, wanted, listed, kinds, may_administer, sent, refused })
}

async fn read(state: &AppState, visitor: &Visitor, wanted: &Wanted) -> Result<Listed, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let domain = Some(wanted.domain.trim().to_owned()).filter(|domain| !domain.is_empty());
    let filter = ExpertFilter { active: None, domain };
    let page = tx.experts(&filter, wanted.page.request::<ExpertId>()).await?;
    let beside = Beside::of(&page, &base("/people", &[("domain", &wanted.domain)]), |expert| expert.id);
    let cycle = review_calendar::cycle(&mut tx, None).await?;
    let mut loads: HashMap<ExpertId, (usize, usize)> = HashMap::new();
    for item in tx.assignments_of_cycle(cycle.name).await? {
        let (held, done) = loads.entry(item.expert).or_default();
        match item.state {
            AssignmentState::Held => *held += 1,
            AssignmentState::Done => *done += 1,
            AssignmentState::Passed | AssignmentState::Returned => {}
        }
    }
    let mut calibrations = HashMap::new();
    let may_judge = visitor.actor.may(Permission::Administer).is_ok();
    if may_judge {
        let ids: Vec<ExpertId> = page.rows.iter().map(|expert| expert.id).collect();
        calibrations.extend(tx.calibrations(&ids).await?);
    }
    let row = |expert: Expert| {
        let (held, done) = loads.remove(&expert.id).unwrap_or_default();
        let calibration = may_judge.then(|| calibrations.remove(&expert.id).unwrap_or_default());
        Row { expert, held, done, calibration }
    };
    let rows = page.rows.into_iter().map(row).collect();
    Ok(Listed { cycle, rows, beside })
}

async fn enter(State(state): State<AppState>, visitor: Visitor, Form(sent): Form<Sent>) -> Result<Response, Fault> {
    match entered(&state, &visitor, &sent).await {
        Ok(expert) => Ok(see_other(&format!("/people/{}", expert.id))),
        Err(error) => {
            let wanted = Wanted::default();
            let listed = read(&state, &visitor, &wanted).await?;
            refusing(error, |refused| shown(&visitor, &wanted, listed, &sent, Some(refused)))
        }
    }
}

async fn entered(state: &AppState, visitor: &Visitor, sent: &Sent) -> Result<Expert, AppError> {
    let input = ExpertInput {
        handle: sent.handle.trim().to_owned(),
        domains: listed(&sent.domains),
        languages: listed(&sent.languages),
        weekly_capacity: capacity(&sent.weekly_capacity)?,
    };
    match sent.kind.parse() {
        Ok(ExpertKind::Program) => experts::create_program(&state.app, &visitor.actor, input).await,
        _ => experts::create(&state.app, &visitor.actor, input).await,
    }
}

/// How many items a week, as typed.
pub(super) fn capacity(text: &str) -> Result<i32, AppError> {
    text.trim().parse().map_err(|_| AppError::invalid("weekly_capacity", "is no number: give one from 0 to 10,000"))
}
