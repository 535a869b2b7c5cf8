//! What the sender is told: a line for each line, or a summary.

use atr_core::domain::intake::{Balance, ItemOutcome};
use schemars::JsonSchema;
use serde::Serialize;

use super::feed::Committed;

/// The most errors that a summary lists.
pub(super) const ERRORS: usize = 100;

/// The answer to one line.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LineResult<'a> {
    /// Which line, from 1; blank lines count.
    #[schemars(range(min = 1))]
    line: u64,
    /// What became of it.
    status: Status,
    /// What was stored: its id, the id of what was stored before, or that of the quarantined item.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// Why it was not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Wrong<'a>>,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "LineStatus")]
enum Status {
    /// Stored for the first time.
    Stored,
    /// Stored already with the same content.
    Duplicate,
    /// At odds with what is stored: set aside for a person.
    Quarantined,
    /// A rule of the project keeps it out.
    Filtered,
    /// Refused with an error.
    Rejected,
    /// Not taken in, with all lines after it: ends an answer that could not be finished.
    Unanswered,
}

/// What is wrong with a line.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LineFault")]
struct Wrong<'a> {
    /// The field at fault, as a path from the line (`steps[2].text`); `.` is the line itself.
    field: &'a str,
    /// What is wrong and what to do about it; of a filtered line, the rule.
    message: &'a str,
}

impl<'a> LineResult<'a> {
    pub(super) fn new(line: u64, outcome: &'a ItemOutcome) -> Self {
        let wrong = |field, message| Some(Wrong { field, message });
        let (status, id, error): (_, Option<&String>, _) = match outcome {
            ItemOutcome::Stored(id) => (Status::Stored, Some(id), None),
            ItemOutcome::Duplicate(id) => (Status::Duplicate, Some(id), None),
            ItemOutcome::Quarantined { id, field, message } => (Status::Quarantined, Some(id), wrong(field, message)),
            ItemOutcome::Filtered { rule } => (Status::Filtered, None, wrong(".", rule)),
            ItemOutcome::Rejected { field, message } => (Status::Rejected, None, wrong(field, message)),
        };
        Self { line, status, id: id.map(String::as_str), error }
    }

    /// Says that this line and all after it were not taken in.
    pub(super) fn unanswered(line: u64, message: &'a str) -> Self {
        Self { line, status: Status::Unanswered, id: None, error: Some(Wrong { field: ".", message }) }
    }

    /// Appends it to `to`, as a line.
    pub(super) fn write(&self, to: &mut Vec<u8>) {
        serde_json::to_writer(&mut *to, self).expect("a result line serialises, and memory takes it");
        to.push(b'\n');
    }
}

/// The answer to all lines together.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "IngestSummary")]
pub(crate) struct Summary {
    /// Lines that are not blank: the sum of the five counts that follow.
    received: i64,
    /// Stored for the first time.
    stored: i64,
    /// Stored already, with the same content.
    duplicates: i64,
    /// Set aside for a person: at odds with what is stored.
    quarantined: i64,
    /// Kept out by a rule of the project.
    filtered: i64,
    /// Refused with an error.
    rejected: i64,
    /// The first lines that were quarantined, filtered or rejected, and why.
    #[schemars(length(max = ERRORS))]
    errors: Vec<LineError>,
    /// How many more there were.
    errors_left_out: u64,
}

/// A line that was not stored.
#[derive(Debug, Serialize, JsonSchema)]
struct LineError {
    /// Which line, from 1; blank lines count.
    line: u64,
    /// What became of it.
    status: Status,
    /// The field at fault, as a path from the line; `.` is the line itself.
    field: String,
    /// What is wrong and what to do about it; of a filtered line, the rule.
    message: String,
}

impl Summary {
    /// Adds a committed batch.
    pub(super) fn add(&mut self, batch: &Committed) {
        let more: Balance = batch.outcomes.iter().collect();
        self.received += more.received();
        self.stored += more.stored;
        self.duplicates += more.duplicate;
        self.quarantined += more.quarantined;
        self.filtered += more.filtered;
        self.rejected += more.rejected;
        for (line, outcome) in batch.numbers.iter().zip(&batch.outcomes) {
            let LineResult { line, status, error, .. } = LineResult::new(*line, outcome);
            let Some(Wrong { field, message }) = error else { continue };
            if self.errors.len() < ERRORS {
                self.errors.push(LineError { line, status, field: field.to_owned(), message: message.to_owned() });
            } else {
                self.errors_left_out += 1;
            }
        }
    }
}
