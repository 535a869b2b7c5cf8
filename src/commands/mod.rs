//! The command line. Results go to standard output, everything else to standard error.
//!
//! Exit codes: 0 done; 1 failed, with a line that says what to do; 2 the command was not understood; 3 lines or pictures
//! were sent, and some of them were not stored, or stay in the quarantine.

mod attach;
mod audit;
mod certificate;
mod client;
mod demo;
mod doctor;
mod expert;
mod import;
mod ingest;
mod installation;
mod job;
mod key;
mod measured;
mod migrate;
mod model;
mod output;
mod pages;
mod person;
mod progress;
mod project;
mod quarantine;
mod queue;
mod review;
mod schema;
mod serve;
mod signals;
mod snapshot;
mod up;
mod work;

use std::{io::IsTerminal, process::ExitCode};

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Logging, Place};

/// Adaptive Training Repository: what a language model got wrong, written down and acted on
#[derive(Debug, Parser)]
#[command(name = "atr", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    logging: Logging,
    /// Print results as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Turn the whole loop twice on the demo's data, in one process with a private database
    Demo(demo::Demo),
    /// Run everything in one process: database, API and workers
    Up(up::Up),
    /// Serve the API alone
    Serve(serve::Serve),
    /// Do queued work alone: all stages, or those named
    Work(work::Work),
    /// Bring the database's schema up to date
    Migrate,
    /// Read the audit log, and hold it against what it says of itself
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Make, list, rotate and withdraw API keys
    #[command(subcommand)]
    Key(key::Key),
    /// Invite, list and deactivate people who sign in, and make links for them
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// Enter and list experts
    #[command(subcommand)]
    Expert(expert::ExpertCommand),
    /// Look at the weekly review
    #[command(subcommand)]
    Review(review::Review),
    /// Make and list projects
    #[command(subcommand)]
    Project(project::Project),
    /// See what waits and what died, replay it, pause and resume stages
    Queue(queue::Queue),
    /// Look at what was set aside at the doors, mend it, replay it, discard it
    Quarantine(quarantine::Quarantine),
    /// Send files of JSON lines to a running service
    Ingest(ingest::Ingest),
    /// Send pictures to a running service, for records to refer to
    Attach(attach::Attach),
    /// Bring in an export of another tool
    Import(import::Import),
    /// Ask for snapshots, compare, write out and verify them
    Snapshot(snapshot::Snapshots),
    /// Start training jobs and look at them
    Job(job::Jobs),
    /// List models, bring one into use, go back
    Model(model::Models),
    /// Print the schemas that others build against: the API's, those of lines, snapshots and trainers
    Schema(schema::Schema),
    /// Say what is wrong with this installation and how to mend it
    Doctor(doctor::Doctor),
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = start_logging(&cli.logging) {
        eprintln!("error: {error:#}");
        return ExitCode::from(2);
    }
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // The futures of the stages nest deeply, and take much more room in a build that is not optimised.
        .thread_stack_size(8 << 20)
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(cli)));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // Two providers of TLS in one process must be told which is used; this one needs no C compiler but gcc.
    drop(rustls::crypto::ring::default_provider().install_default());
    let out = output::Output::new(cli.json);
    let place = cli.place;
    match cli.command {
        Command::Demo(demo) => demo.run(&place, out).await?,
        Command::Up(up) => up.run(&place, out).await?,
        Command::Serve(serve) => serve.run(&place, out).await?,
        Command::Work(work) => work.run(&place).await?,
        Command::Migrate => migrate::run(&place, out).await?,
        Command::Audit(audit) => return Ok(code(audit.run(&place, out).await?)),
        Command::Key(key) => key.run(&place, out).await?,
        Command::Person(expert) => expert.run(&place, out).await?,
        Command::Expert(expert) => expert.run(&place, out).await?,
        Command::Review(review) => review.run(&place, out).await?,
        Command::Project(project) => project.run(&place, out).await?,
        Command::Queue(queue) => queue.run(&place, out).await?,
        Command::Ingest(ingest) => {
            return Ok(if ingest.run(out).await? { ExitCode::SUCCESS } else { ExitCode::from(3) });
        }
        Command::Attach(attach) => {
            return Ok(if attach.run(out).await? { ExitCode::SUCCESS } else { ExitCode::from(3) });
        }
        Command::Quarantine(quarantine) => {
            return Ok(if quarantine.run(&place, out).await? { ExitCode::SUCCESS } else { ExitCode::from(3) });
        }
        Command::Import(import) => return Ok(code(import.run(out).await?)),
        Command::Snapshot(snapshots) => return Ok(code(snapshots.run(&place, out).await?)),
        Command::Job(jobs) => jobs.run(&place, out).await?,
        Command::Model(models) => models.run(&place, out).await?,
        Command::Schema(schema) => schema.run(out)?,
        Command::Doctor(doctor) => return doctor.run(&place, out).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// Done, or done with something found wrong that was told.
fn code(sound: bool) -> ExitCode {
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn start_logging(logging: &Logging) -> anyhow::Result<()> {
    let filter = EnvFilter::builder()
        .parse(&logging.log)
        .map_err(|error| anyhow::anyhow!("ATR_LOG: {error}; write for example `info` or `atr=debug,sqlx=warn`"))?;
    let terminal = std::io::stderr().is_terminal();
    let format = logging.log_format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json });
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(terminal).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
