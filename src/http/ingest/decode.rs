//! Bodies as they are, or by gzip or zstd: decompressed as they come, in bounded memory, and not without end.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use async_compression::{
    tokio::bufread::{GzipDecoder, ZstdDecoder},
    zstd::DParameter,
};
use axum::{body::Body, http::HeaderMap, http::header};
use futures_util::TryStreamExt;
use tokio::io::{AsyncBufRead, AsyncRead, BufReader, ReadBuf};
use tokio_util::io::StreamReader;

use crate::http::media::header_text;

/// A body may become so many times as long,
const RATIO: u64 = 500;
/// beyond so many bytes.
const FREE: u64 = 64 << 20;
/// The most that a decoder of zstd looks back, as a power of two: 8 MiB, which every level below 20 keeps to.
const WINDOW: u32 = 23;
/// How much is decompressed at a time.
const PART: usize = 64 << 10;

/// How a body is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    Zstd,
}

/// A body that becomes too long.
#[derive(Debug, thiserror::Error)]
#[error(
    "the body becomes more than {RATIO} times as long when it is decompressed: send it with less compression, or in parts"
)]
pub(super) struct TooDense;

impl Coding {
    /// As the header says it; otherwise what it says.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, &str> {
        match header_text(headers, header::CONTENT_ENCODING) {
            coding if coding.is_empty() || coding.eq_ignore_ascii_case("identity") => Ok(Self::Identity),
            coding if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") => Ok(Self::Gzip),
            coding if coding.eq_ignore_ascii_case("zstd") => Ok(Self::Zstd),
            other => Err(other),
        }
    }

    /// What the body says.
    pub(super) fn decode(self, body: Body) -> Pin<Box<dyn AsyncBufRead + Send>> {
        let sent = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&sent);
        let pieces = body.into_data_stream().map_err(io::Error::other);
        let pieces = pieces.inspect_ok(move |piece| {
            counted.fetch_add(piece.len() as u64, Ordering::Relaxed);
        });
        let body = StreamReader::new(pieces);
        match self {
            Self::Identity => Box::pin(body),
            Self::Gzip => {
                let mut gzip = GzipDecoder::new(body);
                gzip.multiple_members(true);
                Box::pin(BufReader::with_capacity(PART, Bounded { from: gzip, sent, made: 0 }))
            }
            Self::Zstd => {
                let mut zstd = ZstdDecoder::with_params(body, &[DParameter::window_log_max(WINDOW)]);
                zstd.multiple_members(true);
                Box::pin(BufReader::with_capacity(PART, Bounded { from: zstd, sent, made: 0 }))
            }
        }
    }
}

/// Ends with an error where more is made of what was sent than may be.
struct Bounded<R> {
    from: R,
    sent: Arc<AtomicU64>,
    made: u64,
}

impl<R: AsyncRead + Unpin> AsyncRead for Bounded<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = to.filled().len();
        let read = Pin::new(&mut self.from).poll_read(cx, to);
        self.made += (to.filled().len() - before) as u64;
        if self.made > FREE + RATIO * self.sent.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::Error::other(TooDense)));
        }
        read
    }
}
