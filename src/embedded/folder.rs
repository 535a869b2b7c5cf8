//! The data folder: what lies in it, who holds it, and how a cluster comes into being there.
//!
//! ```text
//! cluster/        PostgreSQL's data, made under another name and renamed when whole
//! cluster.new-…   a cluster in the making, or one whose making was interrupted
//! run/            the socket (or a link to a folder under the one for temporary files, if this path does not do)
//! server.log      what the servers wrote
//! owner.lock      locked by the process whose child the server is; names the server once it takes connections
//! ```
//! The folder itself stays its creator's. What the server writes belongs to the server's user.

use std::{
    env,
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
};

use atr_workers::child::die_with_parent;
use nix::{
    libc::O_NOFOLLOW,
    sys::signal::Signal,
    unistd::{geteuid, mkdtemp},
};

use super::{
    DATABASE_OWNER,
    error::{During, EmbeddedError, last_lines},
    identity::Identity,
    programs::Programs,
};

const NEW_CLUSTER: &str = "cluster.new-";

/// The longest path that a Unix socket can have.
const SOCKET_PATH: usize = 107;

/// A log longer than this is set aside at the next start.
const LOG_BYTES: u64 = 16 << 20;

#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens the folder, making it if it is not there.
    pub(super) fn open(path: &Path) -> Result<Folder, EmbeddedError> {
        let is_new = !path.exists();
        fs::create_dir_all(path).during("create", path)?;
        if is_new {
            // The server of root's folder runs as another user, who has to pass through.
            let mode = if geteuid().is_root() { 0o711 } else { 0o700 };
            fs::set_permissions(path, Permissions::from_mode(mode)).during("change the mode of", path)?;
        }
        let path = fs::canonicalize(path).during("find", path)?;
        let owner = fs::metadata(&path).during("read", &path)?.uid();
        if !geteuid().is_root() && owner != geteuid().as_raw() {
            return Err(EmbeddedError::NotYours { folder: path, owner });
        }
        let folder = Folder { path };
        folder.refuse_another_use()?;
        Ok(folder)
    }

    /// Files are made and removed in the folder, by root even: not in one that holds something else.
    fn refuse_another_use(&self) -> Result<(), EmbeddedError> {
        let has_entries = fs::read_dir(&self.path).during("read", &self.path)?.next().is_some();
        // Looked for afterwards: it is the first thing that another process makes here.
        if has_entries && !self.lock().exists() {
            return Err(EmbeddedError::InOtherUse { folder: self.path.clone() });
        }
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn cluster(&self) -> PathBuf {
        self.path.join("cluster")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.path.join("owner.lock")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join("server.log")
    }

    /// Takes the folder for this process, unless another has it. The kernel gives it back when its holder ends.
    pub(super) fn try_own(&self) -> Result<Option<Owner>, EmbeddedError> {
        let path = self.lock();
        let file = self.create_file(&path, OpenOptions::new().read(true).write(true).truncate(false))?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).during("write", &path)?;
                Ok(Some(Owner { lock: file }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).during("lock", &path),
        }
    }

    /// The server's process, if the folder's owner has announced that it takes connections.
    pub(super) fn announced(&self) -> Option<i32> {
        fs::read_to_string(self.lock()).ok()?.trim().parse().ok()
    }

    /// The version that wrote the cluster; none if there is no cluster yet.
    pub(super) fn written_by(&self) -> Result<Option<u32>, EmbeddedError> {
        let path = self.cluster().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let version = text.trim().parse().map_err(io::Error::other).during("read the version in", &path)?;
                Ok(Some(version))
            }
            Err(error) if error.kind() == ErrorKind::NotFound && !self.cluster().exists() => Ok(None),
            Err(error) => Err(error).during("read", &path),
        }
    }

    /// Makes the cluster under another name and renames it when it is whole and on the disk, so that one whose making
    /// was interrupted is never taken for one.
    pub(super) fn make_cluster(&self, programs: &Programs) -> Result<Identity, EmbeddedError> {
        self.remove_unfinished_clusters()?;
        let new = mkdtemp(&self.path.join(format!("{NEW_CLUSTER}XXXXXX")))
            .map_err(io::Error::from)
            .during("create a folder in", &self.path)?;
        let made = self.fill_cluster(&new, programs);
        if made.is_err() {
            self.remove_unfinished_clusters()?;
        }
        made
    }

    fn fill_cluster(&self, new: &Path, programs: &Programs) -> Result<Identity, EmbeddedError> {
        let identity = Identity::for_new_cluster(new, &programs.program("postgres"))?;
        let mut initdb = identity.command(&programs.program("initdb"));
        // Text compares by its bytes, so that no update of the C library can break an index; letters are known beyond
        // ASCII. Whoever reaches the socket may connect: its folder, of mode 0700, is the door, open to the server's
        // user and root, who could read the files as well. (`peer` would have to name every user that root becomes.)
        initdb.args(["--username", DATABASE_OWNER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
        let named = identity.name(new, &mut initdb)?;
        initdb.args(["--lc-collate=C", "--lc-messages=C", "--no-instructions", "--pgdata"]).arg(named);
        let output = die_with_parent(&mut initdb, Signal::SIGKILL).output().during("run initdb for", new)?;
        if !output.status.success() {
            return Err(EmbeddedError::Program { program: "initdb", output: last_lines(&output.stderr) });
        }
        fs::rename(new, self.cluster()).during("rename", new)?;
        File::open(&self.path).and_then(|folder| folder.sync_all()).during("write", &self.path)?;
        Ok(identity)
    }

    fn remove_unfinished_clusters(&self) -> Result<(), EmbeddedError> {
        for entry in fs::read_dir(&self.path).during("read", &self.path)? {
            let path = entry.during("read", &self.path)?.path();
            let is_unfinished = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(NEW_CLUSTER));
            // A program that was cut off from its killed parent may be writing still; the next start removes the rest.
            if is_unfinished && let Err(error) = fs::remove_dir_all(&path) {
                tracing::warn!(%error, folder = %path.display(), "could not remove an unfinished cluster");
            }
        }
        Ok(())
    }

    /// An empty folder for the socket, which only the server's user and root can enter.
    pub(super) fn make_socket_dir(&self, identity: &Identity) -> Result<SocketDir, EmbeddedError> {
        let run = self.path.join("run");
        self.remove_socket_dir(&run)?;
        if fits_a_socket(&run) {
            DirBuilder::new().mode(0o700).create(&run).during("create", &run)?;
            identity.give(&run)?;
            return Ok(SocketDir { path: run, link: None });
        }
        let path = [env::temp_dir(), PathBuf::from("/tmp")]
            .into_iter()
            .map(|parent| parent.join("atr-XXXXXX"))
            .filter(|template| fits_a_socket(template))
            .find_map(|template| mkdtemp(&template).ok())
            .ok_or_else(|| EmbeddedError::NoPlaceForSocket { folder: self.path.clone() })?;
        symlink(&path, &run).during("create", &run)?;
        identity.give(&path)?;
        Ok(SocketDir { path, link: Some(run) })
    }

    /// Where the socket is while a server runs.
    pub(super) fn socket_dir(&self) -> PathBuf {
        let run = self.path.join("run");
        fs::read_link(&run).unwrap_or(run)
    }

    /// Removes the socket's folder that a server which was killed has left.
    fn remove_socket_dir(&self, run: &Path) -> Result<(), EmbeddedError> {
        match fs::symlink_metadata(run) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).during("read", run),
            Ok(metadata) if metadata.is_symlink() => {
                let target = fs::read_link(run).during("read", run)?;
                remove_sockets(&target).during("remove", &target)?;
                fs::remove_file(run).during("remove", run)
            }
            Ok(_) => remove_sockets(run).during("remove", run),
        }
    }

    /// Opens the log for appending, and says where this start's lines begin.
    pub(super) fn open_log(&self) -> Result<(File, u64), EmbeddedError> {
        let path = self.log();
        if fs::metadata(&path).is_ok_and(|log| log.len() > LOG_BYTES) {
            fs::rename(&path, path.with_extension("log.old")).during("rename", &path)?;
        }
        let mut file = self.create_file(&path, OpenOptions::new().append(true))?;
        let end = file.seek(SeekFrom::End(0)).during("read", &path)?;
        Ok((file, end))
    }

    /// The last lines of the log written after `from`.
    pub(super) fn log_since(&self, from: u64) -> Result<String, EmbeddedError> {
        let path = self.log();
        let mut text = Vec::new();
        File::open(&path)
            .and_then(|mut file| {
                file.seek(SeekFrom::Start(from))?;
                file.read_to_end(&mut text)
            })
            .during("read", &path)?;
        Ok(last_lines(&text))
    }

    /// Opens a file of this folder, which belongs to the folder's owner even if root makes it, and is no link.
    fn create_file(&self, path: &Path, options: &mut OpenOptions) -> Result<File, EmbeddedError> {
        let file = options.create(true).mode(0o600).custom_flags(O_NOFOLLOW).open(path).during("open", path)?;
        if geteuid().is_root() {
            let folder = fs::metadata(&self.path).during("read", &self.path)?;
            chown(path, Some(folder.uid()), Some(folder.gid())).during("change the owner of", path)?;
        }
        Ok(file)
    }
}

