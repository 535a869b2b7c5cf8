//! A directory that appears whole or not at all.
//!
//! Files are written into a hidden sibling, which is renamed once all of it is durable. The sibling is locked while its writer
//! lives: the kernel lets go of the lock when a process dies, however it dies, and the next writer then takes over and starts
//! afresh. So a crash leaves nothing that anyone has to clean up.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A directory in the making.
pub(super) struct Staging {
    target: PathBuf,
    partial: PathBuf,
    lock: File,
}

impl Staging {
    /// Starts an empty directory that will become `target`. `None` if another writer is making it now.
    pub(super) fn start(target: &Path) -> io::Result<Option<Self>> {
        let name = target.file_name().ok_or_else(|| io::Error::other("a snapshot needs a directory of its own"))?;
        let parent = parent(target);
        fs::create_dir_all(parent)?;
        let partial = parent.join(format!(".{}.partial", name.to_string_lossy()));
        loop {
            match fs::create_dir(&partial) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            let lock = match File::open(&partial) {
                // Its writer renamed it between the two calls.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened?,
            };
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // What was locked may have been renamed meanwhile.
            let locked = lock.metadata()?;
            let there = fs::metadata(&partial);
            if there.is_ok_and(|there| (there.dev(), there.ino()) == (locked.dev(), locked.ino())) {
                for left in fs::read_dir(&partial)? {
                    fs::remove_file(left?.path())?;
                }
                return Ok(Some(Self { target: target.to_owned(), partial, lock }));
            }
        }
    }

    /// Where to write.
    pub(super) fn path(&self) -> &Path {
        &self.partial
    }

    /// Makes the directory appear, durable. False if one stood there already, which is left as it is.
    pub(super) fn publish(self) -> io::Result<bool> {
        self.lock.sync_all()?;
        // A directory is replaced by rename only if it is empty.
        match fs::rename(&self.partial, &self.target) {
            Ok(()) => {
                File::open(parent(&self.target))?.sync_all()?;
                Ok(true)
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists) => {
                fs::remove_dir_all(&self.partial)?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

fn parent(target: &Path) -> &Path {
    target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
