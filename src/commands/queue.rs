//! `atr queue`: what waits, what died, and which stages are paused.

use std::collections::BTreeMap;

use anyhow::Context as _;
use atr_core::{
    ids::TaskId,
    queue::{Depth, Pause, Rate, Stage, State, Task, TaskFilter},
    store::{PageRequest, page},
};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Value, json};

use super::{installation::Installation, output::Output};
use crate::{
    app::{Actor, reread_pictures, stages, tasks},
    config::Place,
};

#[derive(Debug, Args)]
pub(crate) struct Queue {
    /// The project, by its slug
    #[arg(long, global = true, value_name = "SLUG")]
    project: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show how many tasks each stage has, how old they are, how fast they are done and what is paused; of every
    /// project where --project names none
    Status,
    /// List a project's dead tasks with their work and last error, newest first, at most 200
    Dead {
        /// Only of this stage
        #[arg(long)]
        stage: Option<Stage>,
    },
    /// Try a dead task of a project again from its first attempt, or all of them
    Replay {
        /// The task
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        task: Option<TaskId>,
        /// All that are dead
        #[arg(long)]
        all: bool,
        /// Only of this stage
        #[arg(long, requires = "all")]
        stage: Option<Stage>,
    },
    /// Have a project's pictures read that were not, because the program that reads was not there, took too long or failed
    Reread,
    /// Pause a stage in every project: what runs finishes, nothing more is taken
    Pause {
        /// The stage
        stage: Stage,
        /// Why; whoever waits for it reads it
        #[arg(long)]
        why: String,
    },
    /// Let a paused stage go on
    Resume {
        /// The stage
        stage: Stage,
    },
}

impl Queue {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        Installation::lend(place, async |installation| self.run_on(installation, out).await).await
    }

    async fn run_on(self, installation: &Installation, out: Output) -> anyhow::Result<()> {
        let app = &installation.app;
        let project = self.project.as_deref();
        match self.command {
            Command::Status => {
                let status = status(installation, project).await?;
                out.result(&json!({ "stages": status }), || table(&status))
            }
            Command::Dead { stage } => {
                let mut tx = app.store.begin(installation.actor(project).await?.project).await?;
                let filter = TaskFilter { stage, state: Some(State::Dead) };
                let page = tx.tasks(&filter, PageRequest::first(page::MOST)).await?;
                out.page("dead tasks", &page, line, words)
            }
            Command::Replay { task: Some(task), .. } => {
                tasks::replay(app, &installation.actor(project).await?, task).await?;
                out.result(&json!({ "replayed": 1, "passed_over": 0 }), || format!("Task {task} waits again."))
            }
            Command::Replay { task: None, stage, .. } => {
                let actor = installation.actor(project).await?;
                let (mut replayed, mut passed_over, mut after) = (0, 0, None);
                loop {
                    let page = tasks::replay_dead(app, &actor, stage, after)
                        .await
                        .with_context(|| format!("{replayed} dead tasks wait again"))?;
                    replayed += page.replayed;
                    passed_over += page.passed_over;
                    after = page.last;
                    if after.is_none() {
                        break;
                    }
                }
                out.result(&json!({ "replayed": replayed, "passed_over": passed_over }), || {
                    format!(
                        "{replayed} dead tasks wait again; {passed_over} stay dead, because the same work waits already."
                    )
                })
            }
            Command::Reread => {
                let actor = installation.actor(project).await?;
                let (mut enqueued, mut after) = (0, None);
                loop {
                    let page = reread_pictures::reread(app, &actor, after)
                        .await
                        .with_context(|| format!("{enqueued} pictures are to be read"))?;
                    enqueued += page.enqueued;
                    after = page.last;
                    if after.is_none() {
                        break;
                    }
                }
                out.result(&json!({ "enqueued": enqueued }), || format!("{enqueued} pictures are to be read."))
            }
            Command::Pause { stage, why } => {
                let pause = stages::pause(app, &operator(installation).await?, stage, &why).await?;
                out.result(&told(&pause), || format!("Stage {stage} is paused in every project."))
            }
            Command::Resume { stage } => {
                stages::resume(app, &operator(installation).await?, stage).await?;
                out.result(&json!({ "stage": stage }), || format!("Stage {stage} goes on."))
            }
        }
    }
}

