//! A campaign of faults: senders send at a steady rate through two API servers to four workers over RabbitMQ, while what
//! they all rest on is killed, stopped, restarted, cut off and told twice, at random. Afterwards nothing that was
//! acknowledged may be lost or doubled, nothing may be stuck, and each task's history must be legal.
//!
//! `cargo test` runs a short version; `benches/faults` the long one: `--seconds N --faults-at-least N --seed N --json`.

mod arguments;
mod audit;
mod broker;
mod child;
mod clients;
mod cluster;
mod database;
mod faults;
mod history;
mod inflict;
mod messages;
mod patience;
mod program;
mod proxy;
mod records;
#[path = "../traces.rs"]
mod traces;

use std::{
    fs::Permissions,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::ExitCode,
    time::Instant,
};

use rand::{SeedableRng, rngs::StdRng};
use serde_json::json;
use tokio::{
    signal::unix::{SignalKind, signal},
    task::LocalSet,
};

use crate::{
    arguments::{Options, Task},
    audit::Audit,
    clients::Clients,
    cluster::Cluster,
    inflict::Counts,
    patience::Result,
};

/// With so many faults each kind must take effect.
const LONG: u64 = 100;

/// The most violations of a kind that are shown.
const SHOWN: usize = 20;

fn main() -> ExitCode {
    match arguments::read(std::env::args().skip(1)).map_err(Into::into).and_then(perform) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the campaign failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<bool> {
    let mut out = io::stdout().lock();
    match task {
        Task::Nothing => Ok(true),
        Task::List { terse } => {
            writeln!(out, "campaign::faults: test{}", if terse { "" } else { "\n\n1 test, 0 benchmarks" })?;
            Ok(true)
        }
        Task::Run(options) => {
            // One thread, which lasts: what it spawns is killed by the kernel when it ends.
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            LocalSet::new().block_on(&runtime, until_interrupted(&options))
        }
    }
}

async fn until_interrupted(options: &Options) -> Result<bool> {
    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // A server of root's runs as another user, who must get there.
    let folder = tempfile::Builder::new().prefix("atr-faults-").permissions(Permissions::from_mode(0o755)).tempdir()?;
    let ended = tokio::select! {
        ended = campaign(options, folder.path()) => ended,
        _ = interrupted.recv() => return Err("interrupted".into()),
        _ = terminated.recv() => return Err("told to stop".into()),
    };
    if !matches!(ended, Ok(true)) {
        eprintln!("the logs are in {}", folder.keep().display());
    }
    ended
}

async fn campaign(options: &Options, folder: &Path) -> Result<bool> {
    let began = Instant::now();
    let Options { seconds, faults_at_least, seed, verbose, .. } = *options;
    eprintln!("campaign of faults: seed {seed}, {seconds} s, at least {faults_at_least} faults");
    let mut random = StdRng::seed_from_u64(seed);
    let faults = faults::draw(&mut random, arguments::drawn(options), seconds);
    let cluster = Cluster::start(folder, &mut random).await?;
    let http = clients::http()?;
    cluster.ready(&http).await?;
    eprintln!("{:.0?}: everything runs; faults begin", began.elapsed());

    let clients = Clients::start(&cluster, &http, seed);
    let counts = inflict::inflict(&cluster, faults, seed, move |at, fault, what| {
        if verbose {
            eprintln!("{:7.1} s  {fault:?}: {what}", at.as_secs_f64());
        }
    })
    .await?;
    eprintln!("{:.0?}: {} faults, {} records acknowledged", began.elapsed(), counts.total(), clients.acknowledged());

    let acknowledged = clients.finish().await?;
    let mut owner = database::connect(&cluster.owner_url).await?;
    audit::drain(&mut owner).await?;
    eprintln!("{:.0?}: {} records acknowledged, and nothing more gets done", began.elapsed(), acknowledged.len());
    let mut audit = audit::audit(&mut owner, &acknowledged).await?;
    audit.wrong.extend(cluster.ended_by_themselves());
    if counts.total() < faults_at_least {
        audit.wrong.push(format!("only {} of {faults_at_least} faults took effect: {counts:?}", counts.total()));
    }
    // In a short run each kind comes a few times, and each of them may come to nothing on a busy machine.
    if faults_at_least >= LONG {
        let missing = faults::kinds().into_iter().filter(|kind| !counts.took_effect.contains_key(kind));
        audit.wrong.extend(missing.map(|kind| format!("{kind}: not once did it take effect")));
    }
    report(options, &counts, acknowledged.len(), &audit)
}

/// Says what was found, and whether all is well.
fn report(options: &Options, counts: &Counts, acknowledged: usize, audit: &Audit) -> Result<bool> {
    let violations = [
        ("lost", &audit.lost),
        ("doubled", &audit.doubled),
        ("stuck", &audit.stuck),
        ("illegal history", &audit.illegal),
        ("wrong", &audit.wrong),
    ];
    for (kind, found) in violations {
        for violation in found.iter().take(SHOWN) {
            eprintln!("{kind}: {violation}");
        }
        if found.len() > SHOWN {
            eprintln!("{kind}: … and {} more", found.len() - SHOWN);
        }
    }
    let told = json!({
        "seed": options.seed,
        "faults": counts.total(),
        "acknowledged": acknowledged,
        "lost": audit.lost.len(),
        "doubled": audit.doubled.len(),
        "stuck": audit.stuck.len(),
        "illegal_histories": audit.illegal_histories,
        "wrong": audit.wrong.len(),
        "took_effect": counts.took_effect,
        "came_to_nothing": counts.came_to_nothing,
        "steps": audit.steps,
    });
    if options.json {
        writeln!(io::stdout(), "{told}")?;
    } else {
        eprintln!("{told:#}");
    }
    Ok(violations.iter().all(|(_, found)| found.is_empty()))
}
