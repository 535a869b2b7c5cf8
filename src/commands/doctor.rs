//! `atr doctor`: what is wrong with this installation, and how to mend it.

use std::process::ExitCode;

use atr_core::{
    clock::Clock,
    ids::Ids,
    queue::State,
    store::{Connect, Store},
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

pub(crate) async fn run(place: &Place, out: Output) -> anyhow::Result<ExitCode> {
    let mut findings = Vec::new();
    let mut note = |check, outcome: anyhow::Result<String>| {
        let ok = outcome.is_ok();
        findings.push(Finding { check, ok, detail: outcome.unwrap_or_else(|error| format!("{error:#}")) });
    };
    note("data folder", data_folder(place).map(|folder| folder.display().to_string()));
    note(
        "trainer",
        trainer(place).and_then(|program| {
            anyhow::ensure!(
                program.is_file(),
                "{} is not there: build it, or name it with --trainer",
                program.display()
            );
            Ok(program.display().to_string())
        }),
    );
    let mut server = None;
    let url = match database(place).await {
        Ok((url, postgres)) => {
            let kind = if postgres.is_some() { "private server" } else { "DATABASE_URL" };
            note("database", Ok(kind.to_owned()));
            server = postgres;
            Some(url)
        }
        Err(error) => {
            note("database", Err(error));
            None
        }
    };
    if let Some(url) = url {
        let clock = Clock::system();
        let ids = Ids::from_system(clock.clone());
        match Store::connect(Connect { url, connections: 4, clock, ids }).await {
            Ok(store) => {
                note("schema and role", Ok("up to date, bound by the policies".to_owned()));
                note("queue", queue(&store).await);
                store.close().await;
            }
            Err(error) => note("schema and role", Err(error.into())),
        }
    }
    if let Some(server) = server {
        server.stop().await?;
    }
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

async fn queue(store: &Store) -> anyhow::Result<String> {
    let depth = store.queue_depth().await?;
    let count = |state: State| depth.iter().filter(|depth| depth.state == state).map(|depth| depth.tasks).sum::<i64>();
    let dead = count(State::Dead);
    anyhow::ensure!(
        dead == 0,
        "{dead} tasks are dead: look at their errors (query `tasks`), mend the cause, and replay them"
    );
    Ok(format!(
        "{} wait, {} run",
        count(State::Available) + count(State::Scheduled) + count(State::Retryable),
        count(State::Running)
    ))
}
