//! Trains a reward model from a job specification.
//!
//! Standard output is for the program that started this one: a line of JSON for each event. People read standard
//! error. A signal ends the run as it ends any program: the model's file is whole or not there.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use atr_reward::spec::{Event, JobSpec};
use clap::Parser;

/// Train a reward model as a job specification says.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The job specification (JSON).
    #[arg(value_name = "FILE", required_unless_present = "spec")]
    file: Option<PathBuf>,
    /// The same as an option.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    spec: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let file = arguments.spec.or(arguments.file).unwrap_or_default();
    match train(&file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error = format!("{error:#}");
            eprintln!("atr-train-reward: {error}");
            say(&Event::Failed { error });
            ExitCode::FAILURE
        }
    }
}

fn train(file: &Path) -> anyhow::Result<()> {
    let text =
        std::fs::read(file).with_context(|| format!("the job specification {} cannot be read", file.display()))?;
    let spec: JobSpec = serde_json::from_slice(&text)
        .with_context(|| format!("{} is not a job specification of version 1", file.display()))?;
    eprintln!("atr-train-reward: {} attempt {}, snapshot {}", spec.job, spec.attempt, spec.snapshot.id);
    if let Some(base) = &spec.base_model {
        eprintln!("atr-train-reward: the base model {} is not used: a reward model is trained anew", base.name);
    }
    atr_reward::job::run(&spec, &mut |event| {
        if let Event::Finished { model, .. } = &event {
            eprintln!("atr-train-reward: wrote {} ({} bytes)", spec.output.join(&model.path).display(), model.bytes);
        }
        say(&event);
    })?;
    Ok(())
}

/// Writes an event and flushes it. Where nobody reads any more, the work goes on: the model's file is what counts.
fn say(event: &Event) {
    let mut out = std::io::stdout().lock();
    if let Ok(line) = serde_json::to_string(event) {
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}
