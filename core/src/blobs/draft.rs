//! Files that come to their place whole.

use std::{fs::Permissions, io, os::unix::fs::PermissionsExt as _, path::Path};

use tempfile::TempPath;
use tokio::{
    fs,
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
};

use crate::hash::Digest;

const BUFFER: usize = 1 << 20;

/// A file that is written beside its place and moved there: a crash leaves no half of it under its name.
pub(super) struct Draft {
    file: fs::File,
    path: TempPath,
    hasher: blake3::Hasher,
}

impl Draft {
    /// A draft of the file `to`, whose folder is made if it is not there.
    pub(super) async fn of(to: &Path) -> io::Result<Self> {
        let folder = folder_of(to)?;
        fs::create_dir_all(folder).await?;
        // As any new file: the process's own mask says who may read it.
        let mode = Permissions::from_mode(0o666);
        let (file, path) =
            tempfile::Builder::new().prefix(".draft-").permissions(mode).tempfile_in(folder)?.into_parts();
        Ok(Self { file: fs::File::from_std(file), path, hasher: blake3::Hasher::new() })
    }

    pub(super) async fn write(&mut self, part: &[u8]) -> io::Result<()> {
        self.hasher.update(part);
        self.file.write_all(part).await
    }

    /// Writes all that a reader has.
    pub(super) async fn fill(
        &mut self,
        mut from: impl AsyncRead + Send + Unpin,
        mut heard: impl FnMut(u64),
    ) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = from.read(&mut buffer).await?;
            if read == 0 {
                return Ok(());
            }
            self.write(&buffer[..read]).await?;
            heard(read as u64);
        }
    }

    /// Moves the file to its place if it is what its name says; otherwise it goes.
    pub(super) async fn keep(mut self, digest: &Digest, to: &Path) -> io::Result<()> {
        if self.hasher.finalize() != *digest {
            return Err(super::changed(digest));
        }
        self.file.flush().await?;
        self.file.sync_all().await?;
        self.path.persist(to)?;
        fs::File::open(folder_of(to)?).await?.sync_all().await
    }
}

fn folder_of(file: &Path) -> io::Result<&Path> {
    let folder = file.parent().ok_or_else(|| io::Error::other(format!("{} is no file", file.display())))?;
    Ok(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
}
