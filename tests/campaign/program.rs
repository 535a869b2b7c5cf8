//! One `atr` process, started again whenever it ends, as whoever runs services has it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use nix::sys::signal::Signal;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout},
    sync::{mpsc, oneshot},
    task::AbortHandle,
    time::{sleep, timeout},
};

use crate::{
    child::{signal, tail, tied},
    patience::{PATIENCE, Result},
    proxy::{Proxy, Upstream},
};

/// How long a program that ended by itself stays down.
const RESTART: Duration = Duration::from_millis(500);

/// What a worker logs once it works.
const STARTED: &str = "worker started";

/// How a program is run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its name, and that of its role in the database.
    pub name: String,
    pub args: Vec<String>,
    pub database_url: String,
    pub amqp_url: String,
    /// Where the installation's files are, and, beside them, the logs.
    pub data: PathBuf,
    /// What leads to it, if it serves.
    pub proxy: Option<Arc<Proxy>>,
}

/// An end that is asked for.
#[derive(Debug)]
struct Order {
    how: Signal,
    down: Duration,
    done: oneshot::Sender<()>,
}

/// A program that is kept running until this is dropped.
#[derive(Debug)]
pub struct Program {
    orders: mpsc::Sender<Order>,
    keeper: AbortHandle,
    ended: Arc<Mutex<Vec<String>>>,
    log: PathBuf,
}

impl Program {
    pub fn start(plan: Plan) -> Self {
        let (orders, received) = mpsc::channel(1);
        let ended = Arc::<Mutex<Vec<String>>>::default();
        let log = plan.data.with_file_name(format!("{}.log", plan.name));
        let keeper = tokio::spawn(keep(plan, log.clone(), received, Arc::clone(&ended))).abort_handle();
        Self { orders, keeper, ended, log }
    }

    /// Ends it, and starts it again after a while.
    pub async fn end(&self, how: Signal, down: Duration) -> Result {
        let (done, started) = oneshot::channel();
        self.orders.send(Order { how, down, done }).await.map_err(|_| self.given_up())?;
        timeout(PATIENCE, started)
            .await
            .map_err(|_| format!("a process does not end after {how}:\n{}", tail(&self.log)))?
            .map_err(|_| self.given_up())?;
        Ok(())
    }

    fn given_up(&self) -> String {
        format!("a process is not run any more:\n{}", tail(&self.log))
    }

    /// The ends that nobody asked for, of processes that were up.
    pub fn ended_by_itself(&self) -> Vec<String> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

async fn keep(plan: Plan, log: PathBuf, mut orders: mpsc::Receiver<Order>, ended: Arc<Mutex<Vec<String>>>) -> Result {
    let mut waiting: Option<oneshot::Sender<()>> = None;
    loop {
        let from = fs::metadata(&log).map_or(0, |log| log.len());
        let (mut child, stdout) = spawn(&plan, &log)?;
        if let Some(done) = waiting.take() {
            // Who asked may have given up.
            let _ = done.send(());
        }
        let mut up = false;
        let mut lines = BufReader::new(stdout).lines();
        let order = loop {
            tokio::select! {
                Ok(Some(line)) = lines.next_line() => {
                    up = true;
                    if let (Some(proxy), Some(address)) = (&plan.proxy, address(&line)) {
                        proxy.lead_to(Upstream::Tcp(address));
                    }
                }
                status = child.wait() => {
                    // One that never was up had nothing to connect to yet.
                    if up || since(&log, from).contains(STARTED) {
                        let what = format!("{} ended by itself ({}):\n{}", plan.name, status?, tail(&log));
                        ended.lock().unwrap_or_else(PoisonError::into_inner).push(what);
                    }
                    break None;
                }
                Some(order) = orders.recv() => break Some(order),
            }
        };
        match order {
            None => sleep(RESTART).await,
            Some(Order { how, down, done }) => {
                signal(&child, how)?;
                child.wait().await?;
                sleep(down).await;
                waiting = Some(done);
            }
        }
    }
}

fn spawn(plan: &Plan, log: &Path) -> Result<(Child, ChildStdout)> {
    let mut command = tied(env!("CARGO_BIN_EXE_atr"), log)?;
    for (name, _) in std::env::vars_os() {
        // What the machine's user told an installation of theirs.
        if name.to_string_lossy().starts_with("ATR_") {
            command.env_remove(name);
        }
    }
    command.env("DATABASE_URL", &plan.database_url).env("AMQP_URL", &plan.amqp_url);
    command.env("ATR_LOG", "warn,atr_workers=info").env("ATR_LOG_FORMAT", "text");
    command.args(["--json", "--data"]).arg(&plan.data).args(&plan.args).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let stdout = child.stdout.take().ok_or("no standard output")?;
    Ok((child, stdout))
}

/// What was written into a log after so many bytes.
fn since(log: &Path, from: u64) -> String {
    let text = fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(text.get(usize::try_from(from).unwrap_or(0)..).unwrap_or_default()).into_owned()
}

/// The address in what a server says once it serves.
fn address(line: &str) -> Option<std::net::SocketAddr> {
    let said: Value = serde_json::from_str(line).ok()?;
    said["address"].as_str()?.strip_prefix("http://")?.parse().ok()
}
