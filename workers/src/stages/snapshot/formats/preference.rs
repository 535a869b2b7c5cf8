use arrow_array::ArrayRef;
use arrow_schema::{ArrowError, DataType, Field};
use serde::{Deserialize, Serialize};

use super::{Columns, required, text};

/// Two answers to one prompt, one better: TRL's preference type with an explicit prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreferenceRow {
    /// The prompt.
    pub prompt: String,
    /// The better answer, alone.
    pub chosen: String,
    /// The worse answer, alone.
    pub rejected: String,
}

impl Columns for PreferenceRow {
    fn fields() -> Vec<Field> {
        ["prompt", "chosen", "rejected"].map(|name| required(name, DataType::Utf8)).into()
    }

    fn columns(rows: &[Self]) -> Result<Vec<ArrayRef>, ArrowError> {
        Ok(vec![
            text(rows.iter().map(|row| row.prompt.as_str())),
            text(rows.iter().map(|row| row.chosen.as_str())),
            text(rows.iter().map(|row| row.rejected.as_str())),
        ])
    }

    fn fault(&self) -> Option<&'static str> {
        (self.chosen == self.rejected).then_some("must prefer one answer to another")
    }
}
