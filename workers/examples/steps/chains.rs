//! Chains of steps that people judged, and what is found in them.

use std::error::Error;

use atr_workers::stages::score::logic::{FaultKind, Step, examine};
use atr_workers::stages::verify::consensus::final_answer;
use serde_json::Value;

use crate::data::rows;

/// A chain: what people said of it and what was found. Steps are counted from 0.
pub struct Chain {
    /// The first step with a mistake; none where all are right.
    pub first: Option<usize>,
    /// The step suspected first.
    pub suspect: Option<usize>,
    /// The first step with an equation that does not hold.
    pub arithmetic: Option<usize>,
    findings: usize,
}

impl Chain {
    /// Looks through a chain in which each step rests on the one before.
    #[expect(clippy::print_stdout, reason = "it shows what it was asked to show")]
    fn of(question: &str, steps: &[&str], conclusion: Option<&str>, first: Option<usize>) -> Self {
        let before: Vec<Vec<usize>> = (0..steps.len()).map(|at| at.checked_sub(1).into_iter().collect()).collect();
        let graph: Vec<Step> = steps.iter().zip(&before).map(|(text, rests_on)| Step { text, rests_on }).collect();
        let logic = examine(question, &graph, conclusion);
        if logic.first_suspect != first && !logic.findings.is_empty() && std::env::var_os("SHOW").is_some() {
            println!("  {question}\n  {steps:#?}\n  first mistake {first:?}, suspected {:?}", logic.first_suspect);
            logic.findings.iter().for_each(|found| println!("  {:?} {:?}: {}", found.kind, found.steps, found.reason));
        }
        let arithmetic = logic.findings.iter().find(|found| found.kind == FaultKind::WrongArithmetic);
        Self {
            first,
            suspect: logic.first_suspect,
            arithmetic: arithmetic.and_then(|found| found.steps.first().copied()),
            findings: logic.findings.len(),
        }
    }

    /// Whether anything was found in it.
    pub fn flagged(&self) -> bool {
        self.findings > 0
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or("")
}

fn steps(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn index(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|index| usize::try_from(index).ok())
}

/// Chains of one task of BIG-Bench Mistake (Gladys Tyen et al., 2024).
pub fn bbmistake(data: &str, task: &str) -> Result<Vec<Chain>, Box<dyn Error>> {
    let rows = rows(data, &format!("bbmistake/{task}.jsonl.gz"))?;
    let chain = |row: &Value| {
        Chain::of(text(row, "input"), &steps(&row["steps"]), row["answer"].as_str(), index(&row["mistake_index"]))
    };
    Ok(rows.iter().map(chain).collect())
}

/// Wrong solutions of MR-GSM8K (Zhongshen Zeng et al., 2023), which counts steps from 1.
pub fn mr_gsm8k(data: &str) -> Result<Vec<Chain>, Box<dyn Error>> {
    let rows = rows(data, "mr-gsm8k/mr_gsm8k.jsonl.gz")?;
    let chain = |row: &Value| {
        let first = index(&row["model_output_solution_first_error_step"]).and_then(|at| at.checked_sub(1));
        Chain::of(text(row, "question"), &steps(&row["model_output_steps"]), None, first)
    };
    Ok(rows.iter().map(chain).collect())
}

/// The solutions to GSM8K (Karl Cobbe et al., 2021) by four models that were graded right; a line is a step.
pub fn right_solutions(data: &str) -> Result<Vec<Chain>, Box<dyn Error>> {
    const MODELS: [&str; 4] = ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"];
    let rows = rows(data, "gsm8k-model-solutions/example_model_solutions.jsonl.gz")?;
    let mut chains = Vec::new();
    for row in &rows {
        for model in MODELS.iter().map(|model| &row[*model]).filter(|model| model["is_correct"] == true) {
            let solution = text(model, "solution");
            let steps: Vec<&str> = solution.lines().collect();
            chains.push(Chain::of(text(row, "question"), &steps, Some(final_answer(solution)), None));
        }
    }
    Ok(chains)
}
