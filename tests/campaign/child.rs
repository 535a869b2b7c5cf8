//! Programs that end with this one, however it ends.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io,
    path::Path,
    process::Stdio,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::process::{Child, Command};

use crate::patience::Result;

/// A command for a program that the kernel kills when the thread that spawns it ends: this program has but one.
pub fn tied(program: impl AsRef<OsStr>, log: &Path) -> io::Result<Command> {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    // A terminal's Ctrl-C is for this program alone, which then ends in order.
    command.process_group(0).kill_on_drop(true).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(File::options().create(true).append(true).open(log)?);
    Ok(command)
}

/// Sends a signal to a child that was not waited for yet.
pub fn signal(child: &Child, signal: Signal) -> Result {
    // Not its number once it was waited for: that may be another's by then.
    if let Some(process) = child.id() {
        kill(Pid::from_raw(process.try_into()?), signal)?;
    }
    Ok(())
}

/// The end of what was written into a log.
pub fn tail(log: &Path) -> String {
    const LINES: usize = 15;
    let text = fs::read(log).map_or_else(|error| error.to_string(), |text| String::from_utf8_lossy(&text).into_owned());
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
