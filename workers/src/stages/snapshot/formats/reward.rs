use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, UInt32Array};
use arrow_schema::{ArrowError, DataType, Field};
use serde::{Deserialize, Serialize};

use super::{Columns, item, required, text, text_lists};

/// One answer with what the reward model may learn from; read as JSON by the reward trainer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RewardRow {
    /// Id of the row.
    pub row: String,
    /// Key of the question: rows of a group never stand on both sides of a split.
    pub group: String,
    /// The question.
    pub prompt: String,
    /// The answer.
    pub completion: String,
    /// The reasoning steps, in order.
    pub steps: Vec<String>,
    /// Field of knowledge.
    pub domain: String,
    /// Whether the answer is right.
    pub label: bool,
    /// Weight in training, above 0.
    pub weight: f64,
    /// Mean log-probability of the answer's tokens (nats), where the serving stack told it.
    pub mean_logprob: Option<f64>,
    /// Least log-probability of a token (nats).
    pub min_logprob: Option<f64>,
    /// Share of the question's chains that agree with this answer, 0 to 1.
    pub agreement: Option<f64>,
    /// Number of the question's chains.
    pub chains: Option<u32>,
}

impl Columns for RewardRow {
    fn fields() -> Vec<Field> {
        vec![
            required("row", DataType::Utf8),
            required("group", DataType::Utf8),
            required("prompt", DataType::Utf8),
            required("completion", DataType::Utf8),
            required("steps", DataType::List(item(DataType::Utf8))),
            required("domain", DataType::Utf8),
            required("label", DataType::Boolean),
            required("weight", DataType::Float64),
            Field::new("mean_logprob", DataType::Float64, true),
            Field::new("min_logprob", DataType::Float64, true),
            Field::new("agreement", DataType::Float64, true),
            Field::new("chains", DataType::UInt32, true),
        ]
    }

    fn columns(rows: &[Self]) -> Result<Vec<ArrayRef>, ArrowError> {
        Ok(vec![
            text(rows.iter().map(|row| row.row.as_str())),
            text(rows.iter().map(|row| row.group.as_str())),
            text(rows.iter().map(|row| row.prompt.as_str())),
            text(rows.iter().map(|row| row.completion.as_str())),
            text_lists(rows.iter().map(|row| row.steps.as_slice())),
            text(rows.iter().map(|row| row.domain.as_str())),
            Arc::new(rows.iter().map(|row| Some(row.label)).collect::<BooleanArray>()),
            Arc::new(rows.iter().map(|row| row.weight).collect::<Float64Array>()),
            Arc::new(rows.iter().map(|row| row.mean_logprob).collect::<Float64Array>()),
            Arc::new(rows.iter().map(|row| row.min_logprob).collect::<Float64Array>()),
            Arc::new(rows.iter().map(|row| row.agreement).collect::<Float64Array>()),
            Arc::new(rows.iter().map(|row| row.chains).collect::<UInt32Array>()),
        ])
    }

    fn fault(&self) -> Option<&'static str> {
        let given = [self.mean_logprob, self.min_logprob, self.agreement];
        if !(self.weight.is_finite() && self.weight > 0.0) {
            Some("must have a weight above 0")
        } else {
            given.iter().flatten().any(|value| !value.is_finite()).then_some("must have finite numbers")
        }
    }
}
