//! Another process that owns a private server: this test binary again, running one test, which on seeing
//! [`DATA_FOLDER`] plays the owner instead.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use atr::embedded::EmbeddedPostgres;
use nix::unistd::geteuid;
use tempfile::TempDir;

use super::{Outcome, open_folder};

/// Whom root becomes to be an ordinary user: `nobody`.
pub const ORDINARY_USER: u32 = 65534;

const DATA_FOLDER: &str = "ATR_TEST_OWN_DATA_FOLDER";
const READY: &str = "owner of ";

/// In the process started by [`OwnerProcess`]: owns the server until standard input ends, and says so.
pub async fn play_owner_if_asked() -> Result<bool, Box<dyn std::error::Error>> {
    let Some(data) = env::var_os(DATA_FOLDER) else { return Ok(false) };
    let postgres = EmbeddedPostgres::start(Path::new(&data)).await?;
    assert!(postgres.is_owner());
    let mut out = std::io::stdout();
    writeln!(out, "\n{READY}{}", postgres.url())?;
    out.flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    postgres.stop().await?;
    Ok(true)
}

/// A process that owns a server, killed when this is dropped.
pub struct OwnerProcess {
    child: Child,
    printed: BufReader<ChildStdout>,
    url: String,
    _program: Option<TempDir>,
}

impl OwnerProcess {
    pub fn start(test: &str, data: &Path) -> std::io::Result<OwnerProcess> {
        Self::spawn(Command::new(env::current_exe()?), None, test, data)
    }

    /// As root, becomes [`ORDINARY_USER`]; who may be unable to reach the build folder, and so gets a copy.
    pub fn start_as_ordinary_user(test: &str, data: &Path) -> std::io::Result<OwnerProcess> {
        if !geteuid().is_root() {
            return Self::start(test, data);
        }
        let folder = open_folder()?;
        let program = folder.path().join("test");
        fs::copy(env::current_exe()?, &program)?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        let mut command = Command::new("setpriv");
        let (user, group) = (format!("--reuid={ORDINARY_USER}"), format!("--regid={ORDINARY_USER}"));
        command.args([&user, &group, "--clear-groups"]).arg(program);
        Self::spawn(command, Some(folder), test, data)
    }

    fn spawn(mut command: Command, program: Option<TempDir>, test: &str, data: &Path) -> std::io::Result<OwnerProcess> {
        command.args(["--exact", test, "--nocapture"]).env(DATA_FOLDER, data).current_dir("/");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| std::io::Error::other("no standard output"))?;
        Ok(OwnerProcess { child, printed: BufReader::new(stdout), url: String::new(), _program: program })
    }

    /// Waits until the server takes connections; otherwise returns what the process wrote.
    pub fn ready(mut self) -> Result<OwnerProcess, Box<dyn std::error::Error>> {
        let mut printed = String::new();
        for line in self.printed.by_ref().lines() {
            let line = line?;
            if let Some(url) = line.strip_prefix(READY) {
                self.url = url.to_owned();
                return Ok(self);
            }
            printed.push_str(&line);
        }
        if let Some(stderr) = self.child.stderr.as_mut() {
            stderr.read_to_string(&mut printed)?;
        }
        Err(printed.into())
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// `kill -9`.
    pub fn kill(mut self) -> std::io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }

    /// Has the process stop its server and end.
    pub fn finish(mut self) -> Outcome {
        drop(self.child.stdin.take());
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(status.to_string().into()) }
    }
}

impl Drop for OwnerProcess {
    fn drop(&mut self) {
        // Does nothing to a process that has been waited for.
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            panic!("a test's process does not end: {error}");
        }
    }
}
