//! Tables, CSV or Parquet, whose rows become lines of a door.

use std::{
    fs::File,
    io::{self, BufReader, Write},
};

use atr_core::domain::Rejection;
use serde_json::Value;

use super::records;

/// What a table is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// A row with the names of the columns, and rows of texts.
    Csv,
    /// Rows of typed values.
    Parquet,
}

impl Table {
    /// How a file of Parquet begins.
    pub const PARQUET: &[u8] = b"PAR1";

    /// Writes the rows of a table as lines of JSON, a field for each cell that is not empty, named by its column.
    ///
    /// Cells of CSV are texts. A row that cannot be read becomes a line that says so, which the door rejects, so that lines
    /// are counted as rows are: of CSV, the row with the names has a blank line.
    ///
    /// # Errors
    /// If the lines cannot be written.
    pub fn write_lines(self, table: File, lines: &mut impl Write) -> io::Result<()> {
        let mut written = Ok(());
        if self == Self::Csv {
            writeln!(lines)?;
        }
        let mut take = |row: Result<Value, Rejection>| {
            let line = row.map_or_else(|refused| Value::from(refused.message), with_something_in_it);
            written = writeln!(lines, "{line}");
            written.is_ok()
        };
        match self {
            Self::Csv => records::csv(BufReader::new(table), |cell| cell.into(), &mut take),
            Self::Parquet => records::parquet(table, &mut take),
        }
        written
    }
}

/// A row without its empty cells.
fn with_something_in_it(mut row: Value) -> Value {
    if let Some(cells) = row.as_object_mut() {
        cells.retain(|_, cell| !cell.is_null());
    }
    row
}
