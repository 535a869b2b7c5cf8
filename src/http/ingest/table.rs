//! A table at a door for lines: it is taken whole into a file, and its rows are read from there as lines.

use std::{
    fs::File,
    io::{self, BufWriter, Seek as _, Write},
    pin::Pin,
};

use axum::{http::HeaderMap, http::StatusCode, http::header};
use tokio::io::{AsyncBufRead, AsyncReadExt as _};

use super::{Why, problem};
use crate::{
    http::{
        media::{essence, header_text},
        problem::Problem,
    },
    import::table::Table,
};

/// The most bytes of a table.
const TABLE: u64 = 256 << 20;
/// The most bytes of the lines that it becomes.
const LINES: u64 = 2 << 30;

/// The media types of tables.
pub(in crate::http) const MEDIA_TYPES: [&str; 2] = ["text/csv", "application/vnd.apache.parquet"];

/// The table that the body is, by its Content-Type.
pub(super) fn sent(headers: &HeaderMap) -> Option<Table> {
    match essence(header_text(headers, header::CONTENT_TYPE)) {
        kind if kind.eq_ignore_ascii_case("text/csv") => Some(Table::Csv),
        kind if kind.eq_ignore_ascii_case("application/vnd.apache.parquet") => Some(Table::Parquet),
        _ => None,
    }
}

/// The rows of a table as lines. Nothing is taken in before it came whole, since Parquet is read from its end.
///
/// # Errors
/// If the body breaks off or is too long, or its rows are.
pub(super) async fn lines(
    table: Table,
    mut body: Pin<Box<dyn AsyncBufRead + Send>>,
) -> Result<Pin<Box<dyn AsyncBufRead + Send>>, NoLines> {
    let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(NoLines::Disk)?);
    let mut rest = (&mut body).take(TABLE + 1);
    let length = tokio::io::copy_buf(&mut rest, &mut file).await.map_err(NoLines::Body)?;
    if length > TABLE {
        return Err(NoLines::TooLong);
    }
    let file = file.into_std().await;
    let lines = tokio::task::spawn_blocking(move || written(table, file)).await.map_err(io::Error::other);
    let lines = tokio::fs::File::from_std(lines.flatten().map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => NoLines::TooLong,
        _ => NoLines::Disk(error),
    })?);
    Ok(Box::pin(tokio::io::BufReader::with_capacity(64 << 10, lines)))
}

/// Why a table has no lines.
#[derive(Debug)]
pub(super) enum NoLines {
    /// The body broke off.
    Body(io::Error),
    /// It is too long, or what it becomes is.
    TooLong,
    /// There is no room for it here.
    Disk(io::Error),
}

impl NoLines {
    pub(super) fn problem(self) -> Problem {
        match self {
            Self::Body(error) => problem(Why::Body(error)),
            Self::TooLong => {
                let detail = format!(
                    "a table has at most {} MiB here, and becomes {} MiB of lines at most: send it in parts, or with \
                     `atr ingest`, which sends it as lines",
                    TABLE >> 20,
                    LINES >> 20
                );
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", detail)
            }
            Self::Disk(error) => {
                tracing::error!(%error, "a table could not be kept in a file while it is read");
                let detail = "the table could not be kept while it is read; see the service's log";
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", detail)
            }
        }
    }
}

/// The lines in a file of their own, from the beginning.
fn written(table: Table, mut from: File) -> io::Result<File> {
    from.rewind()?;
    let mut lines = BufWriter::new(Bounded { to: tempfile::tempfile()?, left: LINES });
    table.write_lines(from, &mut lines)?;
    let mut lines = lines.into_inner().map_err(io::IntoInnerError::into_error)?.to;
    lines.rewind()?;
    Ok(lines)
}

/// Refuses to write more than so many bytes.
struct Bounded {
    to: File,
    left: u64,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        self.to.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
