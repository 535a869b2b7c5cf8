//! Blobs: one suite, over a folder and, with the feature `s3`, over a bucket of the object store that AWS_ENDPOINT_URL and
//! ATR_TEST_BUCKET name.

use std::{error::Error, io::ErrorKind, path::Path};

use atr_core::blobs::{BadBucketUrl, Blobs, BucketUrl};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// More than one part of an upload, and not a whole number of them.
const LONG: usize = (20 << 20) + 12_345;

/// A place of blobs, and a second hand on it that does as it likes.
trait Kept {
    fn blobs(&self) -> Blobs;
    async fn overwrite(&self, name: &str, bytes: &[u8]) -> Result;
}

/// Bytes that no compression or repetition makes the same in two parts.
fn long() -> Vec<u8> {
    let mut bytes = vec![0; LONG];
    blake3::Hasher::new().update(b"long").finalize_xof().fill(&mut bytes);
    bytes
}

async fn suite(place: &impl Kept) -> Result {
    let folder = tempfile::tempdir()?;
    what_is_put_can_be_got(place).await?;
    what_is_not_there_is_told(place, folder.path()).await?;
    long_files_go_and_come_whole(place, folder.path()).await?;
    damage_is_noticed_and_mended(place, folder.path()).await?;
    place.blobs().try_out().await?;
    place.blobs().reach().await?;
    Ok(())
}

async fn what_is_put_can_be_got(place: &impl Kept) -> Result {
    let blobs = place.blobs();
    let digest = blobs.put(&b"weights"[..]).await?;
    assert_eq!(digest, blake3::hash(b"weights"));
    assert_eq!(blobs.put(&b"weights"[..]).await?, digest);
    assert_eq!(place.blobs().get(&digest).await?, b"weights");
    assert_eq!(blobs.size(&digest).await?, Some(7));
    let nothing = blobs.put(&b""[..]).await?;
    assert_eq!(blobs.get(&nothing).await?, b"");
    Ok(())
}

async fn what_is_not_there_is_told(place: &impl Kept, folder: &Path) -> Result {
    let (blobs, absent) = (place.blobs(), blake3::hash(b"never put"));
    assert_eq!(blobs.size(&absent).await?, None);
    assert_eq!(blobs.get(&absent).await.unwrap_err().kind(), ErrorKind::NotFound);
    let to = folder.join("absent");
    assert_eq!(blobs.copy(&absent, &to, |_| {}).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!to.exists());
    Ok(())
}

async fn long_files_go_and_come_whole(place: &impl Kept, folder: &Path) -> Result {
    let (blobs, bytes) = (place.blobs(), long());
    let from = folder.join("from");
    std::fs::write(&from, &bytes)?;
    assert_eq!(blobs.put_file(&from).await?, (blake3::hash(&bytes), LONG as u64));
    let digest = blake3::hash(&bytes);
    let (to, mut heard) = (folder.join("new/folder/to"), 0);
    blobs.copy(&digest, &to, |part| heard += part).await?;
    assert_eq!(heard, LONG as u64);
    assert!(std::fs::read(&to)? == bytes, "other bytes came than went");
    // A program that wants a file finds it where it was promised.
    let inputs = folder.join("inputs");
    blobs.bring(&digest, &inputs).await?;
    assert!(std::fs::read(blobs.file(&digest, &inputs))? == bytes, "the file has other bytes");
    Ok(())
}

