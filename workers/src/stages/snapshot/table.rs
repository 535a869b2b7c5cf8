//! A table written row by row to two files at once: Parquet and JSON lines, each byte stable for a writer version.

use std::fs::File as DiskFile;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};

use super::formats::Columns;
use super::manifest::File;

/// Version of the writer: it changes whenever equal rows would give other bytes, and stands in each Parquet file.
pub const WRITER_VERSION: u32 = 1;

/// Rows that become columns together.
const BATCH_ROWS: usize = 1024;
/// Bytes of JSON after which fewer rows do.
const BATCH_BYTES: usize = 4 << 20;
/// Rows of a row group, the unit in which readers stream.
const GROUP_ROWS: usize = 16 * 1024;
/// Bytes of encoded columns after which a row group ends sooner.
const GROUP_BYTES: usize = 32 << 20;
/// zstd's level: past 3 the files shrink by a few hundredths and writing takes twice as long.
const ZSTD_LEVEL: i32 = 3;

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// A row that no trainer could use.
    #[error("a {table} row {fault}")]
    Row {
        /// The table.
        table: &'static str,
        /// What it must be.
        fault: &'static str,
    },
    /// The disk refused.
    #[error("cannot write {path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The Parquet writer refused.
    #[error("cannot write {path} as Parquet: {source}", path = path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
}

/// A file that is hashed while it is written.
pub(super) struct HashedFile {
    path: PathBuf,
    name: String,
    file: BufWriter<DiskFile>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl HashedFile {
    pub(super) fn create(dir: &Path, name: String) -> Result<Self, TableError> {
        let path = dir.join(&name);
        match DiskFile::create_new(&path) {
            Ok(file) => {
                let file = BufWriter::with_capacity(256 << 10, file);
                Ok(Self { path, name, file, hasher: blake3::Hasher::new(), bytes: 0 })
            }
            Err(source) => Err(TableError::Io { path, source }),
        }
    }

    pub(super) fn line(&mut self, line: &[u8]) -> Result<(), TableError> {
        let written = self.write_all(line).and_then(|()| self.write_all(b"\n"));
        written.map_err(|source| TableError::Io { path: self.path.clone(), source })
    }

    /// Makes what was written durable.
    pub(super) fn finish(mut self, rows: u64) -> Result<File, TableError> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(|source| TableError::Io { path: self.path, source })?;
        Ok(File { path: self.name, bytes: self.bytes, blake3: self.hasher.finalize(), rows })
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// An open table of one kind of rows.
pub(super) struct Table<R> {
    name: &'static str,
    schema: SchemaRef,
    parquet: ArrowWriter<HashedFile>,
    jsonl: HashedFile,
    pending: Vec<R>,
    pending_bytes: usize,
    rows: u64,
}

impl<R: Columns> Table<R> {
    pub(super) fn create(dir: &Path, name: &'static str) -> Result<Self, TableError> {
        let jsonl = HashedFile::create(dir, format!("{name}.jsonl"))?;
        let file = HashedFile::create(dir, format!("{name}.parquet"))?;
        let path = file.path.clone();
        let schema = Arc::new(Schema::new(R::fields()));
        let parquet = options()
            .and_then(|options| ArrowWriter::try_new_with_options(file, Arc::clone(&schema), options))
            .map_err(|source| TableError::Parquet { path, source })?;
        Ok(Self { name, schema, parquet, jsonl, pending: Vec::new(), pending_bytes: 0, rows: 0 })
    }

    /// Writes a row and returns its line of JSON.
    pub(super) fn push(&mut self, row: R) -> Result<Vec<u8>, TableError> {
        if let Some(fault) = row.fault() {
            return Err(TableError::Row { table: self.name, fault });
        }
        let line = serde_json::to_vec(&row)
            .map_err(|source| TableError::Io { path: self.jsonl.path.clone(), source: source.into() })?;
        self.jsonl.line(&line)?;
        self.pending_bytes += line.len();
        self.pending.push(row);
        self.rows += 1;
        if self.pending.len() == BATCH_ROWS || self.pending_bytes >= BATCH_BYTES {
            self.write_pending().map_err(|source| self.parquet_error(source))?;
        }
        Ok(line)
    }

    /// Ends both files: Parquet, then JSON lines.
    pub(super) fn finish(mut self) -> Result<[File; 2], TableError> {
        self.write_pending().map_err(|source| self.parquet_error(source))?;
        let path = self.parquet.inner().path.clone();
        let parquet = self.parquet.into_inner().map_err(|source| TableError::Parquet { path, source })?;
        Ok([parquet.finish(self.rows)?, self.jsonl.finish(self.rows)?])
    }

    fn write_pending(&mut self) -> Result<(), ParquetError> {
        if !self.pending.is_empty() {
            let batch = R::columns(&self.pending)
                .and_then(|columns| RecordBatch::try_new(Arc::clone(&self.schema), columns))
                .map_err(|error: ArrowError| ParquetError::ArrowError(error.to_string()))?;
            self.parquet.write(&batch)?;
            self.pending.clear();
            self.pending_bytes = 0;
        }
        if self.parquet.in_progress_size() >= GROUP_BYTES {
            self.parquet.flush()?;
        }
        Ok(())
    }

    fn parquet_error(&self, source: ParquetError) -> TableError {
        TableError::Parquet { path: self.parquet.inner().path.clone(), source }
    }
}

/// All that the bytes depend on is fixed here. Arrow's own schema is left out of the files: readers know the types from
/// Parquet's.
fn options() -> Result<ArrowWriterOptions, ParquetError> {
    let properties = WriterProperties::builder()
        .set_created_by(format!("atr version {WRITER_VERSION}.0.0 (build snapshot)"))
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .build();
    Ok(ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true))
}
