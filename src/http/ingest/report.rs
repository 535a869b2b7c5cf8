//! What the sender is told: a line for each line, or a summary.

use atr_core::domain::intake::{Balance, ItemOutcome};
use serde::Serialize;

use super::feed::Committed;

/// The most errors that a summary lists.
pub(super) const ERRORS: usize = 100;

/// The answer to one line.
#[derive(Debug, Serialize)]
pub(super) struct LineResult<'a> {
    /// Which line, from 1; blank lines count.
    line: u64,
    /// stored, duplicate, quarantined, filtered or rejected; `unanswered` ends an answer that could not be finished.
    status: &'static str,
    /// What was stored: its id, the id of what was stored before, or that of the quarantined item.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Wrong<'a>>,
}

/// What is wrong with a line.
#[derive(Debug, Serialize)]
struct Wrong<'a> {
    field: &'a str,
    message: &'a str,
}

impl<'a> LineResult<'a> {
    pub(super) fn new(line: u64, outcome: &'a ItemOutcome) -> Self {
        let wrong = |field, message| Some(Wrong { field, message });
        let (status, id, error): (_, Option<&String>, _) = match outcome {
            ItemOutcome::Stored(id) => ("stored", Some(id), None),
            ItemOutcome::Duplicate(id) => ("duplicate", Some(id), None),
            ItemOutcome::Quarantined { id, field, message } => ("quarantined", Some(id), wrong(field, message)),
            ItemOutcome::Filtered { rule } => ("filtered", None, wrong(".", rule)),
            ItemOutcome::Rejected { field, message } => ("rejected", None, wrong(field, message)),
        };
        Self { line, status, id: id.map(String::as_str), error }
    }

    /// Says that this line and all after it were not taken in.
    pub(super) fn unanswered(line: u64, message: &'a str) -> Self {
        Self { line, status: "unanswered", id: None, error: Some(Wrong { field: ".", message }) }
    }

    /// Appends it to `to`, as a line.
    pub(super) fn write(&self, to: &mut Vec<u8>) {
        serde_json::to_writer(&mut *to, self).expect("a result line serialises, and memory takes it");
        to.push(b'\n');
    }
}

/// The answer to all lines together.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    /// Lines that are not blank: the sum of the five counts that follow.
    received: i64,
    stored: i64,
    duplicates: i64,
    quarantined: i64,
    filtered: i64,
    rejected: i64,
    /// The first lines that were quarantined, filtered or rejected, and why.
    errors: Vec<LineError>,
    /// How many more there were.
    errors_left_out: u64,
}

#[derive(Debug, Serialize)]
struct LineError {
    line: u64,
    status: &'static str,
    field: String,
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
