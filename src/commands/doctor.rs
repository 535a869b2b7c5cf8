//! `atr doctor`: what is wrong with this installation, and how to mend it.

use std::{path::Path, process::ExitCode};

use anyhow::{Context as _, ensure};
use atr_core::{
    blobs::Blobs,
    clock::Clock,
    domain::snapshot::{SnapshotFilter, SnapshotState},
    ids::Ids,
    queue::State,
    store::{Connect, PageRequest, Store, server_version},
};
use serde::Serialize;
use serde_json::json;

use super::{
    installation::{data_folder, database, trainer},
    output::Output,
};
use crate::config::Place;

#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    detail: String,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn note(&mut self, check: &'static str, outcome: anyhow::Result<String>) {
        let ok = outcome.is_ok();
        self.0.push(Finding { check, ok, detail: outcome.unwrap_or_else(|error| format!("{error:#}")) });
    }
}

pub(crate) async fn run(place: &Place, out: Output) -> anyhow::Result<ExitCode> {
    let mut findings = Findings::default();
    let data = data_folder(place);
    let blobs = data.as_ref().ok().map(|data| data.join("blobs"));
    findings.note("data folder", data.map(|folder| folder.display().to_string()));
    findings.note("trainer", found_trainer(place));
    match database(place).await {
        Ok((url, server)) => {
            let kind = if server.is_some() { "private server" } else { "DATABASE_URL" };
            look_inside(&mut findings, url, kind, blobs.as_deref()).await;
            if let Some(server) = server {
                server.stop().await?;
            }
        }
        Err(error) => findings.note("database", Err(error)),
    }
    let Findings(findings) = findings;
    let healthy = findings.iter().all(|finding| finding.ok);
    out.result(&json!({ "healthy": healthy, "findings": findings }), || {
        let lines: Vec<String> = findings
            .iter()
            .map(|finding| {
                format!("{}  {:16} {}", if finding.ok { "ok   " } else { "WRONG" }, finding.check, finding.detail)
            })
            .collect();
        lines.join("\n")
    })?;
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn found_trainer(place: &Place) -> anyhow::Result<String> {
    let program = trainer(place)?;
    ensure!(program.is_file(), "{} is not there: build it, or name it with --trainer", program.display());
    Ok(program.display().to_string())
}

/// What needs the database; each check only where those before it let it through.
async fn look_inside(findings: &mut Findings, url: String, kind: &str, blobs: Option<&Path>) {
    let answers = server_version(&url).await;
    let reached = answers.is_ok();
    findings.note("database", answers.map(|version| format!("{kind}, PostgreSQL {version}")).map_err(Into::into));
    if !reached {
        return;
    }
    let clock = Clock::system();
    let ids = Ids::from_system(clock.clone());
    match Store::connect(Connect { url, connections: 4, clock, ids }).await {
        Ok(store) => {
            findings.note("schema and role", Ok("up to date, bound by the policies".to_owned()));
            findings.note("queue", queue(&store).await);
            findings.note("paused stages", paused(&store).await);
            if let Some(blobs) = blobs {
                findings.note("blobs", snapshots(&store, blobs).await);
            }
            store.close().await;
        }
        Err(error) => findings.note("schema and role", Err(error.into())),
    }
}

async fn queue(store: &Store) -> anyhow::Result<String> {
    let depth = store.queue_depth().await?;
    let count = |state: State| depth.iter().filter(|depth| depth.state == state).map(|depth| depth.tasks).sum::<i64>();
    let dead = count(State::Dead);
    ensure!(
        dead == 0,
        "{dead} tasks are dead: look at their errors with `atr queue dead`, mend the cause, and replay them"
    );
    Ok(format!(
        "{} wait, {} run",
        count(State::Available) + count(State::Scheduled) + count(State::Retryable),
        count(State::Running)
    ))
}

async fn paused(store: &Store) -> anyhow::Result<String> {
    let paused = store.pauses().await?;
    let stages: Vec<String> = paused.iter().map(|pause| format!("{} ({})", pause.stage, pause.why)).collect();
    ensure!(stages.is_empty(), "{}: `atr queue resume` lets them go on", stages.join(", "));
    Ok("none".to_owned())
}

/// Whether the newest sealed snapshot of each project has its files here.
async fn snapshots(store: &Store, folder: &Path) -> anyhow::Result<String> {
    let mark = folder.join(format!(".doctor-{}", std::process::id()));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&mark, b""));
    written.with_context(|| format!("nothing can be written into {}", folder.display()))?;
    std::fs::remove_file(&mark)?;
    let blobs = Blobs::new(folder);
    let (mut looked, mut missing) = (0, Vec::new());
    for project in store.projects(None, 1000).await? {
        let mut tx = store.begin(project.id).await?;
        let sealed = SnapshotFilter { state: Some(SnapshotState::Sealed), name: None };
        let Some(newest) = tx.snapshots(&sealed, PageRequest::first(1)).await?.rows.pop() else { continue };
        looked += 1;
        let files = tx.snapshot_files(newest.id).await?;
        let digests = files.iter().map(|file| file.digest).chain(newest.manifest_hash);
        let lost = digests.filter(|digest| !blobs.path(digest).is_file()).count();
        if lost > 0 {
            missing.push(format!("{lost} files of snapshot “{}” of project {}", newest.name, project.slug));
        }
    }
    ensure!(
        missing.is_empty(),
        "{} are not in {}: give the folder that the workers write to with --data, or bring them back from a backup",
        missing.join(", "),
        folder.display()
    );
    Ok(format!("{}; the newest snapshots of {looked} projects are there", folder.display()))
}
