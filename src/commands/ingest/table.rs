//! A table, CSV or Parquet, whose rows become lines.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read as _, Seek as _, Write as _},
    path::Path,
};

use anyhow::Context as _;
use atr_core::domain::Rejection;
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::import::records;

/// The rows of a table as lines of JSON, a field for each cell that is not empty, named by its column; in a file that is
/// gone with this. `None` if the file is no table: CSV is told by its name, Parquet by how it begins.
///
/// Cells of CSV are texts. A row that cannot be read becomes a line that says so, which the door rejects, so that lines are
/// counted as rows are: of CSV, the row with the names has a blank line.
///
/// # Errors
/// If the file cannot be read, or the lines cannot be written.
pub(super) fn lines_of(path: &Path) -> anyhow::Result<Option<NamedTempFile>> {
    let cannot = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(cannot)?;
    let mut begins = vec![];
    (&mut file).take(4).read_to_end(&mut begins).with_context(cannot)?;
    let is_csv = path.extension().is_some_and(|name| name.eq_ignore_ascii_case("csv"));
    if !is_csv && begins != b"PAR1" {
        return Ok(None);
    }
    file.rewind().with_context(cannot)?;
    let mut lines = BufWriter::new(NamedTempFile::new()?);
    if is_csv {
        writeln!(lines)?;
    }
    let mut written = Ok(());
    let mut take = |row: Result<Value, Rejection>| {
        let line = row.map_or_else(|refused| Value::from(refused.message), with_something_in_it);
        written = writeln!(lines, "{line}");
        written.is_ok()
    };
    if is_csv {
        records::csv(BufReader::new(file), |cell| cell.into(), &mut take);
    } else {
        records::parquet(file, &mut take);
    }
    written?;
    Ok(Some(lines.into_inner()?))
}

/// A row without its empty cells.
fn with_something_in_it(mut row: Value) -> Value {
    if let Some(cells) = row.as_object_mut() {
        cells.retain(|_, cell| !cell.is_null());
    }
    row
}
