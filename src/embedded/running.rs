//! Which server, if any, is at work on a cluster.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    os::unix::{
        fs::{MetadataExt, OpenOptionsExt},
        net::UnixStream,
    },
    path::{Path, PathBuf},
};

use nix::{
    libc::O_NOFOLLOW,
    sys::socket::{getsockopt, sockopt::PeerCredentials},
};

use super::error::{During, EmbeddedError};

/// What a server writes about itself into `postmaster.pid`, which outlives it if it is killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: i32,
    pub(super) port: u16,
    ready: bool,
}

impl PidFile {
    /// The file of a cluster; none if there is none or it is only half written.
    pub(super) fn read(cluster: &Path) -> Option<PidFile> {
        Self::parse(&String::from_utf8_lossy(&fs::read(path(cluster)).ok()?))
    }

    /// Lines: process, data folder, start time, port, socket folder, address, shared memory, state. A server without
    /// clients (`postgres --single`) writes its process as a negative number.
    fn parse(text: &str) -> Option<PidFile> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        Some(PidFile {
            pid: lines.first()?.parse::<i32>().ok()?.checked_abs()?,
            port: lines.get(3)?.parse().ok()?,
            ready: lines.get(7) == Some(&"ready"),
        })
    }

    /// Whether its process is a server of this very cluster, and not another program that was later given the same
    /// number, nor the server of a folder that this one was copied from: a server's working directory is its data
    /// folder.
    pub(super) fn is_server_of(&self, cluster: &Path) -> bool {
        match (fs::metadata(format!("/proc/{}/cwd", self.pid)), fs::metadata(cluster)) {
            (Ok(working), Ok(cluster)) => (working.dev(), working.ino()) == (cluster.dev(), cluster.ino()),
            _ => false,
        }
    }

    /// Whether it takes connections: it says so, and the process behind the socket is the one named here. The file names
    /// the socket's folder too, but as the server knows it.
    pub(super) fn answers(&self, socket_dir: &Path) -> bool {
        let socket = socket_dir.join(format!(".s.PGSQL.{}", self.port));
        self.ready
            && UnixStream::connect(socket)
                .ok()
                .and_then(|stream| getsockopt(&stream, PeerCredentials).ok())
                .is_some_and(|peer| peer.pid() == self.pid)
    }
}

/// Makes a dead server's `postmaster.pid` harmless where its process number has been given to another program, which
/// the next server would take for a live one. The number becomes that of this process: a server ignores its parent's.
/// The rest stays, because by it the next server finds out whether processes of the dead one still use its memory.
///
/// The caller has made sure that no server is at work here.
pub(super) fn disown_pid_file(cluster: &Path) -> Result<(), EmbeddedError> {
    let path = path(cluster);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).during("read", &path),
    };
    let first = text.iter().position(|&byte| byte == b'\n').unwrap_or(text.len());
    // The cluster's owner may be less trusted than root: write through no link of theirs.
    let file = File::options().write(true).truncate(true).custom_flags(O_NOFOLLOW).open(&path);
    file.and_then(|mut file| {
        write!(file, "{}", std::process::id())?;
        file.write_all(&text[first..])
    })
    .during("write", &path)
}

fn path(cluster: &Path) -> PathBuf {
    cluster.join("postmaster.pid")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "123\n/data/cluster\n1700000000\n5432\n/data/run\n\n  3145728   7\nready   \n";

    #[test]
    fn a_whole_file_names_process_and_socket() {
        let expected = PidFile { pid: 123, port: 5432, ready: true };
        assert_eq!(PidFile::parse(WHOLE), Some(expected));
    }

    #[test]
    fn a_server_that_is_stopping_is_not_ready() {
        assert_eq!(PidFile::parse(&WHOLE.replace("ready", "stopping")).map(|file| file.ready), Some(false));
    }

    #[test]
    fn a_half_written_file_names_nothing() {
        assert_eq!(PidFile::parse("123\n/data/cluster\n"), None);
        assert_eq!(PidFile::parse(""), None);
    }
}
