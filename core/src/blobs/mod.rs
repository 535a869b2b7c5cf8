//! Content-addressed bytes: a blob's name is its BLAKE3 hash, so it is written once and never changes. They lie in a
//! folder, or in a bucket of an object store, which many machines share.

#[cfg(feature = "s3")]
mod bucket;
mod draft;
mod folder;
mod url;

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;

#[cfg(feature = "s3")]
use self::bucket::Bucket;
use self::folder::Folder;
pub use self::url::{BadBucketUrl, BucketUrl};
use crate::hash::Digest;

/// Where blobs are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs(Place);

#[derive(Clone, Debug)]
enum Place {
    Folder(Folder),
    #[cfg(feature = "s3")]
    Bucket(Bucket),
}

impl Blobs {
    /// Blobs under the folder `root`, which is made when first written to.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self(Place::Folder(Folder::new(root.into())))
    }

    /// Blobs in a bucket. Credentials, address and region come from the usual `AWS_…` variables; nothing is sent yet.
    ///
    /// # Errors
    /// If those variables do not fit together, or name a plain http address that is not allowed.
    #[cfg(feature = "s3")]
    pub fn in_bucket(url: &BucketUrl) -> io::Result<Self> {
        Ok(Self(Place::Bucket(Bucket::open(url)?)))
    }

    /// Blobs in a bucket, of which this build knows nothing.
    ///
    /// # Errors
    /// Always: it says how to build what can do it.
    #[cfg(not(feature = "s3"))]
    pub fn in_bucket(url: &BucketUrl) -> io::Result<Self> {
        let why = format!(
            "this program was built without object stores, and is told to keep blobs in {url}: build it with \
             `cargo build --release --workspace --bins --features s3`"
        );
        Err(io::Error::new(io::ErrorKind::Unsupported, why))
    }

    /// Whether they are on another machine, which may be out of reach while this one works.
    pub fn is_remote(&self) -> bool {
        !matches!(self.0, Place::Folder(_))
    }

    /// Stores bytes; storing them again does nothing.
    ///
    /// # Errors
    /// If the place cannot be written.
    pub async fn put(&self, bytes: impl Into<Bytes>) -> io::Result<Digest> {
        let bytes = bytes.into();
        let digest = blake3::hash(&bytes);
        let length = bytes.len() as u64;
        if self.size(&digest).await? != Some(length) {
            match &self.0 {
                Place::Folder(folder) => folder.store(&digest, &bytes[..]).await?,
                #[cfg(feature = "s3")]
                Place::Bucket(bucket) => bucket.store(&digest, length, &bytes[..]).await?,
            }
        }
        Ok(digest)
    }

    /// Stores a file by copying it, in bounded memory; storing it again does nothing.
    ///
    /// # Errors
    /// If the file cannot be read or changes meanwhile, or the place cannot be written.
    pub async fn put_file(&self, from: &Path) -> io::Result<(Digest, u64)> {
        let (digest, length) = hash_file(from).await?;
        if self.size(&digest).await? != Some(length) {
            let from = tokio::fs::File::open(from).await?;
            match &self.0 {
                Place::Folder(folder) => folder.store(&digest, from).await?,
                #[cfg(feature = "s3")]
                Place::Bucket(bucket) => bucket.store(&digest, length, from).await?,
            }
        }
        Ok((digest, length))
    }

    /// Reads a whole blob into memory and checks that it is what its name says.
    ///
    /// # Errors
    /// `NotFound` if it is not there; `InvalidData` if its bytes have changed.
    pub async fn get(&self, digest: &Digest) -> io::Result<Vec<u8>> {
        let bytes = match &self.0 {
            Place::Folder(folder) => tokio::fs::read(folder.path(digest)).await?,
            #[cfg(feature = "s3")]
            Place::Bucket(bucket) => bucket.read(digest).await?,
        };
        if blake3::hash(&bytes) == *digest { Ok(bytes) } else { Err(changed(digest)) }
    }

    /// Copies a blob to a file, in bounded memory, and checks that it is what its name says; only then is the file
    /// there. `heard` is told of each part's length.
    ///
    /// # Errors
    /// `NotFound` if it is not there; `InvalidData` if its bytes have changed.
    pub async fn copy(&self, digest: &Digest, to: &Path, heard: impl FnMut(u64) + Send) -> io::Result<()> {
        match &self.0 {
            Place::Folder(folder) => folder.copy(digest, to, heard).await,
            #[cfg(feature = "s3")]
            Place::Bucket(bucket) => bucket.copy(digest, to, heard).await,
        }
    }

    /// Where a program finds a blob as a file once it was brought there: in its own place where that is a folder, else in
    /// `folder`, which whoever asks takes away again.
    #[cfg_attr(not(feature = "s3"), expect(unused_variables, reason = "every place is a folder in this build"))]
    pub fn file(&self, digest: &Digest, folder: &Path) -> PathBuf {
        match &self.0 {
            Place::Folder(blobs) => blobs.path(digest),
            #[cfg(feature = "s3")]
            Place::Bucket(_) => folder.join(digest.to_hex().as_str()),
        }
    }

    /// Brings a blob where [`Blobs::file`] says. What has its own place in a folder lies there already, and whoever reads
    /// it checks it.
    ///
    /// # Errors
    /// `NotFound` if it is not there; `InvalidData` if its bytes have changed.
    pub async fn bring(&self, digest: &Digest, folder: &Path) -> io::Result<()> {
        if self.is_remote() { self.copy(digest, &self.file(digest, folder), |_| {}).await } else { Ok(()) }
    }

    /// How long a blob is; `None` if it is not there.
    ///
    /// # Errors
    /// If the place cannot be asked.
    pub async fn size(&self, digest: &Digest) -> io::Result<Option<u64>> {
        let size = match &self.0 {
            Place::Folder(folder) => tokio::fs::metadata(folder.path(digest)).await.map(|file| file.len()),
            #[cfg(feature = "s3")]
            Place::Bucket(bucket) => bucket.size(digest).await,
        };
        match size {
            Ok(size) => Ok(Some(size)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks the place whether it is there, without changing it.
    ///
    /// # Errors
    /// If it does not answer, or refuses.
    pub async fn reach(&self) -> io::Result<()> {
        self.size(&blake3::hash(b"")).await.map(drop)
    }

    /// Writes something that is no blob, and reads it back.
    ///
    /// # Errors
    /// If either cannot be done: which, and what to look at.
    pub async fn try_out(&self) -> io::Result<()> {
        match &self.0 {
            Place::Folder(folder) => folder.try_out().await,
            #[cfg(feature = "s3")]
            Place::Bucket(bucket) => bucket.try_out().await,
        }
    }
}

impl fmt::Display for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Folder(folder) => folder.fmt(f),
            #[cfg(feature = "s3")]
            Place::Bucket(bucket) => bucket.fmt(f),
        }
    }
}

async fn hash_file(path: &Path) -> io::Result<(Digest, u64)> {
    let path = path.to_owned();
    let hash = move || {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(std::fs::File::open(path)?)?;
        Ok((hasher.finalize(), hasher.count()))
    };
    tokio::task::spawn_blocking(hash).await.map_err(io::Error::other)?
}

fn changed(digest: &Digest) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("blob {digest} has changed where it is kept"))
}
