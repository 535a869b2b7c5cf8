//! The lines that a door rejected, with what is wrong with them, in a file that is mended and sent again.

use std::{
    fs::File,
    io::{BufWriter, Seek, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::commands::client::LineError;

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// The line as it was sent; a text, where it was no JSON. This is what is to be mended.
    item: Value,
    /// What is wrong with it.
    rejected: LineError,
}

/// The item of a line of such a file; `None` where it is none.
pub(super) fn mended(line: &[u8]) -> Option<String> {
    match serde_json::from_slice::<Line>(line).ok()?.item {
        Value::String(text) => Some(text),
        item => Some(item.to_string()),
    }
}

/// Such a file, while it is written.
#[derive(Debug)]
pub(super) struct Rejected {
    path: PathBuf,
    file: BufWriter<File>,
    /// Where what was written of the file that is being sent begins.
    begin: u64,
}

impl Rejected {
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create_new(path)
            .with_context(|| format!("cannot make {}: name a file that is not there yet", path.display()))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), begin: 0 })
    }

    fn cannot(&self) -> String {
        format!("cannot write {}", self.path.display())
    }

    /// Forgets what was written of the file that is sent again from its beginning.
    pub(super) fn again(&mut self) -> anyhow::Result<()> {
        let place = std::io::SeekFrom::Start(self.begin);
        // Seeking writes out what waits.
        let back = self.file.seek(place).and_then(|begin| self.file.get_ref().set_len(begin));
        back.with_context(|| self.cannot())
    }

    pub(super) fn write(&mut self, line: &[u8], rejected: LineError) -> anyhow::Result<()> {
        let text = || Value::String(String::from_utf8_lossy(line.trim_ascii_end()).into_owned());
        // What is a text was none that a door takes: it stays one.
        let item = serde_json::from_slice(line).ok().filter(|item: &Value| !item.is_string()).unwrap_or_else(text);
        let line = serde_json::to_string(&Line { item, rejected })?;
        writeln!(self.file, "{line}").with_context(|| self.cannot())
    }

    /// What was written so far stays.
    pub(super) fn keep(&mut self) -> anyhow::Result<()> {
        self.begin = self.file.stream_position().with_context(|| self.cannot())?;
        Ok(())
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.file.flush().with_context(|| self.cannot())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_written_reads_as_the_line_that_was_sent() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("rejected.jsonl");
        let mut rejected = Rejected::create(&path)?;
        let error =
            || LineError { line: 7, status: "rejected".to_owned(), field: ".".to_owned(), message: "no".to_owned() };
        rejected.write(b"gone", error())?;
        rejected.again()?;
        let sent: [&[u8]; 3] = [br#"{"answer":"Au"}"#, b"not json", br#""a text""#];
        for line in sent {
            rejected.write(line, error())?;
        }
        rejected.keep()?;
        rejected.write(b"gone", error())?;
        rejected.again()?;
        rejected.finish()?;
        let written = std::fs::read_to_string(&path)?;
        let back: Vec<_> = written.lines().filter_map(|line| mended(line.as_bytes())).collect();
        assert_eq!(back, sent.map(|line| String::from_utf8_lossy(line).into_owned()));
        assert!(mended(br#"{"item": 1}"#).is_none() && mended(b"x").is_none());
        assert!(Rejected::create(&path).is_err(), "nobody's work is overwritten");
        Ok(())
    }
}
