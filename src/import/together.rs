//! Brings together the records that make one trace, wherever in the files they stand: they are laid by in parts, by the
//! hash of their trace's id, and one part at a time is read back.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write as _},
};

use serde_json::Value;

/// In how many parts records are laid by: memory holds one of them.
const PARTS: u64 = 64;

/// Records that are laid by.
#[derive(Debug)]
pub struct Together {
    parts: Vec<BufWriter<File>>,
}

/// The records of a trace in their order, and the place of the first.
pub type Group = (u64, Vec<Value>);

impl Together {
    /// Without any yet.
    ///
    /// # Errors
    /// If there is no room for temporary files.
    pub fn new() -> io::Result<Self> {
        let parts = (0..PARTS).map(|_| Ok(BufWriter::new(tempfile::tempfile()?))).collect::<io::Result<_>>()?;
        Ok(Self { parts })
    }

    /// Lays a record by.
    ///
    /// # Errors
    /// If there is no room for it.
    pub fn add(&mut self, place: u64, trace: &str, record: &Value) -> io::Result<()> {
        let [first, ..] = blake3::hash(trace.as_bytes()).as_bytes().to_owned();
        let part = &mut self.parts[usize::from(first) % PARTS as usize];
        serde_json::to_writer(&mut *part, &(place, trace, record))?;
        part.write_all(b"\n")
    }

    /// Gives what makes a trace together, until `take` wants no more.
    ///
    /// # Errors
    /// If what was laid by cannot be read.
    pub fn each(self, mut take: impl FnMut(Group) -> bool) -> io::Result<()> {
        for part in self.parts {
            let mut file = part.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.rewind()?;
            let mut traces: HashMap<String, Group> = HashMap::new();
            for line in BufReader::new(file).lines() {
                let (place, trace, record): (u64, String, Value) = serde_json::from_str(&line?)?;
                traces.entry(trace).or_insert_with(|| (place, vec![])).1.push(record);
            }
            let mut groups: Vec<Group> = traces.into_values().collect();
            groups.sort_by_key(|(place, _)| *place);
            if !groups.into_iter().all(&mut take) {
                return Ok(());
            }
        }
        Ok(())
    }
}
