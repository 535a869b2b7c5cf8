//! The name of a place in an object store.

use std::{fmt, str::FromStr};

/// A bucket, and the prefix of all names in it: `s3://bucket/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketUrl {
    /// The bucket.
    pub bucket: String,
    /// What all names in it begin with; empty, or without slashes at its ends.
    pub prefix: String,
}

/// Something that names no bucket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBucketUrl {
    /// It does not begin with s3://.
    #[error("a place for blobs is s3://BUCKET or s3://BUCKET/PREFIX; for a folder leave it out and give --data")]
    Scheme,
    /// It carries a password.
    #[error("credentials do not belong into the address: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")]
    Credentials,
    /// The bucket's name cannot be one.
    #[error("a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens")]
    Bucket,
    /// The prefix cannot be one.
    #[error("a prefix has letters, digits and - _ . in parts between slashes, no part empty, `.` or `..`")]
    Prefix,
}

impl FromStr for BucketUrl {
    type Err = BadBucketUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = text.strip_prefix("s3://").ok_or(BadBucketUrl::Scheme)?;
        if named.contains('@') {
            return Err(BadBucketUrl::Credentials);
        }
        let (bucket, prefix) = named.split_once('/').unwrap_or((named, ""));
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(plain) {
            return Err(BadBucketUrl::Bucket);
        }
        let fits = |part: &str| {
            !matches!(part, "" | "." | "..")
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !prefix.is_empty() && !prefix.split('/').all(fits) {
            return Err(BadBucketUrl::Prefix);
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}
