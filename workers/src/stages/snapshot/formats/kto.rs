use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray};
use arrow_schema::{ArrowError, DataType, Field};
use serde::{Deserialize, Serialize};

use super::{Columns, required, text};

/// One answer and whether it is wanted: TRL's unpaired preference type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KtoRow {
    /// The prompt.
    pub prompt: String,
    /// The answer.
    pub completion: String,
    /// Whether it is wanted.
    pub label: bool,
}

impl Columns for KtoRow {
    fn fields() -> Vec<Field> {
        vec![
            required("prompt", DataType::Utf8),
            required("completion", DataType::Utf8),
            required("label", DataType::Boolean),
        ]
    }

    fn columns(rows: &[Self]) -> Result<Vec<ArrayRef>, ArrowError> {
        Ok(vec![
            text(rows.iter().map(|row| row.prompt.as_str())),
            text(rows.iter().map(|row| row.completion.as_str())),
            Arc::new(rows.iter().map(|row| Some(row.label)).collect::<BooleanArray>()),
        ])
    }

    fn fault(&self) -> Option<&'static str> {
        self.completion.is_empty().then_some("must have a completion")
    }
}
