//! `/pipeline`: the work of each stage, in the order of the loop, and what could not be done.

use std::collections::HashMap;

use atr_core::{
    domain::access::Permission,
    ids::TaskId,
    queue::{Depth, Pause, Stage, State as TaskState, Task, TaskFilter},
};
use axum::{
    Form,
    extract::{Query, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::paging::{Asked, Beside, base};
use crate::{
    app::{AppError, stages, tasks},
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/pipeline", May::Do(Permission::Read), page),
        Door::post("/pipeline/replay", May::Do(Permission::Administer), replay),
        Door::post("/pipeline/replay-stage", May::Do(Permission::Administer), replay_stage),
    ]
}

/// Which dead work is shown, and what became of the last wish.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    /// Only of this stage.
    #[serde(default)]
    stage: String,
    /// Given where the page shall stay as it is instead of renewing itself.
    #[serde(default)]
    still: String,
    /// How many tasks were replayed just now.
    replayed: Option<u32>,
    /// Whether more of that stage may be dead.
    #[serde(default)]
    more: String,
    #[serde(flatten)]
    page: Asked,
}

#[derive(askama::Template)]
#[template(path = "pipeline.html")]
struct Page<'a> {
    frame: &'a Frame,
    wanted: &'a Wanted,
    river: Vec<Reach>,
    now: DateTime<Utc>,
    stages: &'static [Stage],
    /// The stage whose dead work is shown alone.
    of: Option<Stage>,
    dead: Vec<Dead>,
    beside: Beside,
    may_replay: bool,
}

impl Page<'_> {
    /// Whether it is the stage whose dead work is shown alone.
    fn is_of(&self, stage: &Stage) -> bool {
        self.of == Some(*stage)
    }
}

/// A stage of the river.
#[derive(Debug, Clone, Default, PartialEq)]
struct Reach {
    stage: &'static str,
    waiting: i64,
    scheduled: i64,
    running: i64,
    dead: i64,
    /// When the oldest that waits was enqueued.
    oldest: Option<DateTime<Utc>>,
    /// How many are done a minute.
    per_minute: Option<f64>,
    /// Why it is paused.
    paused: Option<String>,
}

impl Reach {
    /// A stage with what is open of it.
    fn of(stage: Stage, open: &[Depth], pauses: &[Pause]) -> Self {
        let mut reach = Self { stage: stage.word(), ..Self::default() };
        for depth in open.iter().filter(|depth| depth.stage == stage) {
            match depth.state {
                TaskState::Available | TaskState::Retryable => {
                    reach.waiting += depth.tasks;
                    reach.oldest = reach.oldest.into_iter().chain(depth.oldest).min();
                }
                TaskState::Scheduled => reach.scheduled += depth.tasks,
                TaskState::Running => reach.running += depth.tasks,
                TaskState::Dead => reach.dead += depth.tasks,
                TaskState::Succeeded | TaskState::Cancelled => {}
            }
        }
        reach.paused = pauses.iter().find(|pause| pause.stage == stage).map(|pause| pause.why.clone());
        reach
    }
}

/// Work that could not be done.
struct Dead {
    task: Task,
    work: String,
    /// What went wrong at each attempt, the last one first.
    errors: Vec<(i64, String)>,
}

impl From<Task> for Dead {
    fn from(task: Task) -> Self {
        let errors = task.errors.as_array().map(Vec::as_slice).unwrap_or_default();
        let said = |error: &serde_json::Value| {
            let words = error["error"].as_str().map_or_else(|| error.to_string(), str::to_owned);
            (error["attempt"].as_i64().unwrap_or_default(), words)
        };
        Self { work: task.work.to_string(), errors: errors.iter().rev().map(said).collect(), task }
    }
}

async fn page(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let pauses = stages::paused(&state.app, &visitor.actor).await?;
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let open = tx.open_work().await?;
    let rates: HashMap<_, _> =
        tx.queue_rates().await?.into_iter().map(|rate| (rate.stage, rate.per_second() * 60.0)).collect();
    let river = Stage::ALL
        .iter()
        .map(|stage| Reach { per_minute: rates.get(stage).copied(), ..Reach::of(*stage, &open, &pauses) });
    let of: Option<Stage> = wanted.stage.parse().ok();
    let filter = TaskFilter { stage: of, state: Some(TaskState::Dead) };
    let dead = tx.tasks(&filter, wanted.page.request::<TaskId>()).await?;
    let restricted = [("stage", of.map_or("", Stage::word)), ("still", &*wanted.still)];
    let page = Page {
        frame: &visitor.frame,
        wanted: &wanted,
        river: river.collect(),
        now: tx.now(),
        stages: Stage::ALL,
        of,
        beside: Beside::of(&dead, &base("/pipeline", &restricted), |task| task.id),
        dead: dead.rows.into_iter().map(Dead::from).collect(),
        may_replay: visitor.actor.may(Permission::Administer).is_ok(),
    };
    Ok(written(&page))
}

/// The form that tries one task again.
#[derive(Debug, Deserialize)]
struct One {
    task: String,
}

async fn replay(State(state): State<AppState>, visitor: Visitor, Form(sent): Form<One>) -> Result<Response, Fault> {
    let task: TaskId = sent.task.parse().map_err(|_| Fault::not_found())?;
    tasks::replay(&state.app, &visitor.actor, task).await?;
    Ok(see_other("/pipeline?replayed=1#dead"))
}

/// The form that tries all dead work of a stage again.
#[derive(Debug, Deserialize)]
struct OfStage {
    stage: String,
}

async fn replay_stage(
    State(state): State<AppState>,
    visitor: Visitor,
    Form(sent): Form<OfStage>,
) -> Result<Response, Fault> {
    let stage: Stage =
        sent.stage.parse().map_err(|_| AppError::invalid("stage", "is no stage: choose one of the list"))?;
    let done = tasks::replay_dead(&state.app, &visitor.actor, Some(stage), None).await?;
    let more = if done.last.is_some() { "&more=yes" } else { "" };
    Ok(see_other(&format!("/pipeline?stage={stage}&replayed={}{more}#dead", done.replayed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_counts_what_waits_by_its_oldest_and_not_what_is_done() {
        let at = |text: &str| Some(text.parse::<DateTime<Utc>>().expect("a time"));
        let depth = |stage, state, tasks, oldest| Depth { stage, state, tasks, oldest };
        let open = [
            depth(Stage::Verify, TaskState::Available, 3, at("2026-11-24T09:00:00Z")),
            depth(Stage::Verify, TaskState::Retryable, 2, at("2026-11-24T08:00:00Z")),
            depth(Stage::Verify, TaskState::Dead, 1, at("2026-11-20T08:00:00Z")),
            depth(Stage::Score, TaskState::Running, 4, at("2026-11-20T08:00:00Z")),
        ];
        let reach = Reach::of(Stage::Verify, &open, &[]);
        assert_eq!((reach.waiting, reach.dead, reach.running), (5, 1, 0));
        assert_eq!(reach.oldest, at("2026-11-24T08:00:00Z"));
        assert_eq!(Reach::of(Stage::Score, &open, &[]).oldest, None, "what runs does not wait");
    }
}
