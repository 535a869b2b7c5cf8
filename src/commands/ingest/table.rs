//! A table that is sent as lines.

use std::{
    fs::File,
    io::{BufWriter, Read as _, Seek as _},
    path::Path,
};

use anyhow::Context as _;
use tempfile::NamedTempFile;

use crate::import::table::Table;

/// The rows of a table as lines, in a file that is gone with this. `None` if the file is no table: CSV is told by its name,
/// Parquet by how it begins.
///
/// # Errors
/// If the file cannot be read, or the lines cannot be written.
pub(super) fn lines_of(path: &Path) -> anyhow::Result<Option<NamedTempFile>> {
    let cannot = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(cannot)?;
    let mut begins = vec![];
    (&mut file).take(4).read_to_end(&mut begins).with_context(cannot)?;
    let table = match path.extension() {
        Some(name) if name.eq_ignore_ascii_case("csv") => Table::Csv,
        _ if begins == Table::PARQUET => Table::Parquet,
        _ => return Ok(None),
    };
    file.rewind().with_context(cannot)?;
    let mut lines = BufWriter::new(NamedTempFile::new()?);
    table.write_lines(file, &mut lines)?;
    Ok(Some(lines.into_inner()?))
}
