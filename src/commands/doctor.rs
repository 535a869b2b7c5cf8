//! `atr doctor`: what is wrong with this installation, and how to mend it.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, bail, ensure};
use atr_core::{
    blobs::Blobs,
    clock::Clock,
    domain::snapshot::{SnapshotFilter, SnapshotState},
    ids::Ids,
    queue::{self, State},
    store::{Connect, PageRequest, Store, server_version},
};
use atr_workers::{
    stages::{judge::Judge, read},
    transport::rabbitmq::{self, AmqpUrl},
};
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::{
    installation::{TESSERACT, blobs, data_folder, database, trainer},
    output::Output,
};
use crate::config::{Broker, Judging, Notifying, Place, Reached, SingleSignOn};

/// How long an object store may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

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

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    broker: Broker,
    #[command(flatten)]
    notifying: Notifying,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    reached: Reached,
    #[command(flatten)]
    single_sign_on: SingleSignOn,
}

impl Doctor {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<ExitCode> {
        let findings = examine(place, &self).await?;
        let healthy = findings.iter().all(|finding| finding.ok);
        out.result(&json!({ "healthy": healthy, "findings": findings }), || {
            let lines: Vec<String> = findings
                .iter()
                .map(|finding| {
                    format!("{}  {:18} {}", if finding.ok { "ok   " } else { "WRONG" }, finding.check, finding.detail)
                })
                .collect();
            lines.join("\n")
        })?;
        Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

async fn examine(place: &Place, told: &Doctor) -> anyhow::Result<Vec<Finding>> {
    let broker = told.broker.amqp_url.as_ref();
    let mut findings = Findings::default();
    findings.note("data folder", data_folder(place).map(|folder| folder.display().to_string()));
    let blobs = tried(place).await;
    findings.note("trainer", found_trainer(place));
    findings.note("reader of pictures", Ok(found_reader().await));
    match database(place).await {
        Ok((url, server)) => {
            let kind = if server.is_some() { "private server" } else { "DATABASE_URL" };
            look_inside(&mut findings, url, kind, blobs.as_ref().ok(), broker.is_some()).await;
            if let Some(server) = server {
                server.stop().await?;
            }
        }
        Err(error) => findings.note("database", Err(error)),
    }
    if let Err(error) = blobs {
        findings.note("blobs", Err(error));
    }
    if let Some(url) = broker {
        findings.note("broker", pinged(url).await);
    }
    findings.note("e-mail", mails(&told.notifying, &told.reached).await);
    findings.note("judge of claims", judges(&told.judging).await);
    findings.note("single sign-on", provider(&told.single_sign_on, &told.reached).await);
    Ok(findings.0)
}

/// Whether the judge of claims answers so that it counts; this asks it once.
async fn judges(judging: &Judging) -> anyhow::Result<String> {
    let Some(judge) = judging.judge()? else {
        return Ok("none is asked: set ATR_JUDGE_URL and ATR_JUDGE_MODEL for one".to_owned());
    };
    judge.try_out().await?;
    let Judge::Endpoint(endpoint) = judge;
    Ok(format!("{endpoint:?} answers, and quotes what it decides by"))
}

/// Whether people can sign in at the provider.
async fn provider(single_sign_on: &SingleSignOn, reached: &Reached) -> anyhow::Result<String> {
    let Some(provider) = single_sign_on.provider(reached)? else {
        return Ok("there is none: set ATR_OIDC_ISSUER, ATR_OIDC_CLIENT_ID and ATR_PUBLIC_URL for one".to_owned());
    };
    let place = provider.try_out(&Clock::system()).await.with_context(|| {
        format!(
            "{provider:?} is not found: ATR_OIDC_ISSUER must be what its /.well-known/openid-configuration names as `issuer`, to the \
             letter, and be reached from here"
        )
    })?;
    Ok(format!("people sign in at {place}; the provider must allow {} as where they come back to", provider.callback()))
}

fn found_trainer(place: &Place) -> anyhow::Result<String> {
    let program = trainer(place)?;
    ensure!(program.is_file(), "{} is not there: build it, or name it with --trainer", program.display());
    Ok(program.display().to_string())
}

/// Whether reminders of the weekly review, and links to sign in by, can be sent.
async fn mails(notifying: &Notifying, reached: &Reached) -> anyhow::Result<String> {
    let delivery = notifying.delivery(reached)?;
    let Some(mail) = delivery.mail else {
        return Ok("none is sent: set ATR_SMTP_URL and ATR_MAIL_FROM to remind experts of the weekly review".to_owned());
    };
    let late = || format!("the mail server does not answer within {} seconds", PATIENCE.as_secs());
    tokio::time::timeout(PATIENCE, mail.try_out()).await.with_context(late)??;
    Ok(match delivery.public_url {
        Some(public) => format!("{mail:?}; links lead to {public}"),
        None => format!("{mail:?}; set ATR_PUBLIC_URL to mail links to sign in by, too"),
    })
}

/// It is nothing that has to be there.
async fn found_reader() -> String {
    match read::installed(TESSERACT.as_ref()).await {
        Ok(found) => format!("{}, with {}", found.version, found.languages.join(", ")),
        Err(error) => format!(
            "text in pictures is not read here ({TESSERACT}: {error}): install it (in Debian and Ubuntu tesseract-ocr, and \
             tesseract-ocr-LANG for each language), then `atr queue reread`"
        ),
    }
}

/// What needs the database; each check only where those before it let it through.
async fn look_inside(findings: &mut Findings, url: String, kind: &str, blobs: Option<&Blobs>, has_broker: bool) {
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
            findings.note("queue", unfinished(&store).await);
            findings.note("paused stages", paused(&store).await);
            if has_broker {
                findings.note("relay", relayed(&store).await);
            }
            if let Some(blobs) = blobs {
                findings.note("blobs", snapshots(&store, blobs).await);
            }
            store.close().await;
        }
        Err(error) => findings.note("schema and role", Err(error.into())),
    }
}

