//! Blobs in a bucket of an S3-compatible object store.

use std::{fmt, io, path::Path, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use object_store::{
    ClientConfigKey, ObjectStoreExt as _, RetryConfig, WriteMultipart,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
    path::Path as Key,
};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{BucketUrl, draft::Draft};
use crate::hash::Digest;

/// What goes up at once. What is longer goes in parts, of which an upload has at most ten thousand.
const PART: u64 = 8 << 20;
const MOST_PARTS: u64 = 10_000;
/// How many parts are on their way at once.
const PARTS_AT_ONCE: usize = 2;

/// How long a request is tried again before the task that made it is.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(super) struct Bucket {
    store: Arc<AmazonS3>,
    url: BucketUrl,
}

impl Bucket {
    pub(super) fn open(url: &BucketUrl) -> io::Result<Self> {
        let told = AmazonS3Builder::from_env();
        let endpoint = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint]
            .iter()
            .find_map(|key| told.get_config_value(key));
        let http_allowed = told.get_config_value(&AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp));
        if let Some(endpoint) = endpoint.filter(|endpoint| endpoint.starts_with("http://"))
            && http_allowed.as_deref() != Some("true")
        {
            let why = format!(
                "the object store at {endpoint} is reached without TLS: give an https address in AWS_ENDPOINT_URL, or \
                 set AWS_ALLOW_HTTP=true where the network between is trusted"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let retry = RetryConfig { retry_timeout: PATIENCE, ..RetryConfig::default() };
        let store = told
            .with_bucket_name(&url.bucket)
            .with_retry(retry)
            // A blob may be long: what counts is that bytes keep coming.
            .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), "1 day")
            .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::ReadTimeout), "60 seconds")
            .build()
            .map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidInput, format!("the AWS_… variables do not fit: {error}"))
            })?;
        Ok(Self { store: Arc::new(store), url: url.clone() })
    }

    fn key(&self, name: &str) -> Key {
        Key::from(format!("{}/{name}", self.url.prefix))
    }

    /// Under what name a blob lies.
    fn blob(&self, digest: &Digest) -> Key {
        let hex = digest.to_hex();
        self.key(&format!("{}/{}", &hex[..2], &hex[2..]))
    }

    /// An object is there whole or not at all: one request makes it, be it of many parts.
    pub(super) async fn store(
        &self,
        digest: &Digest,
        length: u64,
        mut from: impl AsyncRead + Send + Unpin,
    ) -> io::Result<()> {
        let key = self.blob(digest);
        let part = PART.max(length.div_ceil(MOST_PARTS));
        let mut hasher = blake3::Hasher::new();
        let first = read_part(&mut from, part, &mut hasher).await?;
        if length <= part {
            if hasher.finalize() != *digest {
                return Err(super::changed(digest));
            }
            self.store.put(&key, first.into()).await?;
            return Ok(());
        }
        let chunk = usize::try_from(part).map_err(io::Error::other)?;
        let mut upload = WriteMultipart::new_with_chunk_size(self.store.put_multipart(&key).await?, chunk);
        let sent: io::Result<()> = async {
            let mut next = first;
            while !next.is_empty() {
                upload.wait_for_capacity(PARTS_AT_ONCE).await?;
                upload.put(next.into());
                next = read_part(&mut from, part, &mut hasher).await?;
            }
            if hasher.finalize() == *digest { Ok(()) } else { Err(super::changed(digest)) }
        }
        .await;
        if let Err(error) = sent {
            if let Err(left) = upload.abort().await {
                tracing::warn!(error = %left, %key, "parts of an upload that failed are left in the object store");
            }
            return Err(error);
        }
        upload.finish().await?;
        Ok(())
    }

    pub(super) async fn read(&self, digest: &Digest) -> io::Result<Vec<u8>> {
        Ok(self.store.get(&self.blob(digest)).await?.bytes().await?.into())
    }

    pub(super) async fn copy(&self, digest: &Digest, to: &Path, mut heard: impl FnMut(u64)) -> io::Result<()> {
        let mut parts = self.store.get(&self.blob(digest)).await?.into_stream();
        let mut draft = Draft::of(to).await?;
        while let Some(part) = parts.next().await {
            let part = part?;
            draft.write(&part).await?;
            heard(part.len() as u64);
        }
        draft.keep(digest, to).await
    }

    pub(super) async fn size(&self, digest: &Digest) -> io::Result<u64> {
        Ok(self.store.head(&self.blob(digest)).await?.size)
    }

    pub(super) async fn try_out(&self) -> io::Result<()> {
        let key = self.key("probe");
        let words = b"atr".as_slice();
        let told = |doing: &str, error: object_store::Error| {
            io::Error::other(format!(
                "{doing} {self} failed: see that the bucket is there, that AWS_ENDPOINT_URL and AWS_REGION are its own, \
                 and that the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) may read and write: {error}"
            ))
        };
        self.store.put(&key, words.into()).await.map_err(|error| told("writing to", error))?;
        let read = async { self.store.get(&key).await?.bytes().await };
        if read.await.map_err(|error| told("reading from", error))? == words {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, format!("what is written to {self} is read otherwise")))
        }
    }
}

/// As much as a part holds, or what is left.
async fn read_part(
    from: &mut (impl AsyncRead + Send + Unpin),
    part: u64,
    hasher: &mut blake3::Hasher,
) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    from.take(part).read_to_end(&mut read).await?;
    hasher.update(&read);
    Ok(read)
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

/// Without what the store was told: that holds secrets.
impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.url.to_string()).finish()
    }
}
