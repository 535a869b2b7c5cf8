//! Blobs in a folder.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use tokio::{fs, io::AsyncRead};

use super::draft::Draft;
use crate::hash::Digest;

#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where a blob lies, whether or not it is there.
    pub(super) fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.to_hex();
        self.root.join(&hex[..2]).join(&hex[2..])
    }

    pub(super) async fn store(&self, digest: &Digest, from: impl AsyncRead + Send + Unpin) -> io::Result<()> {
        let path = self.path(digest);
        let mut draft = Draft::of(&path).await?;
        draft.fill(from, |_| {}).await?;
        draft.keep(digest, &path).await
    }

    pub(super) async fn copy(&self, digest: &Digest, to: &Path, heard: impl FnMut(u64)) -> io::Result<()> {
        let from = fs::File::open(self.path(digest)).await?;
        let mut draft = Draft::of(to).await?;
        draft.fill(from, heard).await?;
        draft.keep(digest, to).await
    }

    pub(super) async fn try_out(&self) -> io::Result<()> {
        let place = self.root.join("probe");
        let words = b"atr".as_slice();
        let written = async {
            let mut draft = Draft::of(&place).await?;
            draft.write(words).await?;
            draft.keep(&blake3::hash(words), &place).await?;
            fs::read(&place).await
        };
        let told = |error: io::Error| io::Error::new(error.kind(), format!("nothing can be kept in {self}: {error}"));
        if written.await.map_err(told)? == words {
            fs::remove_file(&place).await
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, format!("what is written into {self} is read otherwise")))
        }
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.display().fmt(f)
    }
}