async fn unfinished(store: &Store) -> anyhow::Result<String> {
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

async fn pinged(url: &AmqpUrl) -> anyhow::Result<String> {
    rabbitmq::ping(url).await.with_context(|| format!("cannot use the broker at {url}"))?;
    Ok(format!("reached at {url}"))
}

/// What the workers' relay says of the broker.
async fn relayed(store: &Store) -> anyhow::Result<String> {
    match store.broker().await? {
        queue::Broker::Up => Ok("a worker tells the broker of work".to_owned()),
        queue::Broker::Down { since, error } => {
            bail!("the workers cannot reach the broker since {since}, and find work by polling: {error}")
        }
        queue::Broker::Unattended => Ok("no worker with this broker runs".to_owned()),
    }
}

async fn paused(store: &Store) -> anyhow::Result<String> {
    let paused = store.pauses().await?;
    let stages: Vec<String> = paused.iter().map(|pause| format!("{} ({})", pause.stage, pause.why)).collect();
    ensure!(stages.is_empty(), "{}: `atr queue resume` lets them go on", stages.join(", "));
    Ok("none".to_owned())
}

/// The place of blobs, once something was written there and read back.
async fn tried(place: &Place) -> anyhow::Result<Blobs> {
    let blobs = blobs(place)?;
    let late =
        || format!("{blobs} does not answer within {} seconds: see that AWS_ENDPOINT_URL names it", PATIENCE.as_secs());
    tokio::time::timeout(PATIENCE, blobs.try_out()).await.with_context(late)??;
    Ok(blobs)
}

/// Whether the newest sealed snapshot of each project has its files here.
async fn snapshots(store: &Store, blobs: &Blobs) -> anyhow::Result<String> {
    let (mut looked, mut missing) = (0, Vec::new());
    for project in store.projects(None, 1000).await? {
        let mut tx = store.begin(project.id).await?;
        let sealed = SnapshotFilter { state: Some(SnapshotState::Sealed), name: None };
        let Some(newest) = tx.snapshots(&sealed, PageRequest::first(1)).await?.rows.pop() else { continue };
        looked += 1;
        let files = tx.snapshot_files(newest.id).await?;
        let mut lost = 0;
        for digest in files.iter().map(|file| file.digest).chain(newest.manifest_hash) {
            lost += usize::from(blobs.size(&digest).await?.is_none());
        }
        if lost > 0 {
            missing.push(format!("{lost} files of snapshot “{}” of project {}", newest.name, project.slug));
        }
    }
    ensure!(
        missing.is_empty(),
        "{} are not in {blobs}: give the place that the workers write to with --data or --blobs, or bring them back from a \
         backup",
        missing.join(", "),
    );
    Ok(format!("{blobs}; the newest snapshots of {looked} projects are there"))
}
