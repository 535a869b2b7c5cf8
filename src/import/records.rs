//! Reads the records of a file, one after the other: JSON (a list, lines, or one document), CSV, Parquet. Memory does not
//! grow with the file, and a record that is broken is passed over where it can be told from the next.

use std::{
    cell::Cell,
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    rc::Rc,
};

use atr_core::domain::Rejection;
use parquet::{
    errors::ParquetError,
    file::reader::{ChunkReader, FileReader as _, SerializedFileReader},
};
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::Value;

/// The most bytes that a record has, and a buffer more.
const RECORD: u64 = 64 << 20;

/// What takes a record, or why it is none; says whether it takes more.
pub type Take<'a> = &'a mut dyn FnMut(Result<Value, Rejection>) -> bool;

/// Reads a file by what is in it, CSV by its name.
///
/// # Errors
/// If it cannot be read.
pub fn read(path: &Path, take: Take<'_>) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut magic = [0; 4];
    let begins = file.read(&mut magic)?;
    if &magic[..begins] == b"PAR1" {
        parquet(file, take);
        return Ok(());
    }
    file.seek(SeekFrom::Start(0))?;
    let text = BufReader::with_capacity(64 << 10, file);
    if path.extension().is_some_and(|name| name.eq_ignore_ascii_case("csv")) {
        csv(text, cell, take);
        return Ok(());
    }
    json(text, take)
}

/// Reads a list, lines, or one document whose list stands under `data`.
///
/// # Errors
/// If it cannot be read.
pub fn json(mut text: impl BufRead, take: Take<'_>) -> io::Result<()> {
    loop {
        let buffer = text.fill_buf()?;
        let Some(first) = buffer.first() else { return Ok(()) };
        match first {
            // White space, and the mark that some write before UTF-8.
            b' ' | b'\t' | b'\r' | b'\n' | 0xEF | 0xBB | 0xBF => text.consume(1),
            b'[' => {
                list(text, take);
                return Ok(());
            }
            _ => return lines_or_document(text, take),
        }
    }
}

/// Reads the elements of a list as they come.
fn list(text: impl Read, take: Take<'_>) {
    let read = Rc::new(Cell::new(0));
    let bounded = Bounded { inner: text, read: Rc::clone(&read) };
    let mut stopped = false;
    let elements = Elements { take: &mut *take, read, stopped: &mut stopped };
    let ended = serde_json::Deserializer::from_reader(bounded).deserialize_seq(elements);
    if let Err(error) = ended
        && !stopped
    {
        refuse(take, format!("not valid JSON, so that nothing after it can be read: {error}"));
    }
}

/// Refuses to read more than a record may have.
struct Bounded<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.read.get() > RECORD {
            return Err(io::Error::other(format!("a record has more than {RECORD} bytes")));
        }
        let read = self.inner.read(into)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

struct Elements<'a, 'b> {
    take: Take<'a>,
    read: Rc<Cell<u64>>,
    stopped: &'b mut bool,
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(record) = list.next_element::<Value>()? {
            self.read.set(0);
            if !(self.take)(Ok(record)) {
                *self.stopped = true;
                return Err(serde::de::Error::custom("no more is wanted"));
            }
        }
        Ok(())
    }
}

fn lines_or_document(mut text: impl BufRead, take: Take<'_>) -> io::Result<()> {
    let mut begun = vec![];
    text.by_ref().take(RECORD).read_until(b'\n', &mut begun)?;
    if serde_json::from_slice::<Value>(&begun).is_err() {
        text.by_ref().take(RECORD).read_to_end(&mut begun)?;
        if let Ok(document) = serde_json::from_slice::<Value>(&begun) {
            of_document(document, take);
            return Ok(());
        }
    }
    lines(begun.chain(text), take)
}

/// A page of an API has its records under `data`; another document is one record.
fn of_document(document: Value, take: Take<'_>) {
    match document {
        Value::Object(mut fields) if fields.get("data").is_some_and(Value::is_array) => {
            let Some(Value::Array(records)) = fields.remove("data") else { return };
            for record in records {
                if !take(Ok(record)) {
                    return;
                }
            }
        }
        record => {
            take(Ok(record));
        }
    }
}

