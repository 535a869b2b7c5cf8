//! Noisy experts, simulated: how often their consensus is right where each counts as far as they are reliable, and where each
//! counts as one.
//!
//! Eight experts judge 400 answers, 0.44 of them wrong. Each expert finds a wrong answer wrong with a chance drawn evenly from
//! 0.55 to 0.95, and a right one right with another such chance. Two or three experts, drawn evenly, judge each answer; in
//! addition all judge twenty gold items, whose truth is known and which are not counted. With two experts a majority may be
//! none: it then counts as right half the time, as where a coin decides.

use std::{collections::BTreeMap, convert::Infallible, error::Error};

use atr_core::domain::agreement::{Bootstrap, Interval, Ratings};
use rand::{RngExt as _, SeedableRng as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;

use crate::Figures;

const EXPERTS: usize = 8;
const ANSWERS: usize = 400;
const GOLD: usize = 20;
const WRONG: f64 = 0.44;

/// The share of answers that each consensus has right, over seeds; intervals draw the seeds anew.
pub fn measure(seeds: u64, figures: &mut Figures) -> Result<(), Box<dyn Error>> {
    let runs: Vec<(f64, f64)> = (0..seeds).map(once).collect::<Result<_, _>>()?;
    for (name, of) in [
        ("reliability_accuracy", (|run| run.0) as fn(&(f64, f64)) -> f64),
        ("majority_accuracy", |run| run.1),
        ("reliability_gain", |run| run.0 - run.1),
    ] {
        let mean = |drawn: &[usize]| Ok(drawn.iter().map(|at| of(&runs[*at])).sum::<f64>() / drawn.len() as f64);
        let Ok::<Interval, Infallible>(found) = Bootstrap::default().interval(runs.len(), mean);
        println!("{name}: {:.3} ({:.3} to {:.3})", found.value, found.low, found.high);
        figures.insert(name.to_owned(), found);
    }
    Ok(())
}

fn once(seed: u64) -> Result<(f64, f64), Box<dyn Error>> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    // By expert, how often a right answer and how often a wrong one is seen to be what it is.
    let experts: Vec<[f64; 2]> =
        (0..EXPERTS).map(|_| [chance.random_range(0.55..0.95), chance.random_range(0.55..0.95)]).collect();
    let wrong: Vec<bool> = (0..ANSWERS + GOLD).map(|_| chance.random::<f64>() < WRONG).collect();
    let mut given = Vec::new();
    for (answer, wrong) in wrong.iter().enumerate() {
        let judges = if answer < ANSWERS { chance.random_range(2..=3) } else { EXPERTS };
        let mut drawn: Vec<usize> = (0..EXPERTS).collect();
        drawn.shuffle(&mut chance);
        for expert in &drawn[..judges] {
            let sees = chance.random::<f64>() < experts[*expert][usize::from(*wrong)];
            given.push((answer, *expert, *wrong == sees));
        }
    }
    let ratings = Ratings::over(&[false, true], given)?;
    let gold: BTreeMap<usize, bool> = (ANSWERS..ANSWERS + GOLD).map(|answer| (answer, wrong[answer])).collect();
    let weighed = ratings.dawid_skene(&gold)?;
    let (mut by_reliability, mut by_majority) = (0.0, 0.0);
    let votes = ratings.majority();
    for (at, answer) in ratings.units().iter().enumerate().filter(|(_, answer)| **answer < ANSWERS) {
        by_reliability += f64::from(u8::from(weighed.consensus[at].label == wrong[*answer]));
        by_majority += votes[at].label.map_or(0.5, |label| f64::from(u8::from(label == wrong[*answer])));
    }
    Ok((by_reliability / ANSWERS as f64, by_majority / ANSWERS as f64))
}
