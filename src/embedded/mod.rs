//! A private PostgreSQL server, for an installation that names none: started from the programs on this machine, on a
//! data folder, reachable through a Unix socket alone.
//!
//! - **One owner.** The process that holds the folder's lock runs the server as its child. Another process that starts
//!   on the same folder meanwhile attaches: it uses the server and does not stop it. When the owner ends, so does the
//!   server, and an attached process loses its connections; the next start on the folder becomes the owner.
//! - **It ends with its owner.** The kernel sends the server a fast shutdown when the owner ends in whatever way,
//!   `kill -9` included. What had been committed is found at the next start.
//! - **Not as root.** Root hands the cluster to the account `postgres` (or another, see `identity`); if no account can
//!   reach the folder, as in root's home, root opens it and hands it on.
//!
//! Needs Linux: the shutdown with the owner is `prctl(PR_SET_PDEATHSIG)`, and a live server is told from a number in a
//! stale file by `/proc` and the socket's peer.

mod error;
mod folder;
mod identity;
mod process;
mod programs;
mod running;

use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use atr_workers::child::die_with_parent;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::task::spawn_blocking;

pub use self::{error::EmbeddedError, programs::usual_places};
use self::{
    error::{During, last_lines},
    folder::{Folder, Owner, SocketDir},
    identity::Identity,
    process::Server,
    programs::Programs,
    running::PidFile,
};

/// The cluster's first user, a superuser and the database's owner.
const DATABASE_OWNER: &str = "atr";
const DATABASE: &str = "atr";
const PORT: u16 = 5432;

/// How long to wait for a server that starts (it may have to recover first) or stops, be it ours or another's.
const PATIENCE: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(10);

/// A private PostgreSQL server: a child of this process, or one that another process runs on the same folder.
///
/// Dropping it stops the server if it is this process's own, and blocks until that is done (a tenth of a second, as a
/// rule); [`EmbeddedPostgres::stop`] does so without blocking the runtime.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    url: String,
    owned: Option<Owned>,
}

/// In the order in which they go: the server ends, its socket's folder goes, another process may own the data.
#[derive(Debug)]
struct Owned {
    server: Server,
    _socket: SocketDir,
    owner: Owner,
}

impl EmbeddedPostgres {
    /// Starts the server of a data folder, making folder, cluster and database if they are not there, or attaches to it
    /// if another process runs it. The folder is the server's alone. Takes about three seconds the first time and a quarter of a second later.
    ///
    /// # Errors
    /// If PostgreSQL 15 or newer is not installed, or cannot run on this folder: each error says what to do.
    pub async fn start(data_dir: &Path) -> Result<EmbeddedPostgres, EmbeddedError> {
        Self::start_with(data_dir, usual_places).await
    }

    /// Like [`EmbeddedPostgres::start`], with the programs looked for in other folders than the usual ones. `places` is
    /// asked only if this process has to run the server.
    ///
    /// # Errors
    /// As for [`EmbeddedPostgres::start`].
    pub async fn start_with(
        data_dir: &Path,
        places: impl FnOnce() -> Vec<PathBuf> + Send + 'static,
    ) -> Result<EmbeddedPostgres, EmbeddedError> {
        let data_dir = data_dir.to_owned();
        off_the_runtime(move || start(&data_dir, places)).await
    }

    /// The URL of the database, for its owner, over the socket: `postgres://atr@%2Ffolder%2Frun:5432/atr`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Whether the server is this process's own, and ends with it.
    pub fn is_owner(&self) -> bool {
        self.owned.is_some()
    }

    /// Stops the server by a fast shutdown and waits until it has ended; does nothing to another process's server.
    ///
    /// # Errors
    /// If the server does not end within two minutes.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        match self.owned {
            Some(owned) => off_the_runtime(move || owned.stop()).await,
            None => Ok(()),
        }
    }
}

impl Owned {
    fn stop(&self) -> Result<(), EmbeddedError> {
        if let Err(error) = self.owner.withdraw() {
            // Whoever attaches now loses the server at once, as if it had come a moment earlier.
            tracing::warn!(%error, "could not withdraw the private PostgreSQL server");
        }
        self.server.stop()
    }
}

async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(ended) => std::panic::resume_unwind(ended.into_panic()),
    }
}

fn start(data_dir: &Path, places: impl FnOnce() -> Vec<PathBuf>) -> Result<EmbeddedPostgres, EmbeddedError> {
    let folder = Folder::open(data_dir)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(owner) = folder.try_own()? {
            return run(&folder, owner, places, deadline);
        }
        if let Some(server) = running_elsewhere(&folder) {
            tracing::info!(folder = %folder.path().display(), pid = server.pid, "attached to a private PostgreSQL server");
            return Ok(EmbeddedPostgres { url: url(&folder.socket_dir(), server.port), owned: None });
        }
        wait_until(deadline, &folder)?;
    }
}

/// The server that the folder's owner, another process, has announced, if it answers.
fn running_elsewhere(folder: &Folder) -> Option<PidFile> {
    let announced = folder.announced()?;
    let cluster = folder.cluster();
    let answers = |file: &PidFile| file.is_server_of(&cluster) && file.answers(&folder.socket_dir());
    PidFile::read(&cluster).filter(|file| file.pid == announced && answers(file))
}

