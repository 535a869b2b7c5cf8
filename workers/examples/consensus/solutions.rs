//! The data: questions with four models' graded solutions.

use std::error::Error;

use atr_workers::stages::verify::consensus::{Chain, Record};
use serde_json::Value;

use crate::data::rows;

/// The models, by the names of their fields.
pub const MODELS: [&str; 4] = ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"];

/// A question with each model's solution.
pub struct Question {
    pub text: String,
    /// By model the steps, a line each, and the answer in the last one.
    pub solutions: Vec<String>,
    pub right: Vec<bool>,
}

impl Question {
    /// The chains of some models.
    pub fn chains<'a>(&'a self, models: &'a [usize], records: Option<&[Record]>) -> Vec<Chain<'a>> {
        models
            .iter()
            .map(|model| Chain {
                answer: &self.solutions[*model],
                record: records.map(|records| records[*model]),
                ..Chain::default()
            })
            .collect()
    }

    /// One of so many parts of the questions, by the text.
    pub fn fold(&self, folds: usize) -> usize {
        let hash = blake3::hash(self.text.as_bytes());
        usize::from(u16::from_le_bytes([hash.as_bytes()[0], hash.as_bytes()[1]])) % folds
    }
}

pub fn read(data: &str) -> Result<Vec<Question>, Box<dyn Error>> {
    rows(data, "gsm8k-model-solutions/example_model_solutions.jsonl.gz")?.iter().map(question).collect()
}

fn question(row: &Value) -> Result<Question, Box<dyn Error>> {
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or("a row lacks a text");
    let (mut solutions, mut right) = (Vec::new(), Vec::new());
    for model in MODELS {
        solutions.push(text(&row[model]["solution"])?);
        right.push(row[model]["is_correct"].as_bool().ok_or("a solution is not graded")?);
    }
    Ok(Question { text: text(&row["question"])?, solutions, right })
}

/// By model, how often it was right in these questions.
pub fn records(questions: &[Question], of: &[usize]) -> Vec<Record> {
    let judged = u32::try_from(of.len()).unwrap_or(u32::MAX);
    (0..MODELS.len())
        .map(|model| {
            let right = of.iter().filter(|at| questions[**at].right[model]).count();
            Record { right: u32::try_from(right).unwrap_or(u32::MAX), judged }
        })
        .collect()
}
