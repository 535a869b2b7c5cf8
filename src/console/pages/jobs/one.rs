//! `/jobs/{job}`: one job, while it runs and after.

use atr_core::{
    domain::{
        access::Permission,
        model::ModelVersion,
        snapshot::Snapshot,
        training::{JobEvent, JobState, TrainingJob},
    },
    ids::TrainingJobId,
    store::OrdinalRequest,
};
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;

use super::report::{Step, curve, metrics, steps};
use crate::{
    app::start_job::cancel_job,
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        pages::paging::{Asked, Beside, base},
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/jobs/{job}", May::Do(Permission::Read), page),
        Door::post("/jobs/{job}/cancel", May::Do(Permission::Train), cancel),
    ]
}

/// Which part of the log is shown.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    /// Given where the page shall stay as it is instead of renewing itself.
    #[serde(default)]
    still: String,
    #[serde(flatten)]
    page: Asked,
}

#[derive(askama::Template)]
#[template(path = "job.html")]
struct Page<'a> {
    frame: &'a Frame,
    job: &'a TrainingJob,
    snapshot: Option<Snapshot>,
    model: Option<ModelVersion>,
    goes_on: bool,
    renews: bool,
    steps: Vec<Step>,
    svg: Option<String>,
    metrics: Vec<(String, String)>,
    hyperparameters: String,
    log: Vec<JobEvent>,
    beside: Beside,
    may_cancel: bool,
}

impl Page<'_> {
    /// How far it is, in steps.
    fn last(&self) -> Option<&Step> {
        self.steps.last()
    }
}

async fn page(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let id: TrainingJobId = id.parse().map_err(|_| Fault::not_found())?;
    let frame = &visitor.frame;
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let job = tx.job(id).await?.ok_or_else(Fault::not_found)?;
    let model = match job.produced_model {
        Some(model) => tx.models_by_id(&[model]).await?.pop(),
        None => None,
    };
    let steps = steps(&mut tx, id, job.attempt).await?;
    let newest = OrdinalRequest { from_end: true, ..OrdinalRequest::first(1) };
    let last = tx.job_events(id, job.attempt, newest).await?.rows.pop();
    let log = tx.job_events(id, job.attempt, wanted.page.by_place_from_the_end()).await?;
    let goes_on = matches!(job.state, JobState::Queued | JobState::Running);
    let address = base(&format!("/jobs/{id}"), &[("still", if goes_on { "yes" } else { "" })]);
    let page = Page {
        frame,
        snapshot: tx.snapshot(job.asked.snapshot).await?,
        model,
        goes_on,
        renews: goes_on && wanted.still.is_empty(),
        svg: curve(&steps, frame.t.job_loss, frame.t.job_step)?,
        metrics: metrics(last.as_ref().map(|event| &event.event)),
        steps,
        hyperparameters: format!("{:#}", job.asked.hyperparameters),
        beside: Beside::of(&log, &address, |event| event.ordinal),
        log: log.rows,
        may_cancel: goes_on && visitor.actor.may(Permission::Train).is_ok(),
        job: &job,
    };
    Ok(written(&page))
}

async fn cancel(State(state): State<AppState>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    let id: TrainingJobId = id.parse().map_err(|_| Fault::not_found())?;
    cancel_job(&state.app, &visitor.actor, id).await?;
    Ok(see_other(&format!("/jobs/{id}")))
}
