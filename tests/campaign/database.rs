//! The private PostgreSQL: restarted, or killed with all its processes, and reached by the programs through a proxy.

use std::{
    fs,
    path::{Path, PathBuf},
};

use atr::embedded::EmbeddedPostgres;
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};

use crate::{
    patience::Result,
    proxy::{Proxy, Upstream},
};

/// The server; durable, as everyone's is.
#[derive(Debug)]
pub struct Database {
    folder: PathBuf,
    server: Option<EmbeddedPostgres>,
}

/// The database of the private server.
const NAME: &str = "atr";

/// Where a program finds it, as a role of its own.
pub fn through(proxy: &Proxy, role: &str) -> String {
    format!("postgres://{role}@{}/{NAME}", proxy.address())
}

/// A way in as its owner, past proxy and policies.
pub async fn connect(url: &str) -> Result<PgConnection> {
    Ok(url.parse::<PgConnectOptions>()?.connect().await?)
}

impl Database {
    /// Starts it, and leads the proxy there.
    pub async fn start(folder: &Path, proxy: &Proxy) -> Result<Self> {
        let mut database = Self { folder: folder.to_owned(), server: None };
        database.begin(proxy).await?;
        Ok(database)
    }

    async fn begin(&mut self, proxy: &Proxy) -> Result {
        let server = EmbeddedPostgres::start(&self.folder).await?;
        let options: PgConnectOptions = server.url().parse()?;
        let socket = options.get_socket().ok_or("the private PostgreSQL has no socket")?;
        proxy.lead_to(Upstream::Unix(socket.join(format!(".s.PGSQL.{}", options.get_port()))));
        self.server = Some(server);
        Ok(())
    }

    /// Its address for its owner, which stays the same.
    pub fn url(&self) -> Result<String> {
        Ok(self.server.as_ref().ok_or("the private PostgreSQL does not run")?.url())
    }

    /// A fast shutdown and a start.
    pub async fn restart(&mut self, proxy: &Proxy) -> Result {
        if let Some(server) = self.server.take() {
            server.stop().await?;
        }
        self.begin(proxy).await
    }

    /// `kill -9` of every process of it at once, and a start, which recovers what was committed.
    pub async fn kill(&mut self, proxy: &Proxy) -> Result {
        let pid_file = fs::read_to_string(self.folder.join("cluster/postmaster.pid"))?;
        let postmaster: i32 = pid_file.lines().next().ok_or("an empty postmaster.pid")?.trim().parse()?;
        let others = children(postmaster)?;
        for process in [postmaster].into_iter().chain(others) {
            match kill(Pid::from_raw(process), Signal::SIGKILL) {
                // One may end by itself when another is gone.
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => return Err(format!("cannot kill process {process} of PostgreSQL: {error}").into()),
            }
        }
        self.restart(proxy).await
    }
}

/// The processes whose parent is this.
fn children(parent: i32) -> Result<Vec<i32>> {
    let mut found = vec![];
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // It may have ended since.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name, in parentheses, may have anything in it; the state and the parent follow.
        let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        if rest.split_whitespace().nth(1) == Some(parent.to_string().as_str()) {
            found.push(process);
        }
    }
    Ok(found)
}