async fn damage_is_noticed_and_mended(place: &impl Kept, folder: &Path) -> Result {
    let blobs = place.blobs();
    let digest = blobs.put(&b"one truth"[..]).await?;
    let hex = digest.to_hex();
    let (name, to) = (format!("{}/{}", &hex[..2], &hex[2..]), folder.join("damaged"));
    for damage in [&b"one trvth"[..], b"one"] {
        place.overwrite(&name, damage).await?;
        assert_eq!(blobs.get(&digest).await.unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(blobs.copy(&digest, &to, |_| {}).await.unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(std::fs::read_dir(folder)?.filter(|file| file.as_ref().is_ok_and(leftover)).count(), 0);
    }
    // Half of it is there: putting it again makes it whole.
    blobs.put(&b"one truth"[..]).await?;
    assert_eq!(blobs.get(&digest).await?, b"one truth");
    Ok(())
}

/// The damaged file, or what it was written to first.
fn leftover(file: &std::fs::DirEntry) -> bool {
    let name = file.file_name();
    name == "damaged" || name.to_string_lossy().starts_with('.')
}

#[tokio::test]
async fn a_folder_keeps_blobs() -> Result {
    struct Folder(tempfile::TempDir);
    impl Kept for Folder {
        fn blobs(&self) -> Blobs {
            Blobs::new(self.0.path())
        }
        async fn overwrite(&self, name: &str, bytes: &[u8]) -> Result {
            Ok(std::fs::write(self.0.path().join(name), bytes)?)
        }
    }
    suite(&Folder(tempfile::tempdir()?)).await
}

#[test]
fn a_bucket_is_named_by_a_plain_address() {
    let read = |text: &str| text.parse::<BucketUrl>();
    assert_eq!(read("s3://models"), Ok(BucketUrl { bucket: "models".to_owned(), prefix: String::new() }));
    let deep = read("s3://models/team-a/atr/").expect("a bucket and a prefix");
    assert_eq!((deep.bucket.as_str(), deep.prefix.as_str()), ("models", "team-a/atr"));
    assert_eq!(deep.to_string(), "s3://models/team-a/atr");
    for (text, why) in [
        ("/var/lib/atr", BadBucketUrl::Scheme),
        ("https://models.example", BadBucketUrl::Scheme),
        ("s3://key:secret@models", BadBucketUrl::Credentials),
        ("s3://", BadBucketUrl::Bucket),
        ("s3://Models", BadBucketUrl::Bucket),
        ("s3://models//atr", BadBucketUrl::Prefix),
        ("s3://models/../atr", BadBucketUrl::Prefix),
        ("s3://models/atr?versionId=1", BadBucketUrl::Prefix),
    ] {
        assert_eq!(read(text), Err(why), "{text}");
    }
}

#[cfg(not(feature = "s3"))]
#[test]
fn a_build_without_object_stores_says_how_to_get_them() {
    let url: BucketUrl = "s3://models".parse().expect("a bucket");
    let refused = Blobs::in_bucket(&url).expect_err("there is no object store in this build");
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(refused.to_string().contains("--features s3"), "{refused}");
}

#[cfg(feature = "s3")]
mod bucket {
    use object_store::{
        ObjectStoreExt as _,
        aws::{AmazonS3, AmazonS3Builder},
        path::Path as Key,
    };

    use super::*;

    struct Bucket {
        url: BucketUrl,
        other_hand: AmazonS3,
    }

    impl Bucket {
        fn new(prefix: &str) -> Result<Self> {
            drop(rustls::crypto::ring::default_provider().install_default());
            let bucket = std::env::var("ATR_TEST_BUCKET")
                .map_err(|_| "set AWS_ENDPOINT_URL and ATR_TEST_BUCKET, or run `make conformance`, which does")?;
            let other_hand = AmazonS3Builder::from_env().with_bucket_name(&bucket).build()?;
            Ok(Self { url: format!("s3://{bucket}/{prefix}").parse()?, other_hand })
        }
    }

    impl Kept for Bucket {
        fn blobs(&self) -> Blobs {
            Blobs::in_bucket(&self.url).expect("a bucket")
        }
        async fn overwrite(&self, name: &str, bytes: &[u8]) -> Result {
            let key = Key::from(format!("{}/{name}", self.url.prefix));
            self.other_hand.put(&key, bytes.to_vec().into()).await?;
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_bucket_keeps_blobs() -> Result {
        suite(&Bucket::new("kept/here")?).await
    }

    #[tokio::test]
    async fn secrets_are_not_told() -> Result {
        let secret = std::env::var("AWS_SECRET_ACCESS_KEY")?;
        let blobs = Bucket::new("told")?.blobs();
        assert!(!format!("{blobs:?} {blobs}").contains(&secret));
        let missing: BucketUrl = "s3://no-such-bucket".parse()?;
        let refused = Blobs::in_bucket(&missing)?.try_out().await.expect_err("there is no such bucket");
        assert!(refused.to_string().contains("see that the bucket is there"), "{refused}");
        assert!(!format!("{refused:?}").contains(&secret));
        Ok(())
    }
}
