//! What can go wrong with the private server, in one line each that says what to do.

use std::{io, path::PathBuf};

/// Why the private PostgreSQL server could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No folder searched holds `postgres`, `initdb` and `createdb` of a version that will do.
    #[error(
        "no PostgreSQL programs found (15 or newer): on Debian or Ubuntu run `apt-get install postgresql`, on Fedora \
         `dnf install postgresql-server`, or set DATABASE_URL to a server that runs elsewhere"
    )]
    NoPrograms,
    /// The programs of the version that wrote the data are not on this machine.
    #[error(
        "the data in {} was written by PostgreSQL {wrote}, and only {found} is installed: install the programs of \
         version {wrote} (on Debian or Ubuntu `apt-get install postgresql-{wrote}`), or bring the data to another \
         version with pg_upgrade",
        cluster.display()
    )]
    OtherVersion {
        /// The cluster.
        cluster: PathBuf,
        /// The major version that wrote it.
        wrote: u32,
        /// The major versions that are installed, as text.
        found: String,
    },
    /// The folder belongs to another user, and the caller is not root.
    #[error(
        "{} belongs to the user with id {owner}: run as that user, or choose another data folder",
        folder.display()
    )]
    NotYours {
        /// The folder.
        folder: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// The folder holds something else.
    #[error("{} holds other files: give the private database an empty or new folder of its own", folder.display())]
    InOtherUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The caller is root, as which PostgreSQL does not run, and no other identity can work in the folder.
    #[error(
        "PostgreSQL does not run as root, and the accounts tried ({tried}) cannot reach {}: choose a data folder that \
         they can reach (under /var/lib, for example), start as an ordinary user, or set DATABASE_URL",
        folder.display()
    )]
    Unreachable {
        /// The folder.
        folder: PathBuf,
        /// The identities tried, as text.
        tried: String,
    },
    /// The folder's server, or the process that owns it, did not become ready or go away in time.
    #[error(
        "another process holds the database in {} and it neither answers nor ends (waited {seconds} s): look for it \
         with `fuser -v {}`, end it, and start again",
        folder.display(), lock.display()
    )]
    Busy {
        /// The data folder.
        folder: PathBuf,
        /// The lock file that the other process holds.
        lock: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// `initdb` or `createdb` failed.
    #[error("{program} failed: {output}")]
    Program {
        /// The program.
        program: &'static str,
        /// The last lines that it wrote.
        output: String,
    },
    /// The server ended, or did not become ready, after it was started.
    #[error("the private PostgreSQL server did not start; {} ends with: {tail}", log.display())]
    NotStarted {
        /// The server's log.
        log: PathBuf,
        /// The last lines that this attempt wrote into it.
        tail: String,
    },
    /// The server did not end, neither by a fast nor by an immediate shutdown.
    #[error("the private PostgreSQL server (process {pid}) does not stop: end it with `kill -QUIT {pid}`")]
    NotStopped {
        /// Its process.
        pid: i32,
    },
    /// Neither the data folder nor one for temporary files takes a socket.
    #[error(
        "the path of {} is too long for a Unix socket (or has a comma in it), and neither TMPDIR nor /tmp takes one: \
         choose a shorter path",
        folder.display()
    )]
    NoPlaceForSocket {
        /// The data folder.
        folder: PathBuf,
    },
    /// A file operation failed.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Names what was tried on which path, for a file operation's error.
pub(super) trait During<T> {
    fn during(self, action: &'static str, path: &std::path::Path) -> Result<T, EmbeddedError>;
}

impl<T> During<T> for io::Result<T> {
    fn during(self, action: &'static str, path: &std::path::Path) -> Result<T, EmbeddedError> {
        self.map_err(|source| EmbeddedError::Io { action, path: path.to_owned(), source })
    }
}

/// The last lines of what a program wrote, on one line.
pub(super) fn last_lines(text: &[u8]) -> String {
    const LINES: usize = 8;
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].join(" | ")
}
