//! `atr job`: training jobs.

use anyhow::Context as _;
use atr_core::{
    domain::training::{JobFilter, JobState, TrainingJob},
    ids::{ModelVersionId, SnapshotId, TrainingJobId},
    store::OrdinalRequest,
};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{installation::Installation, measured::Judged, output::Output, pages::Pages};
use crate::{
    app::start_job::{JobRequest, cancel_job, start_job},
    config::Place,
};

#[derive(Debug, Args)]
pub(crate) struct Jobs {
    /// The project, by its slug
    #[arg(long, global = true, value_name = "SLUG")]
    project: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask workers to train the reward model on a sealed snapshot
    Start {
        /// The snapshot, by id
        snapshot: SnapshotId,
        /// Seed given to the trainer
        #[arg(long, default_value_t = 1)]
        seed: i64,
        /// The model to start from, by id [default: none]
        #[arg(long, value_name = "MODEL")]
        base_model: Option<ModelVersionId>,
        /// Settings given to the trainer, as a JSON object [default: the trainer's own]
        #[arg(long, value_name = "JSON", value_parser = settings, default_value = "{}", hide_default_value = true)]
        hyperparameters: Map<String, Value>,
    },
    /// Give a job up; a trainer that runs is stopped
    Cancel {
        /// The job
        job: TrainingJobId,
    },
    /// List jobs, newest first
    List {
        /// Only in this state: queued, running, succeeded, failed or cancelled
        #[arg(long)]
        state: Option<JobState>,
        #[command(flatten)]
        pages: Pages,
    },
    /// Show a job: what its trainer was told and reported last, what was measured of its model, and the gate's decision
    Show {
        /// The job
        job: TrainingJobId,
    },
}

impl Jobs {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        Installation::lend(place, async |installation| self.run_on(installation, out).await).await
    }

    async fn run_on(self, installation: &Installation, out: Output) -> anyhow::Result<()> {
        let app = &installation.app;
        let actor = installation.actor(self.project.as_deref()).await?;
        match self.command {
            Command::Start { snapshot, seed, base_model, hyperparameters } => {
                let wanted = JobRequest { snapshot, base_model, seed, hyperparameters };
                let job = start_job(app, &actor, wanted).await?;
                out.result(&line(&job), || format!("Job {} is queued.", job.id))
            }
            Command::Cancel { job } => {
                let job = cancel_job(app, &actor, job).await?;
                out.result(&line(&job), || format!("Job {} is given up.", job.id))
            }
            Command::List { state, pages } => {
                let mut tx = app.store.begin(actor.project).await?;
                let filter = JobFilter { state, ..JobFilter::default() };
                let read = async |page| Ok(tx.jobs(&filter, page).await?);
                pages.print(out, "jobs", read, |job| job.id.into(), line, words).await
            }
            Command::Show { job } => {
                let mut tx = app.store.begin(actor.project).await?;
                let found = tx.job(job).await?.with_context(|| format!("there is no job {job} in this project"))?;
                let last = OrdinalRequest { from_end: true, ..OrdinalRequest::first(20) };
                let events = tx.job_events(job, found.attempt, last).await?;
                let events: Vec<Value> = events.rows.into_iter().map(|event| event.event).collect();
                let judged = match found.produced_model {
                    None => Judged::default(),
                    Some(model) => Judged::read(&mut tx, model).await?,
                };
                let mut whole = line(&found);
                whole["specification"] = json!(found.specification);
                whole["events"] = json!(events);
                judged.add_to(&mut whole);
                out.result(&whole, || {
                    let lines = events.iter().map(|event| format!("\n  {event}")).collect::<String>();
                    format!("{}{lines}{}", words(&found), judged.words())
                })
            }
        }
    }
}

fn settings(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("give a JSON object, such as {{\"epochs\": 3}}: {error}"))
}

fn line(of: &TrainingJob) -> Value {
    json!({
        "id": of.id, "snapshot": of.asked.snapshot, "state": of.state, "attempt": of.attempt,
        "produced_model": of.produced_model, "error": of.error, "created_at": of.created_at,
        "started_at": of.started_at, "finished_at": of.finished_at,
    })
}

fn words(of: &TrainingJob) -> String {
    let made = of.produced_model.map(|model| format!("made {model}"));
    let outcome = made.or_else(|| of.error.clone()).unwrap_or_default();
    format!("{}  {:9}  on {}  {outcome}", of.id, of.state, of.asked.snapshot)
}
