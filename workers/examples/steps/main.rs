//! How often the graph of steps names the first mistake of a chain of thought, and how often it sees one where there is none.
//!
//! `DATA=… cargo run -p atr-workers --example steps` prints the figures; `DATA` is `../shared/data` if it is not set. With `SHOW` set
//! it prints each chain of which it says something else than people did. The last line is one JSON object of figures.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

mod chains;
#[path = "../data/mod.rs"]
mod data;
mod figures;

use std::error::Error;

use self::{
    chains::{Chain, bbmistake, mr_gsm8k, right_solutions},
    figures::{Figures, f1, share},
};

/// The tasks of BIG-Bench Mistake. Nothing here was made for stacks of brackets, swaps of objects or the alphabet: those say how
/// much general checks find.
const TASKS: [&str; 5] =
    ["multistep_arithmetic", "logical_deduction", "dyck_languages", "tracking_shuffled_objects", "word_sorting"];

fn main() -> Result<(), Box<dyn Error>> {
    let data = std::env::var("DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let mut figures = Figures::default();
    for task in TASKS {
        mistakes(task, &bbmistake(&data, task)?, &mut figures);
    }
    wrong_solutions(&mr_gsm8k(&data)?, &mut figures);
    false_alarms(&right_solutions(&data)?, &mut figures);
    println!("{}", figures.json()?);
    Ok(())
}

/// Chains of which some have a mistake: is there one, and where is the first?
fn mistakes(task: &str, chains: &[Chain], figures: &mut Figures) {
    let count = |holds: &dyn Fn(&Chain) -> bool| chains.iter().filter(|chain| holds(chain)).count();
    println!("{task}: {} chains, {} with a mistake", chains.len(), count(&|c| c.first.is_some()));
    println!(
        "  mistake: flagged {}, not {}; none: flagged {}, not {}",
        count(&|c| c.first.is_some() && c.flagged()),
        count(&|c| c.first.is_some() && !c.flagged()),
        count(&|c| c.first.is_none() && c.flagged()),
        count(&|c| c.first.is_none() && !c.flagged()),
    );
    let has = |chain: &Chain| chain.first.is_some();
    let mut note =
        |name: &str, figure: &dyn Fn(&[&Chain]) -> f64| figures.note(&format!("{task}_{name}"), chains, figure);
    note("index_accuracy", &|drawn| share(drawn, |c| c.suspect == c.first));
    // What says the same of every chain and knows which index is the commonest.
    let commonest = (0..100).map(Some).chain([None]).max_by_key(|index| count(&|c| c.first == *index)).flatten();
    note("index_accuracy_commonest", &|drawn| share(drawn, |c| c.first == commonest));
    note("precision", &|drawn| share(&figures::of(drawn, Chain::flagged), |c| has(c)));
    note("recall", &|drawn| share(&figures::of(drawn, has), |c| c.flagged()));
    note("f1", &|drawn| f1(drawn, |c| f64::from(u8::from(c.flagged()))));
    note("f1_chance", &|drawn| {
        let rate = share(drawn, |c| has(c));
        f1(drawn, |_| rate)
    });
    note("f1_always", &|drawn| f1(drawn, |_| 1.0));
    if task.contains("arithmetic") {
        arithmetic(&format!("{task}_"), chains, figures);
    }
}

/// Where the first wrong equation stands beside the first mistake. `arithmetic_precision`: no earlier than it, in a chain that has
/// one; of later steps nobody said whether they are right. `arithmetic_at_first`: in that very step.
fn arithmetic(name: &str, chains: &[Chain], figures: &mut Figures) {
    let wrong = |drawn: &[&Chain]| -> Vec<(usize, Option<usize>)> {
        drawn.iter().filter_map(|c| Some((c.arithmetic?, c.first))).collect()
    };
    let all: Vec<&Chain> = chains.iter().collect();
    let found = wrong(&all);
    println!(
        "  first wrong equation: at the first mistake {}, after it {}, before it or where there is none {}",
        found.iter().filter(|(at, first)| Some(*at) == *first).count(),
        found.iter().filter(|(at, first)| first.is_some_and(|first| first < *at)).count(),
        found.iter().filter(|(at, first)| first.is_none_or(|first| first > *at)).count(),
    );
    figures.note(&format!("{name}arithmetic_precision"), chains, &|drawn| {
        share(&wrong(drawn), |(at, first)| first.is_some_and(|first| first <= *at))
    });
    figures.note(&format!("{name}arithmetic_at_first"), chains, &|drawn| {
        share(&wrong(drawn), |(at, first)| *first == Some(*at))
    });
    figures.note(&format!("{name}arithmetic_recall"), chains, &|drawn| {
        let mistaken: Vec<&Chain> = figures::of(drawn, |c: &Chain| c.first.is_some());
        share(&mistaken, |c| c.arithmetic.is_some())
    });
}

/// Solutions that all have a mistake, most of them in what was computed and not how.
fn wrong_solutions(chains: &[Chain], figures: &mut Figures) {
    println!("mr_gsm8k: {} wrong solutions", chains.len());
    figures.note("mr_gsm8k_recall", chains, &|drawn| share(drawn, |c| c.flagged()));
    figures.note("mr_gsm8k_index_accuracy", chains, &|drawn| share(drawn, |c| c.suspect == c.first));
    figures.note("mr_gsm8k_precision_of_first", chains, &|drawn| {
        share(&figures::of(drawn, Chain::flagged), |c| c.suspect == c.first)
    });
    arithmetic("", chains, figures);
}

/// Solutions with the right answer: what is found in them is a false alarm, as far as a right answer means right steps.
fn false_alarms(chains: &[Chain], figures: &mut Figures) {
    println!(
        "gsm8k-model-solutions: {} right solutions, {} with a finding, {} with a wrong equation",
        chains.len(),
        chains.iter().filter(|c| c.flagged()).count(),
        chains.iter().filter(|c| c.arithmetic.is_some()).count()
    );
    figures.note("right_solutions_flagged", chains, &|drawn| share(drawn, |c| c.flagged()));
    figures.note("right_solutions_wrong_arithmetic", chains, &|drawn| share(drawn, |c| c.arithmetic.is_some()));
}
