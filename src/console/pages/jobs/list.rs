//! The list of jobs, and the wish for a new one.

use std::collections::HashMap;

use atr_core::{
    domain::{
        access::Permission,
        training::{JobFilter, JobState, TrainingJob},
    },
    ids::{SnapshotId, TrainingJobId},
};
use axum::{
    Form,
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;

use crate::{
    app::{
        AppError,
        start_job::{JobRequest, start_job},
    },
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        pages::paging::{Asked, Beside, base},
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/jobs", May::Do(Permission::Read), list), Door::post("/jobs", May::Do(Permission::Train), start)]
}

/// What restricts the list.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    state: String,
    #[serde(flatten)]
    page: Asked,
}

#[derive(askama::Template)]
#[template(path = "jobs.html")]
struct Page<'a> {
    frame: &'a Frame,
    wanted: &'a Wanted,
    states: &'static [JobState],
    /// Each with the name of its snapshot.
    rows: Vec<(TrainingJob, String)>,
    beside: Beside,
}

async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let filter = JobFilter { state: wanted.state.parse().ok(), snapshot: None };
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let page = tx.jobs(&filter, wanted.page.request::<TrainingJobId>()).await?;
    let snapshots: Vec<SnapshotId> = page.rows.iter().map(|job| job.asked.snapshot).collect();
    let snapshots = tx.snapshots_by_id(&snapshots).await?;
    let names: HashMap<_, _> = snapshots.into_iter().map(|snapshot| (snapshot.id, snapshot.name)).collect();
    let beside = Beside::of(&page, &base("/jobs", &[("state", &wanted.state)]), |job| job.id);
    let row = |job: TrainingJob| {
        let name = names.get(&job.asked.snapshot).cloned().unwrap_or_default();
        (job, name)
    };
    let rows = page.rows.into_iter().map(row).collect();
    Ok(written(&Page { frame: &visitor.frame, wanted: &wanted, states: JobState::ALL, rows, beside }))
}

/// The form that starts one.
#[derive(Debug, Deserialize)]
struct Sent {
    snapshot: String,
}

async fn start(State(state): State<AppState>, visitor: Visitor, Form(sent): Form<Sent>) -> Result<Response, Fault> {
    let snapshot: SnapshotId = sent
        .snapshot
        .parse()
        .map_err(|_| AppError::invalid("snapshot", "is no snapshot: start from a snapshot's page"))?;
    let request = JobRequest { snapshot, base_model: None, seed: 0, hyperparameters: serde_json::Map::new() };
    let job = start_job(&state.app, &visitor.actor, request).await?;
    Ok(see_other(&format!("/jobs/{}", job.id)))
}