/// Reads a record from each line that is not blank.
fn lines(mut text: impl BufRead, take: Take<'_>) -> io::Result<()> {
    let mut line = vec![];
    loop {
        line.clear();
        let read = text.by_ref().take(RECORD).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        let whole = line.ends_with(b"\n") || (read as u64) < RECORD;
        if !whole {
            while !skip_line(&mut text)? {}
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let record = if whole {
            serde_json::from_slice(&line).map_err(|error| Rejection::new(".", format!("not valid JSON: {error}")))
        } else {
            Err(Rejection::new(".", format!("has more than {RECORD} bytes")))
        };
        if !take(record) {
            return Ok(());
        }
    }
}

/// Passes over what is buffered of a line; says whether it ended.
fn skip_line(text: &mut impl BufRead) -> io::Result<bool> {
    let buffer = text.fill_buf()?;
    let (length, ended) = match buffer.iter().position(|byte| *byte == b'\n') {
        Some(at) => (at + 1, true),
        None => (buffer.len(), buffer.is_empty()),
    };
    text.consume(length);
    Ok(ended)
}

/// Says that something cannot be read; after it nothing is.
fn refuse(take: Take<'_>, why: String) {
    take(Err(Rejection::new(".", why)));
}

/// Reads a record from each row, its fields named by the first and read by `cell`; empty ones are left out.
pub fn csv(text: impl Read, cell: fn(&str) -> Value, take: Take<'_>) {
    let read = Rc::new(Cell::new(0));
    let mut table = csv::Reader::from_reader(Bounded { inner: text, read: Rc::clone(&read) });
    let headers = match table.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => return refuse(take, format!("its first row cannot be read: {error}")),
    };
    let mut row = csv::StringRecord::new();
    loop {
        read.set(0);
        let record = match table.read_record(&mut row) {
            Ok(false) => return,
            Ok(true) => {
                let cells = headers.iter().zip(&row).filter(|(_, text)| !text.is_empty());
                Ok(Value::Object(cells.map(|(name, text)| (name.to_owned(), cell(text))).collect()))
            }
            Err(error) if error.is_io_error() => return refuse(take, format!("cannot be read on: {error}")),
            Err(error) => Err(Rejection::new(".", format!("this row cannot be read: {error}"))),
        };
        if !take(record) {
            return;
        }
    }
}

/// A cell of an export: lists, objects and quoted texts are written as JSON there, all else is a text.
pub fn cell(text: &str) -> Value {
    let written = text.starts_with(['{', '[', '"']).then(|| serde_json::from_str(text).ok()).flatten();
    written.unwrap_or_else(|| text.into())
}

/// Reads a record from each row, its fields named by the columns.
pub fn parquet<R: ChunkReader + 'static>(file: R, take: Take<'_>) {
    let no_table = |error| format!("this is no Parquet file that can be read: {error}");
    let table = match guarded(|| SerializedFileReader::new(file)) {
        Ok(table) => table,
        Err(error) => return refuse(take, no_table(error)),
    };
    let mut rows = match guarded(|| table.get_row_iter(None)) {
        Ok(rows) => rows,
        Err(error) => return refuse(take, no_table(error)),
    };
    while let Some(row) = guarded(|| rows.next().transpose()).transpose() {
        match row {
            Ok(row) if take(Ok(row.to_json_value())) => {}
            Ok(_) => return,
            Err(error) => return refuse(take, no_table(error)),
        }
    }
}

/// What reads Parquet asserts here and there what a file says of itself: one that is not as it says is no fault of ours.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(ParquetError::General("its content is not what it says of it".to_owned())))
}

/// Whether a record is an object, as every format has them.
///
/// # Errors
/// If it is none.
pub fn object(record: Value) -> Result<Value, Rejection> {
    match record {
        Value::Object(fields) => Ok(Value::Object(fields)),
        _ => Err(Rejection::new(".", "is no object: a record has fields")),
    }
}