/// Stages are every project's: whichever is first will do to act in.
async fn operator(installation: &Installation) -> anyhow::Result<Actor> {
    let first = installation.app.store.projects(None, 1).await?.pop();
    let first = first.context("there is no project yet: `atr up` makes the first one, or `atr project create NAME`")?;
    Ok(Actor::local(first.id))
}

/// A stage, as an operator looks at it.
#[derive(Debug, Serialize)]
struct Status {
    stage: Stage,
    /// How many tasks are in each state; those that ended well are left out.
    tasks: BTreeMap<&'static str, i64>,
    /// Age of the oldest of them that is not dead.
    oldest_seconds: Option<f64>,
    done_per_minute: f64,
    /// When the broker was last told of its waiting tasks, of every project.
    announced_at: Option<DateTime<Utc>>,
    paused: Option<Value>,
}

/// The states that are shown, in the order of their columns.
const SHOWN: [State; 5] = [State::Available, State::Scheduled, State::Running, State::Retryable, State::Dead];

async fn status(installation: &Installation, project: Option<&str>) -> anyhow::Result<Vec<Status>> {
    let store = &installation.app.store;
    let (depths, rates) = match project {
        None => (store.queue_depth().await?, store.queue_rates().await?),
        Some(_) => {
            let mut tx = store.begin(installation.actor(project).await?.project).await?;
            (tx.queue_depth().await?, tx.queue_rates().await?)
        }
    };
    let (pauses, announced, now) = (store.pauses().await?, store.announced().await?, store.clock().now());
    let mut status: Vec<Status> =
        Stage::ALL.iter().map(|stage| of_stage(*stage, now, &depths, &rates, &pauses)).collect();
    for of in &mut status {
        of.announced_at =
            announced.iter().find(|announced| announced.stage == of.stage).map(|announced| announced.last);
    }
    Ok(status)
}

fn of_stage(stage: Stage, now: DateTime<Utc>, depths: &[Depth], rates: &[Rate], pauses: &[Pause]) -> Status {
    let of = |state: State| depths.iter().find(|depth| depth.stage == stage && depth.state == state);
    let oldest = SHOWN.iter().filter(|state| **state != State::Dead).filter_map(|state| of(*state)?.oldest).min();
    Status {
        stage,
        tasks: SHOWN.iter().map(|state| (state.word(), of(*state).map_or(0, |depth| depth.tasks))).collect(),
        oldest_seconds: oldest.map(|oldest| (now - oldest).as_seconds_f64().max(0.0)),
        done_per_minute: rates.iter().find(|rate| rate.stage == stage).map_or(0.0, |rate| rate.per_second() * 60.0),
        announced_at: None,
        paused: pauses.iter().find(|pause| pause.stage == stage).map(told),
    }
}

fn table(status: &[Status]) -> String {
    let mut text = format!("{:10}", "stage");
    for state in SHOWN {
        text += &format!("{:>11}", state.word());
    }
    text += &format!("{:>9}{:>10}", "oldest", "done/min");
    for of in status {
        text += &format!("\n{:10}", of.stage.word());
        for state in SHOWN {
            text += &format!("{:>11}", of.tasks[state.word()]);
        }
        text += &format!("{:>9}{:>10.1}", of.oldest_seconds.map_or("–".to_owned(), age), of.done_per_minute);
        if let Some(why) = of.paused.as_ref().and_then(|pause| pause["why"].as_str()) {
            text += &format!("  paused: {why}");
        }
    }
    text
}

/// A time in its largest unit.
fn age(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3600.0),
        s => format!("{:.0} d", s / 86_400.0),
    }
}

fn told(of: &Pause) -> Value {
    json!({ "stage": of.stage, "why": of.why, "paused_at": of.since, "paused_by": of.by })
}

fn line(of: &Task) -> Value {
    json!({
        "id": of.id, "stage": of.stage, "work": of.work, "attempt": of.attempt, "errors": of.errors,
        "created_at": of.created_at, "finished_at": of.finished_at,
    })
}

fn words(of: &Task) -> String {
    let last = of.errors.as_array().and_then(|errors| errors.last());
    let error = last.and_then(|last| last["error"].as_str()).unwrap_or("no error was recorded");
    format!("{}  {:10}  attempt {}  {}\n  {error}", of.id, of.stage, of.attempt, of.work)
}
