//! A file of lines: plain or packed, or a file of rejected lines that were mended.

use std::{
    io,
    path::{Path, PathBuf},
    pin::Pin,
};

use anyhow::Context as _;
use async_compression::tokio::bufread::{GzipDecoder, ZstdDecoder};
use atr_core::hash::Digest;
use indicatif::ProgressBar;
use tokio::{
    fs::File,
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
};
use tokio_util::io::InspectReader;

use super::rejected::mended;

/// How much is read at a time.
const PART: usize = 64 << 10;

/// The lines of a file, from some place on.
pub(super) type Lines = Pin<Box<dyn AsyncBufRead + Send + Sync>>;

/// A file of lines.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    packed: Option<Packing>,
    /// Whether it holds rejected lines, each with what was wrong with it.
    is_report: bool,
    pub(super) bytes: u64,
}

#[derive(Debug, Clone, Copy)]
enum Packing {
    Gzip,
    Zstd,
}

impl Source {
    pub(super) async fn open(path: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot read {}", path.display());
        let bytes = tokio::fs::metadata(path).await.with_context(cannot)?.len();
        let packed = match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Some(Packing::Gzip),
            Some("zst") => Some(Packing::Zstd),
            _ => None,
        };
        let mut source = Self { path: path.to_owned(), packed, is_report: false, bytes };
        let mut first = vec![];
        let lines = source.unpacked(&ProgressBar::hidden()).await.with_context(cannot)?;
        lines.take(8 << 20).read_until(b'\n', &mut first).await.with_context(cannot)?;
        source.is_report = mended(&first).is_some();
        Ok(source)
    }

    /// What is in it: the key under which it is sent.
    pub(super) async fn digest(&self) -> anyhow::Result<Digest> {
        let path = self.path.clone();
        let read = move || -> io::Result<Digest> {
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(std::fs::File::open(path)?)?;
            Ok(hasher.finalize())
        };
        tokio::task::spawn_blocking(read).await?.with_context(|| format!("cannot read {}", self.path.display()))
    }

    /// How it can be sent as it is: what `Content-Encoding` says of it.
    pub(super) fn coding(&self) -> Option<&'static str> {
        match self.packed {
            _ if self.is_report => None,
            None => Some("identity"),
            Some(Packing::Gzip) => Some("gzip"),
            Some(Packing::Zstd) => Some("zstd"),
        }
    }

    /// It as it is; the bar goes along.
    pub(super) async fn raw(&self, bar: &ProgressBar) -> io::Result<Lines> {
        bar.set_position(0);
        let bar = bar.clone();
        let file = File::open(&self.path).await?;
        Ok(Box::pin(BufReader::with_capacity(PART, InspectReader::new(file, move |part| bar.inc(part.len() as u64)))))
    }

    async fn unpacked(&self, bar: &ProgressBar) -> io::Result<Lines> {
        let raw = self.raw(bar).await?;
        Ok(match self.packed {
            None => raw,
            Some(Packing::Gzip) => {
                let mut gzip = GzipDecoder::new(raw);
                gzip.multiple_members(true);
                Box::pin(BufReader::with_capacity(PART, gzip))
            }
            Some(Packing::Zstd) => {
                let mut zstd = ZstdDecoder::new(raw);
                zstd.multiple_members(true);
                Box::pin(BufReader::with_capacity(PART, zstd))
            }
        })
    }

    /// Its lines as the door gets to see them, from a place on.
    pub(super) async fn lines(&self, from: u64, bar: &ProgressBar) -> io::Result<Lines> {
        let mut lines = self.unpacked(bar).await?;
        if self.is_report {
            let (read, mut write) = tokio::io::duplex(PART);
            // It ends with the file, or when nobody reads on.
            tokio::spawn(async move {
                let mut line = vec![];
                while lines.read_until(b'\n', &mut line).await? > 0 {
                    match mended(&line) {
                        Some(item) => write.write_all(format!("{item}\n").as_bytes()).await?,
                        // Whoever mended it took it out of its wrapping.
                        None => write.write_all(&line).await?,
                    }
                    line.clear();
                }
                write.shutdown().await
            });
            lines = Box::pin(BufReader::with_capacity(PART, read));
        }
        let passed = tokio::io::copy_buf(&mut (&mut lines).take(from), &mut tokio::io::sink()).await?;
        if passed < from {
            return Err(io::Error::other(format!("{} has become shorter", self.path.display())));
        }
        Ok(lines)
    }
}
