//! Figures and the intervals they lie in.

use std::{collections::BTreeMap, convert::Infallible};

use atr_core::domain::agreement::{Bootstrap, Interval};
use serde_json::json;

use crate::chains::Chain;

/// Figures by name, each with its percentile bootstrap interval (95 %) over chains.
#[derive(Default)]
pub struct Figures(BTreeMap<String, Interval>);

impl Figures {
    /// Notes and prints a figure of `chains`.
    #[expect(clippy::print_stdout, reason = "figures are what it is for")]
    pub fn note(&mut self, name: &str, chains: &[Chain], figure: &dyn Fn(&[&Chain]) -> f64) {
        let Ok(interval) = Bootstrap::default().interval(chains.len(), |drawn| {
            let drawn: Vec<&Chain> = drawn.iter().map(|at| &chains[*at]).collect();
            Ok::<_, Infallible>(figure(&drawn))
        });
        if interval.value.is_finite() {
            println!("  {name} {:.3} ({:.3} to {:.3})", interval.value, interval.low, interval.high);
            self.0.insert(name.to_owned(), interval);
        }
    }

    /// All of them as one JSON object.
    pub fn json(&self) -> serde_json::Result<String> {
        let told: BTreeMap<&String, _> = self
            .0
            .iter()
            .map(|(name, of)| (name, json!({ "value": of.value, "low": of.low, "high": of.high, "unit": "" })))
            .collect();
        serde_json::to_string(&told)
    }
}

/// Those of which something holds.
pub fn of<'a>(drawn: &[&'a Chain], holds: impl Fn(&Chain) -> bool) -> Vec<&'a Chain> {
    drawn.iter().copied().filter(|chain| holds(chain)).collect()
}

/// The share of which something holds; not a number where there are none.
pub fn share<T>(drawn: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    drawn.iter().filter(|one| holds(one)).count() as f64 / drawn.len() as f64
}

/// The F1 of "has a mistake", of counts expected where a chain is flagged with a chance.
pub fn f1(drawn: &[&Chain], chance: impl Fn(&Chain) -> f64) -> f64 {
    let (mut hits, mut flags, mut mistakes) = (0.0, 0.0, 0.0);
    for chain in drawn {
        let (flagged, mistaken) = (chance(chain), f64::from(u8::from(chain.first.is_some())));
        hits += flagged * mistaken;
        flags += flagged;
        mistakes += mistaken;
    }
    if mistakes > 0.0 { 2.0 * hits / (flags + mistakes) } else { f64::NAN }
}
