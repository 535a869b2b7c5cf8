//! How many wrong answers the weekly review finds in its first fifth, in simulated weeks over answers that people graded; and
//! how often noisy experts' consensus is right, by who is reliable and by majority.
//!
//! `DATA=… SEEDS=40 cargo run -p atr-workers --example routing` prints the figures; `DATA` is `../shared/data` if it is not set.
//! The last line is one JSON object of figures.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

mod answers;
#[path = "../data/mod.rs"]
mod data;
mod reliability;
mod weeks;

use std::{collections::BTreeMap, convert::Infallible, error::Error};

use atr_core::domain::agreement::{Bootstrap, Interval};
use serde_json::json;

use self::{
    answers::{Answers, expertqa, gsm8k},
    weeks::{Order, first_fifth},
};

type Figures = BTreeMap<String, Interval>;

fn main() -> Result<(), Box<dyn Error>> {
    let data = std::env::var("DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let seeds: u64 = std::env::var("SEEDS").unwrap_or_else(|_| "40".to_owned()).parse()?;
    let mut figures = Figures::new();
    routing("", &gsm8k(&data)?, seeds, &mut figures);
    routing("expertqa_", &expertqa(&data)?, seeds, &mut figures);
    reliability::measure(seeds, &mut figures)?;
    let told: BTreeMap<&String, _> = figures
        .iter()
        .map(|(name, of)| (name, json!({ "value": of.value, "low": of.low, "high": of.high, "unit": "" })))
        .collect();
    println!("{}", serde_json::to_string(&told)?);
    Ok(())
}

/// Wrong answers found in the first fifth of the items, beside what chance finds and beside other orders. The interval draws
/// the items anew (percentile bootstrap), each with how often the seeds chose it.
fn routing(name: &str, answers: &Answers, seeds: u64, figures: &mut Figures) {
    let wrong: Vec<f64> = answers.wrong.iter().map(|wrong| f64::from(u8::from(*wrong))).collect();
    let share = wrong.iter().sum::<f64>() / wrong.len() as f64;
    println!("{}: {} answers, {share:.3} of them wrong", answers.name, wrong.len());
    let chosen = |order| {
        let mut chosen = vec![0.0; wrong.len()];
        let mut found = Vec::new();
        for seed in 0..seeds {
            let first = first_fifth(answers, order, seed);
            found.push(first.iter().map(|at| wrong[*at]).sum::<f64>() / first.len() as f64 / share);
            first.iter().for_each(|at| chosen[*at] += 1.0 / seeds as f64);
        }
        found.sort_by(f64::total_cmp);
        (chosen, found)
    };
    let precision = |chosen: &[f64], drawn: &[usize]| {
        let of = |value: &dyn Fn(usize) -> f64| drawn.iter().map(|at| value(*at)).sum::<f64>();
        of(&|at| chosen[at] * wrong[at]) / of(&|at| chosen[at])
    };
    let random = |drawn: &[usize]| drawn.iter().map(|at| wrong[*at]).sum::<f64>() / drawn.len() as f64;
    let interval = |figure: &dyn Fn(&[usize]) -> f64| {
        let Ok(interval) = Bootstrap::default().interval(wrong.len(), |drawn| Ok::<_, Infallible>(figure(drawn)));
        interval
    };
    let (product, _) = told_of("routing", chosen(Order::Routing), &|chosen| {
        interval(&|drawn| precision(chosen, drawn) / random(drawn))
    });
    figures.insert(format!("{name}found_vs_random"), interval(&|drawn| precision(&product, drawn) / random(drawn)));
    for (order, beside) in
        [(Order::Uncertainty, "uncertainty"), (Order::Previous, "previous_rule"), (Order::Agreement, "agreement")]
    {
        let (other, _) =
            told_of(beside, chosen(order), &|chosen| interval(&|drawn| precision(chosen, drawn) / random(drawn)));
        figures.insert(
            format!("{name}found_vs_{beside}"),
            interval(&|drawn| precision(&product, drawn) / precision(&other, drawn)),
        );
    }
}

/// Says what an order finds beside chance.
fn told_of(
    order: &str,
    (chosen, found): (Vec<f64>, Vec<f64>),
    interval: &dyn Fn(&[f64]) -> Interval,
) -> (Vec<f64>, Interval) {
    let of = interval(&chosen);
    let (least, most) = (found.first().copied().unwrap_or(0.0), found.last().copied().unwrap_or(0.0));
    println!(
        "  {order:<14} {:.3} × chance ({:.3} to {:.3}); by seed {least:.3} to {most:.3}",
        of.value, of.low, of.high
    );
    (chosen, of)
}
