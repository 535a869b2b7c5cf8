//! A trainer: a program that reads a job specification and reports lines of JSON. It runs in a process group of its
//! own, all of which is killed when this is dropped before its end; where this process is killed, the kernel kills it.

use std::{
    path::Path,
    process::{ExitStatus, Stdio},
};

use atr_reward::spec::Event;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    process::{Child, Command},
    runtime::Handle,
    sync::mpsc,
    task::JoinHandle,
};

use crate::child::{ParentThread, die_with_parent};

/// The longest line that is read.
const LONGEST_LINE: usize = 64 * 1024;
/// The most lines that are kept of one run.
const MOST_LINES: usize = 100_000;
/// How much of the end of standard error is kept.
const TAIL: usize = 8 * 1024;

/// What is wrong with what a trainer wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Garbage {
    #[error("the trainer wrote a line that is no event ({why}): `{line}`")]
    NoEvent { line: String, why: String },
    #[error("the trainer wrote a line of more than {LONGEST_LINE} bytes")]
    TooLong,
    #[error("the trainer wrote more than {MOST_LINES} lines")]
    TooMany,
    #[error("what the trainer wrote could not be read: {0}")]
    Unreadable(String),
}

/// A line of a trainer's report.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub event: Event,
    /// As it was written.
    pub json: serde_json::Value,
}

/// A trainer that runs.
pub(super) struct Trainer {
    child: Child,
    /// The process group, until the trainer has ended.
    group: Option<Pid>,
    lines: mpsc::Receiver<Result<Line, Garbage>>,
    errors: JoinHandle<String>,
    _parent: ParentThread,
}

impl Trainer {
    /// Starts a program on a specification.
    pub(super) fn start(program: &Path, specification: &Path) -> std::io::Result<Self> {
        let mut command = Command::new(program);
        command
            .arg("--spec")
            .arg(specification)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        die_with_parent(command.as_std_mut(), Signal::SIGKILL);
        let runtime = Handle::current();
        let (mut child, parent) = ParentThread::spawn(move || {
            let _inside = runtime.enter();
            command.spawn()
        })?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let (send, lines) = mpsc::channel(64);
        let piped = |what| move || std::io::Error::other(format!("the trainer has no standard {what}"));
        let stdout = child.stdout.take().ok_or_else(piped("output"))?;
        let stderr = child.stderr.take().ok_or_else(piped("error"))?;
        tokio::spawn(report(stdout, send));
        let errors = tokio::spawn(tail(stderr));
        Ok(Self { child, group, lines, errors, _parent: parent })
    }

    /// The next line of its report; `None` at its end.
    pub(super) async fn line(&mut self) -> Option<Result<Line, Garbage>> {
        self.lines.recv().await
    }

    /// Waits for its end, and answers how it ended and the end of what it wrote to standard error.
    pub(super) async fn end(mut self) -> std::io::Result<(ExitStatus, String)> {
        let status = self.child.wait().await?;
        // What it started and left behind would hold its standard error open.
        self.kill();
        let said = (&mut self.errors).await.unwrap_or_default();
        Ok((status, said))
    }

    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            // It may have ended by itself: then there is nobody to kill.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

impl Drop for Trainer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends what a trainer reports, line by line, until its end or the first that is garbage.
async fn report(from: impl AsyncRead + Unpin, to: mpsc::Sender<Result<Line, Garbage>>) {
    let mut from = BufReader::new(from);
    for number in 0.. {
        let line = match next_line(&mut from).await {
            Ok(None) => return,
            Ok(Some(_)) if number >= MOST_LINES => Err(Garbage::TooMany),
            Ok(Some(bytes)) => parse(&bytes),
            Err(garbage) => Err(garbage),
        };
        let last = line.is_err();
        if to.send(line).await.is_err() || last {
            return;
        }
    }
}

async fn next_line(from: &mut (impl AsyncBufReadExt + Unpin)) -> Result<Option<Vec<u8>>, Garbage> {
    let mut bytes = Vec::new();
    let limit = LONGEST_LINE as u64 + 1;
    from.take(limit).read_until(b'\n', &mut bytes).await.map_err(|error| Garbage::Unreadable(error.to_string()))?;
    if bytes.len() > LONGEST_LINE {
        return Err(Garbage::TooLong);
    }
    Ok((!bytes.is_empty()).then_some(bytes))
}

fn parse(bytes: &[u8]) -> Result<Line, Garbage> {
    let line: Result<serde_json::Value, _> = serde_json::from_slice(bytes);
    line.and_then(|json| Ok(Line { event: serde_json::from_value(json.clone())?, json })).map_err(|error| {
        let line = String::from_utf8_lossy(bytes);
        Garbage::NoEvent { line: line.trim_end().chars().take(200).collect(), why: error.to_string() }
    })
}

/// The end of what is read.
async fn tail(mut from: impl AsyncRead + Unpin) -> String {
    let mut kept: Vec<u8> = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        kept.extend(&piece[..read]);
        kept.drain(..kept.len().saturating_sub(TAIL));
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}

#[cfg(test)]
mod tests;
