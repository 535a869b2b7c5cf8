use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{BooleanBuilder, ListBuilder};
use arrow_schema::{ArrowError, DataType, Field};
use serde::{Deserialize, Serialize};

use super::{Columns, item, required, text, text_lists};

/// The steps of an answer and whether each is right: TRL's stepwise supervision type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepwiseRow {
    /// The prompt.
    pub prompt: String,
    /// The steps, in order.
    pub completions: Vec<String>,
    /// Whether each step is right; as many as there are steps.
    pub labels: Vec<bool>,
}

impl Columns for StepwiseRow {
    fn fields() -> Vec<Field> {
        vec![
            required("prompt", DataType::Utf8),
            required("completions", DataType::List(item(DataType::Utf8))),
            required("labels", DataType::List(item(DataType::Boolean))),
        ]
    }

    fn columns(rows: &[Self]) -> Result<Vec<ArrayRef>, ArrowError> {
        let mut labels = ListBuilder::new(BooleanBuilder::new()).with_field(item(DataType::Boolean));
        for row in rows {
            labels.values().append_slice(&row.labels);
            labels.append(true);
        }
        Ok(vec![
            text(rows.iter().map(|row| row.prompt.as_str())),
            text_lists(rows.iter().map(|row| row.completions.as_slice())),
            Arc::new(labels.finish()),
        ])
    }

    fn fault(&self) -> Option<&'static str> {
        if self.completions.is_empty() {
            Some("must have a step")
        } else {
            (self.completions.len() != self.labels.len()).then_some("must have one label for each step")
        }
    }
}
