//! `atr demo`: the whole loop, turned twice, on the demo's data, in one process with a private database of its own.

mod account;
mod data;
mod report;
mod reviewer;
mod stages;
mod steps;
mod turn;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use atr_core::{
    domain::{access::Role, expert::ExpertInput},
    ids::ExpertId,
    queue::Stage,
    store::Project,
};
use atr_workers::{Options, Worker, notices::Delivery};
use clap::Args;

use self::{data::Data, report::Report, turn::Turner};
use super::{
    client::Client,
    installation::{Installation, Schema},
    output::Output,
    serve::{Addresses, listen, state},
    signals::stop_at_signal,
};
use crate::{
    app::{Actor, App, AppError, Process, experts, keys, projects},
    config::{Fetching, Place, Serving},
    http,
};

/// How many turns the demo's data is made for.
const TURNS: u32 = 2;

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// End when the loop has turned twice, instead of going on serving
    #[arg(long)]
    exit: bool,
    #[command(flatten)]
    serving: Serving,
}

impl Demo {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        let began = Instant::now();
        let stop = stop_at_signal()?;
        // Beside, not in, what `atr up` keeps: a demo is no one's data.
        let place = Place { data: place.data.join("demo"), ..place.clone() };
        let installation =
            Installation::open(&place, Schema::Migrate, Process { works: true, ..Process::default() }).await?;
        let app = &installation.app;
        let (listeners, Addresses { http: address, .. }) = listen(&self.serving).await?;
        let first_key = installation.first_key().await?;
        let state = state(&self.serving, app)?;
        let grace = Duration::from_secs(20);
        let serving = tokio::spawn(http::serve(listeners, state, stop.clone(), grace));
        let options = Options { stages: Stage::ALL.to_vec(), slots: 6, grace, lease: Options::LEASE, broker: None };
        let working = tokio::spawn(
            Worker::new(installation.context(&place, Delivery::default(), Fetching::default(), None)?, options)
                .run(stop.clone()),
        );

        let project = new_project(app).await?;
        let actor = Actor::local(project.id);
        let expert = experts::create_program(app, &actor, scripted_reviewer()).await?;
        let client = Client::new(&address, &key(app, &actor, Role::Admin, None).await?)?;
        let reviewer = Client::new(&address, &key(app, &actor, Role::Expert, Some(expert.id)).await?)?;
        let data = Data::load()?;
        let mut report = Report::new(out, &project, &data)?;
        let turner = Turner { app, actor: &actor, client: &client, reviewer: &reviewer, data: &data, expert: &expert };
        for turn in 1..=TURNS {
            tokio::select! {
                turned = turner.turn(turn, &mut report) => turned.with_context(|| format!("turn {turn}"))?,
                () = stop.cancelled() => break,
            }
        }
        let turned = !stop.is_cancelled();
        if turned {
            report.balance(turner.balance().await?)?;
            report.finish(began.elapsed())?;
            if self.exit {
                stop.cancel();
            } else {
                let look = key(app, &actor, Role::Admin, None).await?;
                report.invite(&address, &project.slug, &look, first_key.as_deref())?;
            }
        }
        stop.cancelled().await;
        working.await?;
        serving.await??;
        installation.close().await?;
        ensure!(turned, "the demo was stopped before its loop had turned {TURNS} times");
        Ok(())
    }
}

/// The script that stands in for an expert takes a week's worth of items as they are routed, and then the rest.
fn scripted_reviewer() -> ExpertInput {
    ExpertInput {
        handle: "scripted-reviewer".to_owned(),
        domains: vec![],
        languages: vec!["en".to_owned()],
        weekly_capacity: 100,
    }
}

/// A project of its own for each run, so that the demo can be run again and shows the same.
async fn new_project(app: &App) -> anyhow::Result<Project> {
    for n in 1.. {
        let slug = if n == 1 { "demo".to_owned() } else { format!("demo-{n}") };
        match projects::create_here(app, &slug, "Demo").await {
            Err(AppError::Conflict(_)) => {}
            made => return Ok(made?),
        }
    }
    anyhow::bail!("there is no number left for a demo project")
}

async fn key(app: &App, actor: &Actor, role: Role, expert: Option<ExpertId>) -> anyhow::Result<String> {
    let wanted = keys::Wanted { expert, ..keys::Wanted::of(&format!("demo, {role}"), role) };
    Ok(keys::create(app, actor, wanted).await?.secret)
}
