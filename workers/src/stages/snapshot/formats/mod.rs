//! Export formats: what a row of each looks like to the trainer that reads it.
//!
//! Columns are exactly those that TRL's trainers take (and, for the reward model, those of our own trainer); where a row
//! comes from stands in the provenance file, in the same order. A new format is one file beside this one and one line in
//! the list below.

mod kto;
mod preference;
mod reward;
mod sft;
mod stepwise;

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, StringArray};
use arrow_schema::{ArrowError, DataType, Field, FieldRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use kto::KtoRow;
pub use preference::PreferenceRow;
pub use reward::RewardRow;
pub use sft::{Message, Role, SftRow};
pub use stepwise::StepwiseRow;

/// A row that is written as a line of JSON and as columns of Parquet. The JSON's keys are the columns' names.
pub trait Columns: Serialize + Sized {
    /// The columns.
    fn fields() -> Vec<Field>;

    /// The values of some rows, column by column.
    ///
    /// # Errors
    /// Text beyond 2 GiB in one batch, which Arrow refuses.
    fn columns(rows: &[Self]) -> Result<Vec<ArrayRef>, ArrowError>;

    /// What is wrong with a row that no trainer could use, if anything.
    fn fault(&self) -> Option<&'static str>;
}

macro_rules! formats {
    ($($format:ident = $name:literal, $row:ty, $doc:literal;)*) => {
        /// Which rows a file holds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Format {
            $(#[doc = $doc] $format,)*
        }

        impl Format {
            /// Every format, in the order of the Merkle root.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$format),*];

            /// The name in paths and records.
            pub fn name(self) -> &'static str {
                match self { $(Self::$format => $name),* }
            }
        }

        /// A row of any format.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "format", content = "row", rename_all = "snake_case")]
        pub enum Row {
            $(#[doc = $doc] $format($row),)*
        }

        impl Row {
            /// Its format.
            pub fn format(&self) -> Format {
                match self { $(Self::$format(_) => Format::$format),* }
            }
        }

        $(impl From<$row> for Row {
            fn from(row: $row) -> Self { Self::$format(row) }
        })*

        /// One open table a format, made at its first row.
        #[derive(Default)]
        #[expect(non_snake_case, reason = "fields are named after the formats")]
        pub(super) struct Tables {
            $($format: Option<super::table::Table<$row>>,)*
        }

        impl Tables {
            /// Writes a row and returns its line of JSON.
            pub(super) fn push(&mut self, dir: &std::path::Path, row: Row) -> Result<Vec<u8>, super::table::TableError> {
                match row {
                    $(Row::$format(row) => match &mut self.$format {
                        Some(table) => table.push(row),
                        none => none.insert(super::table::Table::create(dir, $name)?).push(row),
                    },)*
                }
            }

            /// Ends every file.
            pub(super) fn finish(self) -> Result<Vec<super::manifest::File>, super::table::TableError> {
                let mut files = Vec::new();
                $(if let Some(table) = self.$format { files.extend(table.finish()?); })*
                Ok(files)
            }
        }
    };
}

formats! {
    Sft = "sft", SftRow, "Supervised fine-tuning: `messages`.";
    Preference = "preference", PreferenceRow, "Preference pairs (DPO, ORPO, CPO, reward): `prompt`, `chosen`, `rejected`.";
    Kto = "kto", KtoRow, "Single judgements (KTO, BCO): `prompt`, `completion`, `label`.";
    Stepwise = "stepwise", StepwiseRow, "Step supervision (PRM): `prompt`, `completions`, `labels`.";
    Reward = "reward", RewardRow, "Rows of our own reward trainer.";
}

/// A column that is never null.
fn required(name: &str, kind: DataType) -> Field {
    Field::new(name, kind, false)
}

/// The items of a list column.
fn item(kind: DataType) -> FieldRef {
    Arc::new(Field::new("element", kind, false))
}

fn text<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn text_lists<'a>(lists: impl Iterator<Item = &'a [String]>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new()).with_field(item(DataType::Utf8));
    for list in lists {
        list.iter().for_each(|value| builder.values().append_value(value));
        builder.append(true);
    }
    Arc::new(builder.finish())
}
