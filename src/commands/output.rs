//! Results on standard output: a line for people, or JSON for programs.

use std::io::Write;

use atr_core::store::Page;
use serde::Serialize;
use serde_json::Value;

/// Where results go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read the result.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Prints one result: as JSON, or in words.
    pub(crate) fn result(self, value: &impl Serialize, words: impl FnOnce() -> String) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string(value)? } else { words() };
        self.line(&text)
    }

    /// Prints a page of a project's records, one a line. People are told where there are none, or more than these.
    pub(crate) fn page<T>(
        self,
        kind: &str,
        page: &Page<T>,
        line: impl Fn(&T) -> Value,
        words: impl Fn(&T) -> String,
    ) -> anyhow::Result<()> {
        for row in &page.rows {
            self.result(&line(row), || words(row))?;
        }
        if !self.json && page.rows.is_empty() {
            eprintln!(
                "There are no {kind} in this project; --project names another, `atr project list` shows them all."
            );
        }
        if !self.json && page.has_next {
            eprintln!("There are older {kind} too.");
        }
        Ok(())
    }

    /// Prints one line.
    pub(crate) fn line(self, text: &str) -> anyhow::Result<()> {
        let mut stdout = std::io::stdout().lock();
        match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
            // Whoever read us has read enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            done => Ok(done?),
        }
    }
}
