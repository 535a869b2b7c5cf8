//! Where each row comes from: its own file, so that the training files hold training columns only.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, BooleanArray, Float64Array, StringArray};
use arrow_schema::{ArrowError, DataType, Field};
use serde::{Deserialize, Serialize};

use super::formats::{Columns, Format};

/// Where a row comes from. The n-th provenance of a format belongs to the n-th row of its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Format of the row.
    pub format: Format,
    /// Id of the row, the same in every snapshot that holds it.
    pub row: String,
    /// Candidates from which it was made: the first that gave it, and those that gave the same.
    pub candidates: Vec<String>,
    /// Error traces under them, and the right chain that a wrong one is set against.
    pub traces: Vec<String>,
    /// Review revisions that settled them.
    pub reviews: Vec<String>,
    /// Grounding facts under them.
    pub facts: Vec<String>,
    /// Key of the question.
    pub group: String,
    /// Field of knowledge.
    pub domain: String,
    /// Language.
    pub language: String,
    /// System that sent the trace.
    pub source: String,
    /// Version of the model that answered.
    pub model_version: String,
    /// Pseudonym of the expert.
    pub reviewer: String,
    /// Licence.
    pub licence: String,
    /// Whether a person wrote what is trained on.
    pub human_written: bool,
    /// Weight that balancing gave it.
    pub weight: f64,
    /// Tags of the pipeline.
    pub tags: Vec<String>,
}

const TEXTS: [&str; 7] = ["group", "domain", "language", "source", "model_version", "reviewer", "licence"];
const LISTS: [&str; 4] = ["candidates", "traces", "reviews", "facts"];

impl Columns for Provenance {
    fn fields() -> Vec<Field> {
        let text = |name: &str| Field::new(name, DataType::Utf8, false);
        let list = |name: &str| {
            let item = Arc::new(Field::new("element", DataType::Utf8, false));
            Field::new(name, DataType::List(item), false)
        };
        let mut fields = vec![text("format"), text("row")];
        fields.extend(LISTS.map(list));
        fields.extend(TEXTS.map(text));
        fields.push(Field::new("human_written", DataType::Boolean, false));
        fields.push(Field::new("weight", DataType::Float64, false));
        fields.push(list("tags"));
        fields
    }

    fn columns(rows: &[Self]) -> Result<Vec<ArrayRef>, ArrowError> {
        let text = |of: fn(&Self) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(of))) };
        let list = |of: fn(&Self) -> &[String]| -> ArrayRef {
            let item = Arc::new(Field::new("element", DataType::Utf8, false));
            let mut builder = ListBuilder::new(StringBuilder::new()).with_field(item);
            for row in rows {
                of(row).iter().for_each(|value| builder.values().append_value(value));
                builder.append(true);
            }
            Arc::new(builder.finish())
        };
        Ok(vec![
            text(|row| row.format.name()),
            text(|row| &row.row),
            list(|row| &row.candidates),
            list(|row| &row.traces),
            list(|row| &row.reviews),
            list(|row| &row.facts),
            text(|row| &row.group),
            text(|row| &row.domain),
            text(|row| &row.language),
            text(|row| &row.source),
            text(|row| &row.model_version),
            text(|row| &row.reviewer),
            text(|row| &row.licence),
            Arc::new(rows.iter().map(|row| Some(row.human_written)).collect::<BooleanArray>()),
            Arc::new(rows.iter().map(|row| row.weight).collect::<Float64Array>()),
            list(|row| &row.tags),
        ])
    }

    fn fault(&self) -> Option<&'static str> {
        if self.row.is_empty() {
            Some("must have an id")
        } else {
            (!self.weight.is_finite()).then_some("must have a finite weight")
        }
    }
}