/// The right to run a server in the folder, for as long as this lives.
#[derive(Debug)]
pub(super) struct Owner {
    lock: File,
}

impl Owner {
    /// Tells other processes that the server takes connections.
    pub(super) fn announce(&mut self, server: i32) -> io::Result<()> {
        self.lock.set_len(0)?;
        self.lock.rewind()?;
        writeln!(self.lock, "{server}")
    }

    /// Tells other processes that the server takes none any more.
    pub(super) fn withdraw(&self) -> io::Result<()> {
        self.lock.set_len(0)
    }
}

/// The folder of the server's socket, removed with this if it lies outside the data folder.
#[derive(Debug)]
pub(super) struct SocketDir {
    path: PathBuf,
    link: Option<PathBuf>,
}

impl SocketDir {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketDir {
    fn drop(&mut self) {
        let Some(link) = &self.link else { return };
        if let Err(error) = remove_sockets(&self.path).and_then(|()| fs::remove_file(link)) {
            tracing::warn!(%error, folder = %self.path.display(), "could not remove the socket's folder");
        }
    }
}

/// Removes a folder and the sockets in it; nothing else, so that a folder which holds more is an error. One that is gone
/// already (by whoever cleans up temporary files) is not.
fn remove_sockets(folder: &Path) -> io::Result<()> {
    let unless_gone = |removed: io::Result<()>| match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    for name in [".s.PGSQL.5432", ".s.PGSQL.5432.lock"] {
        unless_gone(fs::remove_file(folder.join(name)))?;
    }
    unless_gone(fs::remove_dir(folder))
}

/// Whether clients can name a socket in the folder: its path is short enough, is text, and has no comma, which would
/// make it a list of hosts.
fn fits_a_socket(folder: &Path) -> bool {
    let socket = folder.join(".s.PGSQL.5432");
    socket.to_str().is_some_and(|path| path.len() <= SOCKET_PATH && !path.contains(','))
}
