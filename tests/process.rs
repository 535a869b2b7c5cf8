//! The program itself, as processes on a folder of a test's own.

use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use atr::embedded::EmbeddedPostgres;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

pub type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// The longest that a test waits for anything; on a busy machine much takes long.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// An address of which the port is chosen when it is listened at.
const ANYWHERE: &str = "127.0.0.1:0";

/// Asks until the answer is there, at most [`PATIENCE`].
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            return Err(format!("{what}: not within {PATIENCE:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A data folder, with a private database in it.
pub struct Installation {
    folder: TempDir,
}

impl Installation {
    pub fn new() -> io::Result<Self> {
        // Root's server runs as another user, who must get there.
        let folder =
            tempfile::Builder::new().prefix("atr-test-").permissions(Permissions::from_mode(0o755)).tempdir()?;
        Ok(Self { folder })
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, args: &[&str], log: &Path) -> io::Result<Command> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_atr"));
        for (name, _) in std::env::vars_os() {
            // What the machine's user told an installation of theirs.
            if name == "DATABASE_URL" || name == "AMQP_URL" || name.to_string_lossy().starts_with("ATR_") {
                command.env_remove(name);
            }
        }
        command.arg("--data").arg(self.data()).args(args).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(log)?).kill_on_drop(true);
        Ok(command)
    }

    fn log(&self) -> io::Result<PathBuf> {
        let n = fs::read_dir(self.folder.path())?.count();
        Ok(self.folder.path().join(format!("{n}.log")))
    }

    /// Runs a command to its end, and answers the last line that it wrote.
    pub async fn run(&self, args: &[&str]) -> Result<Value> {
        let said = self.read(&[&["--json"], args].concat()).await?;
        let last = said.lines().last().ok_or_else(|| format!("{args:?} said nothing"))?;
        Ok(serde_json::from_str(last)?)
    }

    /// Runs a command to its end, and answers all that it wrote.
    pub async fn read(&self, args: &[&str]) -> Result<String> {
        let Ended { code, said, complained } = self.end(args).await?;
        if code != Some(0) {
            return Err(format!("{args:?}: {code:?}\n{said}\n{complained}").into());
        }
        Ok(said)
    }

    /// Runs a command to its end, however it ends.
    pub async fn end(&self, args: &[&str]) -> Result<Ended> {
        // Both outputs are taken, whatever file the second was to go to.
        let output = timeout(PATIENCE, self.command(args, &self.log()?)?.output())
            .await
            .map_err(|_| format!("{args:?} does not end"))??;
        let [said, complained] = [output.stdout, output.stderr].map(String::from_utf8);
        Ok(Ended { code: output.status.code(), said: said?, complained: complained? })
    }

    /// Starts a command that goes on until it is told to stop.
    pub fn start(&self, args: &[&str]) -> Result<Service> {
        let log = self.log()?;
        let child = self.command(args, &log)?.spawn()?;
        Ok(Service { child, log, address: String::new(), otlp_grpc: None, first_key: None })
    }

    /// Starts `atr up`, and waits until it serves.
    pub async fn up(&self, more: &[&str]) -> Result<Service> {
        self.serving("up", ANYWHERE, more).await
    }

    /// Starts `atr serve`, and waits until it serves.
    pub async fn serve(&self, more: &[&str]) -> Result<Service> {
        self.serve_at(ANYWHERE, more).await
    }

    /// The same, at an address of its own.
    pub async fn serve_at(&self, listen: &str, more: &[&str]) -> Result<Service> {
        self.serving("serve", listen, more).await
    }

    async fn serving(&self, command: &str, listen: &str, more: &[&str]) -> Result<Service> {
        let log = self.log()?;
        let args = [&["--json", command, "--listen", listen], more].concat();
        let mut child = self.command(&args, &log)?.spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let mut service = Service { child, log, address: String::new(), otlp_grpc: None, first_key: None };
        let line = timeout(PATIENCE, BufReader::new(stdout).lines().next_line())
            .await
            .map_err(|_| "atr does not come up")??;
        let said: Value = serde_json::from_str(&line.ok_or("atr ended before it was up")?)?;
        service.address = said["address"].as_str().ok_or("no address")?.to_owned();
        service.otlp_grpc = said["otlp_grpc"].as_str().map(str::to_owned);
        service.first_key = said["first_key"].as_str().map(str::to_owned);
        Ok(service)
    }

    /// Runs the database in this process, as long as no `atr` does; one that starts meanwhile uses it.
    pub async fn hold_database(&self) -> Result<HeldDatabase> {
        let server = EmbeddedPostgres::start(&self.data().join("postgres")).await?;
        assert!(server.is_owner(), "something still runs the database");
        Ok(HeldDatabase { server })
    }

    /// The way into the database that `atr` runs, past the policies.
    pub async fn database(&self) -> Result<PgConnection> {
        let attached = EmbeddedPostgres::start(&self.data().join("postgres")).await?;
        assert!(!attached.is_owner(), "atr does not run");
        connect(&attached.url()).await
    }
}

async fn connect(url: &str) -> Result<PgConnection> {
    Ok(url.parse::<PgConnectOptions>()?.connect().await?)
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    /// Standard output.
    pub said: String,
    /// Standard error.
    pub complained: String,
}

/// A database that outlives every `atr` process.
pub struct HeldDatabase {
    server: EmbeddedPostgres,
}

impl HeldDatabase {
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// A way in, past the policies.
    pub async fn connect(&self) -> Result<PgConnection> {
        connect(&self.server.url()).await
    }

    pub async fn stop(self) -> Result {
        Ok(self.server.stop().await?)
    }
}

/// A running `atr up`, killed when this is dropped; if its test fails, its log is shown.
pub struct Service {
    child: Child,
    log: PathBuf,
    pub address: String,
    pub otlp_grpc: Option<String>,
    pub first_key: Option<String>,
}

impl Service {
    /// `kill -9`.
    pub async fn kill(mut self) -> Result {
        self.child.kill().await?;
        Ok(())
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) -> Result {
        self.signal(Signal::SIGTERM)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> Result {
        let process = self.child.id().ok_or("atr ended before it was told to")?;
        Ok(kill(Pid::from_raw(process.try_into()?), signal)?)
    }

    /// The most memory that it ever had at once, in bytes.
    pub fn peak_memory(&self) -> Result<u64> {
        let process = self.child.id().ok_or("atr has ended")?;
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        Ok(peak.ok_or("no peak")?.trim().parse::<u64>()? << 10)
    }

    /// Waits for the end.
    pub async fn ended(mut self, within: Duration) -> Result<ExitStatus> {
        let ended = timeout(within, self.child.wait()).await;
        Ok(ended.map_err(|_| format!("atr goes on {within:?} after it was told to stop:\n{}", self.said()))??)
    }

    /// Stops it as a person would.
    pub async fn stop(self) -> Result {
        self.terminate()?;
        let status = self.ended(PATIENCE).await?;
        if status.success() { Ok(()) } else { Err(status.to_string().into()) }
    }

    /// Where it writes standard error.
    pub fn log(&self) -> PathBuf {
        self.log.clone()
    }

    /// What it wrote to its log so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_else(|error| error.to_string())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("atr's log:\n{}", self.said());
        }
    }
}
