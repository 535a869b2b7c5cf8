//! The rows a reward model is trained on: JSON, one a line, as a snapshot holds them in `reward.jsonl`.

use std::io::{BufRead, Read};

use serde::{Deserialize, Serialize};

use crate::candidate::{Candidate, Signals};
use crate::features::{self, Features};

/// A line longer than this is refused: no answer is that long, and memory is bounded by it.
const MAX_LINE_BYTES: usize = 4 << 20;

/// One labelled answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The row's own id.
    pub row: String,
    /// The question's id: rows of one group are never split between training and judging.
    pub group: String,
    /// The question.
    pub prompt: String,
    /// The final answer.
    pub completion: String,
    /// The reasoning steps before it.
    #[serde(default)]
    pub steps: Vec<String>,
    /// The field of the question.
    #[serde(default)]
    pub domain: String,
    /// Whether the answer is true.
    pub label: bool,
    /// How much the row counts in what is learnt, not in how likely answers are said to be; 1 where nothing is said.
    #[serde(default = "one")]
    pub weight: f64,
    /// See [`Signals::mean_logprob`].
    #[serde(default)]
    pub mean_logprob: Option<f64>,
    /// See [`Signals::min_logprob`].
    #[serde(default)]
    pub min_logprob: Option<f64>,
    /// See [`Signals::agreement`].
    #[serde(default)]
    pub agreement: Option<f64>,
    /// See [`Signals::chains`].
    #[serde(default)]
    pub chains: Option<u32>,
}

fn one() -> f64 {
    1.0
}

impl Row {
    /// The row without its label, as the model sees it.
    pub fn candidate(&self) -> Candidate<'_> {
        Candidate {
            question: &self.prompt,
            answer: &self.completion,
            steps: &self.steps,
            domain: &self.domain,
            signals: Signals {
                mean_logprob: self.mean_logprob,
                min_logprob: self.min_logprob,
                agreement: self.agreement,
                chains: self.chains,
            },
        }
    }
}

/// A row reduced to what training needs; its text is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The row's own id.
    pub row: String,
    /// The question's id.
    pub group: String,
    /// The field of the question.
    pub domain: String,
    /// Whether the answer is true.
    pub label: bool,
    /// How much the row counts.
    pub weight: f64,
    /// What the model looks at.
    pub features: Features,
}

impl Example {
    /// Extracts the features of a row, hashing words into 2^`bits` buckets.
    pub fn of(row: &Row, bits: u32) -> Self {
        Self {
            row: row.row.clone(),
            group: row.group.clone(),
            domain: row.domain.clone(),
            label: row.label,
            weight: row.weight,
            features: features::extract(&row.candidate(), bits),
        }
    }
}

/// Why rows could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// A line is not a row.
    #[error("{file}, line {line}: {reason}")]
    Line {
        /// The file, as the specification names it.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The file could not be read.
    #[error("{file} cannot be read: {source}")]
    Read {
        /// The file, as the specification names it.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Reads rows to the end; `file` is the name that errors give. Empty lines are passed over.
pub fn read(file: &str, mut input: impl BufRead, mut each: impl FnMut(Row)) -> Result<usize, RowError> {
    let mut buffer = Vec::new();
    let mut rows = 0;
    for line in 1.. {
        buffer.clear();
        let limit = MAX_LINE_BYTES as u64 + 1;
        let read = input.by_ref().take(limit).read_until(b'\n', &mut buffer);
        let read = read.map_err(|source| RowError::Read { file: file.to_owned(), source })?;
        let error = |reason: String| RowError::Line { file: file.to_owned(), line, reason };
        if read == 0 {
            break;
        }
        if read > MAX_LINE_BYTES {
            return Err(error(format!("longer than {MAX_LINE_BYTES} bytes")));
        }
        if buffer.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let row: Row = serde_json::from_slice(&buffer).map_err(|e| error(format!("not a reward row: {e}")))?;
        if !row.weight.is_finite() || row.weight <= 0.0 {
            return Err(error(format!("`weight` is {}, not a positive number", row.weight)));
        }
        rows += 1;
        each(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"row":"r1","group":"g1","prompt":"Who?","completion":"Ann","label":true}"#;

    #[test]
    fn a_row_needs_no_more_than_its_question_answer_and_label() {
        let mut rows = Vec::new();
        let text = format!("{LINE}\n\n{LINE}");
        assert_eq!(read("train.jsonl", text.as_bytes(), |row| rows.push(row)).expect("both are rows"), 2);
        assert_eq!((rows[0].weight, rows[0].chains), (1.0, None));
    }

    #[test]
    fn a_bad_line_is_named() {
        let text = format!("{LINE}\n{{\"row\":1}}\n");
        let error = read("train.jsonl", text.as_bytes(), |_| ()).expect_err("the second line is no row");
        assert!(error.to_string().starts_with("train.jsonl, line 2: not a reward row:"), "{error}");
        let heavy = LINE.replace("\"label\"", "\"weight\":0,\"label\"");
        let error = read("train.jsonl", heavy.as_bytes(), |_| ()).expect_err("a weight of nothing");
        assert!(error.to_string().contains("line 1: `weight` is 0"), "{error}");
        let error = read("train.jsonl", &b"\xff\xfe\n"[..], |_| ()).expect_err("not text");
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
