//! How often the consensus of several chains is right, and how far its confidence can be trusted, on four models' solutions to
//! 993 questions (`gsm8k-model-solutions`); and the coefficients it rests on.
//!
//! `DATA=… cargo run --release -p atr-workers --example consensus` prints the figures, `DATA` being `../shared/data` if it is not
//! set; the last line is one JSON object. Each question is judged by coefficients, and each model's track record, that were
//! counted on the other nine tenths of the questions. With `--fit` it prints the coefficients fitted on all of them, as
//! `workers/src/stages/verify/consensus/fitted.rs` has them.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

#[path = "../data/mod.rs"]
mod data;
mod figures;
mod fit;
mod solutions;

use std::{collections::BTreeMap, convert::Infallible, error::Error};

use atr_core::domain::agreement::{Bootstrap, Interval};
use atr_workers::stages::verify::consensus::weight::Coefficients;
use serde_json::json;

use self::{
    figures::{Judged, reliability},
    fit::{Cases, fit},
    solutions::{MODELS, Question, read, records},
};

/// Into so many parts the questions are split.
const FOLDS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let data = std::env::var("DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let questions = read(&data)?;
    let cases = Cases::of(&questions);
    let all: Vec<usize> = (0..questions.len()).collect();
    if std::env::args().any(|argument| argument == "--fit") {
        println!("{:#?}", fit(&cases, &all, &records(&questions, &all)));
        return Ok(());
    }
    let (blind, informed) = cross_fitted(&questions, &cases);
    let singles: Vec<f64> = (0..MODELS.len()).map(|model| share(&questions, |of| of.right[model])).collect();
    for (model, right) in MODELS.iter().zip(&singles) {
        println!("{model} alone {right:.3}");
    }
    println!("at least one right {:.3}", share(&questions, |of| of.right.contains(&true)));
    let best = singles.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(at, _)| at);
    let best: Vec<f64> = questions.iter().map(|of| f64::from(u8::from(of.right[best]))).collect();
    let mut figures = BTreeMap::new();
    for (name, judged) in [("blind", &blind), ("with each model's record", &informed)] {
        println!("\n{name}");
        reliability(judged);
    }
    println!();
    let mean =
        |of: &dyn Fn(usize) -> f64, drawn: &[usize]| drawn.iter().map(|at| of(*at)).sum::<f64>() / drawn.len() as f64;
    let mut told = |name: &str, figure: &dyn Fn(&[usize]) -> f64| {
        let Ok(found) = Bootstrap::default().interval(questions.len(), |drawn| Ok::<_, Infallible>(figure(drawn)));
        println!("{name}: {:.3} ({:.3} to {:.3})", found.value, found.low, found.high);
        figures.insert(name.to_owned(), found);
    };
    told("blind_accuracy", &|drawn| mean(&|at| blind[at].agreed, drawn));
    told("blind_majority", &|drawn| mean(&|at| blind[at].majority, drawn));
    told("blind_gain", &|drawn| mean(&|at| blind[at].agreed - blind[at].majority, drawn));
    told("record_accuracy", &|drawn| mean(&|at| informed[at].agreed, drawn));
    told("best_single", &|drawn| mean(&|at| best[at], drawn));
    told("record_gain", &|drawn| mean(&|at| informed[at].agreed - best[at], drawn));
    for (prefix, judged) in [("blind_", &blind), ("", &informed)] {
        told(&format!("{prefix}auroc"), &|drawn| figures::auroc(judged, drawn));
        told(&format!("{prefix}ece"), &|drawn| figures::ece(judged, drawn));
        told(&format!("{prefix}aurc"), &|drawn| figures::aurc(judged, drawn));
    }
    let told: BTreeMap<&String, _> = figures
        .iter()
        .map(|(name, of): (_, &Interval)| {
            (name, json!({ "value": of.value, "low": of.low, "high": of.high, "unit": "" }))
        })
        .collect();
    println!("{}", serde_json::to_string(&told)?);
    Ok(())
}

fn share(questions: &[Question], of: impl Fn(&Question) -> bool) -> f64 {
    questions.iter().filter(|question| of(question)).count() as f64 / questions.len() as f64
}

/// Each question judged by what the other folds tell, without and with the models' records.
fn cross_fitted(questions: &[Question], cases: &Cases) -> (Vec<Judged>, Vec<Judged>) {
    let folds: Vec<usize> = questions.iter().map(|question| question.fold(FOLDS)).collect();
    let (mut blind, mut informed) = (Vec::new(), Vec::new());
    let by: Vec<(Coefficients, _)> = (0..FOLDS)
        .map(|fold| {
            let rest: Vec<usize> = (0..questions.len()).filter(|at| folds[*at] != fold).collect();
            let records = records(questions, &rest);
            (fit(cases, &rest, &records), records)
        })
        .collect();
    for (question, fold) in questions.iter().zip(folds) {
        let (coefficients, records) = &by[fold];
        blind.push(Judged::of(question, None, coefficients));
        informed.push(Judged::of(question, Some(records), coefficients));
    }
    (blind, informed)
}