/// Runs the folder's server as this process's own.
fn run(
    folder: &Folder,
    mut owner: Owner,
    places: impl FnOnce() -> Vec<PathBuf>,
    deadline: Instant,
) -> Result<EmbeddedPostgres, EmbeddedError> {
    let cluster = folder.cluster();
    end_orphan(folder, deadline)?;
    let written_by = folder.written_by()?;
    let programs = programs::choose(&places(), written_by, &cluster)?;
    let identity = match written_by {
        Some(_) => Identity::of_cluster(&cluster, &programs.program("postgres"))?,
        None => folder.make_cluster(&programs)?,
    };
    let socket = folder.make_socket_dir(&identity)?;
    let server = start_server(folder, &programs, &identity, &socket, deadline)?;
    create_database(&programs, &identity, &socket)?;
    owner.announce(server.pid()).during("write", &folder.lock())?;
    tracing::info!(
        folder = %folder.path().display(), pid = server.pid(), version = programs.major(), user = %identity,
        "started a private PostgreSQL server"
    );
    let url = url(socket.path(), PORT);
    Ok(EmbeddedPostgres { url, owned: Some(Owned { server, _socket: socket, owner }) })
}

/// Waits for a server to end whose owner has ended just now. The kernel has told it to; telling it again is harmless,
/// and ends one that was started on the folder by hand.
fn end_orphan(folder: &Folder, deadline: Instant) -> Result<(), EmbeddedError> {
    let cluster = folder.cluster();
    let orphan = || PidFile::read(&cluster).filter(|file| file.is_server_of(&cluster));
    let Some(found) = orphan() else { return running::disown_pid_file(&cluster) };
    tracing::info!(pid = found.pid, "waiting for the previous private PostgreSQL server to end");
    // It may be gone by now, which is as well.
    if let Err(error) = kill(Pid::from_raw(found.pid), Signal::SIGINT) {
        tracing::debug!(%error, pid = found.pid, "the previous server takes no signal");
    }
    while orphan().is_some() {
        wait_until(deadline, folder)?;
    }
    running::disown_pid_file(&cluster)
}

fn start_server(
    folder: &Folder,
    programs: &Programs,
    identity: &Identity,
    socket: &SocketDir,
    deadline: Instant,
) -> Result<Server, EmbeddedError> {
    let cluster = folder.cluster();
    loop {
        let (log, from) = folder.open_log()?;
        let mut command = identity.command(&programs.program("postgres"));
        let (data, sockets) = (identity.name(&cluster, &mut command)?, identity.name(socket.path(), &mut command)?);
        command.arg("-D").arg(data).args(settings(&sockets));
        let log_too = log.try_clone().during("open", &folder.log())?;
        let server = Server::spawn({
            command.stdout(log).stderr(log_too);
            command
        })
        .during("start the server in", &cluster)?;
        while !server.has_ended() {
            if PidFile::read(&cluster).is_some_and(|file| file.pid == server.pid() && file.answers(socket.path())) {
                return Ok(server);
            }
            if Instant::now() > deadline {
                break;
            }
            thread::sleep(POLL);
        }
        let tail = folder.log_since(from)?;
        // A worker process of a server that was killed is still at work on the data; it ends with its statement.
        let still_used = tail.contains("pre-existing shared memory block");
        if !still_used || Instant::now() > deadline {
            return Err(EmbeddedError::NotStarted { log: folder.log(), tail });
        }
        thread::sleep(POLL * 10);
    }
}

/// What must hold whatever `postgresql.conf` says: nobody comes in but through the socket, and what was committed
/// survives. The rest is the operator's, in that file.
fn settings(socket_dir: &Path) -> Vec<String> {
    // A list of folders; quoted, since a path may have spaces and quotes in it.
    let socket_dir = socket_dir.to_string_lossy().replace('"', "\"\"");
    let settings = [
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories=\"{socket_dir}\""),
        "unix_socket_permissions=0700".to_owned(),
        format!("port={PORT}"),
        "fsync=on".to_owned(),
        "full_page_writes=on".to_owned(),
        "synchronous_commit=on".to_owned(),
        "logging_collector=off".to_owned(),
        "log_destination=stderr".to_owned(),
        // Two messages are looked for below and above.
        "lc_messages=C".to_owned(),
    ];
    settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect()
}

/// Creates the database if it is not there: at the first start, or if that was interrupted.
fn create_database(programs: &Programs, identity: &Identity, socket: &SocketDir) -> Result<(), EmbeddedError> {
    let mut createdb = identity.command(&programs.program("createdb"));
    let sockets = identity.name(socket.path(), &mut createdb)?;
    createdb.arg("--host").arg(sockets).args(["--port", &PORT.to_string(), "--username", DATABASE_OWNER]);
    createdb.args(["--maintenance-db", "postgres", "--no-password", DATABASE]);
    let output = die_with_parent(&mut createdb, Signal::SIGKILL).output().during("run createdb for", socket.path())?;
    let output_text = last_lines(&output.stderr);
    if output.status.success() || output_text.contains("already exists") {
        return Ok(());
    }
    Err(EmbeddedError::Program { program: "createdb", output: output_text })
}

fn wait_until(deadline: Instant, folder: &Folder) -> Result<(), EmbeddedError> {
    if Instant::now() > deadline {
        return Err(EmbeddedError::Busy {
            folder: folder.path().to_owned(),
            lock: folder.lock(),
            seconds: PATIENCE.as_secs(),
        });
    }
    thread::sleep(POLL);
    Ok(())
}

fn url(socket_dir: &Path, port: u16) -> String {
    // Socket folders are chosen to be text.
    let host = socket_dir.to_string_lossy();
    format!("postgres://{DATABASE_OWNER}@{}:{port}/{DATABASE}", utf8_percent_encode(&host, NON_ALPHANUMERIC))
}
