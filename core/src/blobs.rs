//! Content-addressed bytes in a local folder: a blob's name is its BLAKE3 hash, so it is written once and never changes.

use std::path::{Path, PathBuf};

use tokio::{fs, io::AsyncWriteExt};

use crate::hash::Digest;

/// A folder of blobs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    root: PathBuf,
}

impl Blobs {
    /// Blobs under `root`, which is made when first written to.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where a blob lies, whether or not it is there.
    pub fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.to_hex();
        self.root.join(&hex[..2]).join(&hex[2..])
    }

    /// Stores bytes; storing them again does nothing.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub async fn put(&self, bytes: &[u8]) -> std::io::Result<Digest> {
        let digest = blake3::hash(bytes);
        let path = self.path(&digest);
        if fs::try_exists(&path).await? {
            return Ok(digest);
        }
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        fs::create_dir_all(&folder).await?;
        // Written beside its place and moved there whole: a crash leaves no half blob under a true name.
        let draft = folder.join(format!(".{}.{}", digest.to_hex(), std::process::id()));
        let mut file = fs::File::create(&draft).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        fs::rename(&draft, &path).await?;
        fs::File::open(&folder).await?.sync_all().await?;
        Ok(digest)
    }

    /// Stores a file by copying it, in bounded memory; storing it again does nothing.
    ///
    /// # Errors
    /// If the file cannot be read or the folder cannot be written.
    pub async fn put_file(&self, from: &Path) -> std::io::Result<(Digest, u64)> {
        let root = self.root.clone();
        let from = from.to_owned();
        let blobs = self.clone();
        tokio::task::spawn_blocking(move || {
            let mut hasher = blake3::Hasher::new();
            let bytes = std::io::copy(&mut std::fs::File::open(&from)?, &mut hasher)?;
            let digest = hasher.finalize();
            let path = blobs.path(&digest);
            if !path.try_exists()? {
                let folder = path.parent().unwrap_or(&root);
                std::fs::create_dir_all(folder)?;
                let draft = folder.join(format!(".{}.{}", digest.to_hex(), std::process::id()));
                std::fs::copy(&from, &draft)?;
                std::fs::File::open(&draft)?.sync_all()?;
                std::fs::rename(&draft, &path)?;
                std::fs::File::open(folder)?.sync_all()?;
            }
            Ok((digest, bytes))
        })
        .await
        .map_err(std::io::Error::other)?
    }

    /// Reads a whole blob and checks that it is what its name says.
    ///
    /// # Errors
    /// `NotFound` if it is not there; `InvalidData` if its bytes have changed.
    pub async fn get(&self, digest: &Digest) -> std::io::Result<Vec<u8>> {
        let bytes = fs::read(self.path(digest)).await?;
        if blake3::hash(&bytes) == *digest {
            Ok(bytes)
        } else {
            Err(std::io::Error::new(std::io::ErrorKind::InvalidData, format!("blob {digest} has changed on disk")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_put_can_be_got_and_damage_is_noticed() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let blobs = Blobs::new(folder.path());
        let digest = blobs.put(b"weights").await?;
        assert_eq!(blobs.put(b"weights").await?, digest);
        assert_eq!(blobs.get(&digest).await?, b"weights");
        std::fs::write(blobs.path(&digest), b"wrights")?;
        assert_eq!(blobs.get(&digest).await.unwrap_err().kind(), std::io::ErrorKind::InvalidData);
        Ok(())
    }
}
