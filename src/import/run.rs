//! From files to what is sent.

use std::{io, path::PathBuf};

use atr_core::domain::Rejection;
use serde_json::Value;

use super::{
    Format, Mapped, Options, records,
    report::{Report, Tally},
    together::Together,
};

/// Why an import could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// A file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Records cannot be laid by.
    #[error("cannot lay records by until those of their trace are found: {0}; see to the room for temporary files")]
    Room(#[from] io::Error),
}

/// Maps the records of files, and gives what they become to `send` with the place of the record, until it takes no more.
///
/// # Errors
/// If a file cannot be read. What is wrong with a record is told in the report.
pub fn run(
    format: &Format,
    files: &[PathBuf],
    options: &Options,
    send: &mut dyn FnMut(u64, Mapped) -> bool,
) -> Result<Report, Stopped> {
    let mut mapping =
        Mapping { format, options, send, report: Report::default(), tally: Tally::default(), goes_on: true };
    let mut together = format.trace_of.map(|_| Together::new()).transpose()?;
    let mut failed = None;
    for path in files {
        let mut take = |record: Result<Value, Rejection>| {
            if failed.is_none() {
                failed = mapping.record(record, together.as_mut()).err();
            }
            mapping.goes_on && failed.is_none()
        };
        records::read(path, &mut take).map_err(|error| Stopped::File { path: path.clone(), error })?;
    }
    if let Some(error) = failed {
        return Err(Stopped::Room(error));
    }
    if let Some(together) = together {
        together.each(|(place, records)| {
            mapping.map(place, &records);
            mapping.goes_on
        })?;
    }
    let Mapping { mut report, tally, .. } = mapping;
    report.tell(tally);
    Ok(report)
}

struct Mapping<'a> {
    format: &'a Format,
    options: &'a Options,
    send: &'a mut dyn FnMut(u64, Mapped) -> bool,
    report: Report,
    tally: Tally,
    goes_on: bool,
}

impl Mapping<'_> {
    fn record(&mut self, record: Result<Value, Rejection>, together: Option<&mut Together>) -> io::Result<()> {
        self.report.records += 1;
        let place = self.report.records;
        let record = match record.and_then(records::object) {
            Ok(record) => record,
            Err(refused) => {
                self.report.refuse(place, refused);
                return Ok(());
            }
        };
        let Some((together, trace_of)) = together.zip(self.format.trace_of) else {
            self.map(place, &[record]);
            return Ok(());
        };
        match trace_of(&record) {
            Some(trace) => together.add(place, &trace, &record)?,
            None => self.report.refuse(place, Rejection::new(".", "names no trace that it belongs to")),
        }
        Ok(())
    }

    fn map(&mut self, place: u64, records: &[Value]) {
        // Of a record that is refused nothing went anywhere.
        let mut tally = Tally::default();
        match (self.format.map)(records, self.options, &mut tally).and_then(Mapped::checked) {
            Ok(mapped) => {
                self.tally.add(tally);
                self.report.traces += 1;
                self.report.reviews += mapped.reviews.len() as u64;
                self.goes_on = (self.send)(place, mapped);
            }
            Err(refused) => self.report.refuse(place, refused),
        }
    }
}
