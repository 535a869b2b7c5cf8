//! Of what a snapshot is made, as its curation counted it.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Deserialize;

use crate::console::{
    charts::{self, Share},
    fault::Fault,
};

/// How many values of an attribute are drawn; the rest are summed up.
const DRAWN: usize = 12;

/// What curation counted, as far as pages show it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Counted {
    /// Candidates that were kept.
    pub(super) kept: u64,
    /// The stages, in order.
    pub(super) stages: Vec<Stage>,
    /// Kept ones by tag: licences and publishers of facts among them.
    #[serde(default)]
    pub(super) tags: BTreeMap<String, u64>,
}

/// What a stage of curation did.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Stage {
    pub(super) stage: String,
    pub(super) entered: u64,
    pub(super) left: u64,
    #[serde(default)]
    after: Vec<Distribution>,
}

/// How many have which value of an attribute.
#[derive(Debug, Clone, Deserialize)]
struct Distribution {
    attribute: String,
    rows: BTreeMap<String, u64>,
    shares: BTreeMap<String, f64>,
    target: BTreeMap<String, f64>,
    divergence: f64,
}

/// An attribute, drawn and as a table.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: String,
    /// None where all have the same value.
    pub(super) svg: Option<String>,
    /// Value, rows, share of the weight, and the share that is aimed at; the largest first.
    pub(super) values: Vec<(String, u64, f64, Option<f64>)>,
    /// How far it is from what is aimed at, in bits.
    pub(super) divergence: Option<f64>,
}

/// What was counted of a snapshot; none before it is curated.
pub(super) fn counted(counts: Option<&serde_json::Value>) -> Result<Option<Counted>, Fault> {
    counts.map(|counts| serde_json::from_value(counts.clone()).map_err(|error| unreadable(&error))).transpose()
}

fn unreadable(error: &dyn std::fmt::Display) -> Fault {
    tracing::error!(%error, "what was counted of a snapshot could not be read or drawn");
    Fault::of(StatusCode::INTERNAL_SERVER_ERROR)
}

/// What is left after the last stage, by each attribute, and by licence.
pub(super) fn attributes(of: &Counted) -> Result<Vec<Attribute>, Fault> {
    let mut drawn = vec![];
    for by in of.stages.last().map(|last| last.after.as_slice()).unwrap_or_default() {
        let value = |(value, rows): (&String, &u64)| {
            let share = by.shares.get(value).copied().unwrap_or_default();
            (value.clone(), *rows, share, by.target.get(value).copied())
        };
        drawn.push(attribute(&by.attribute, by.rows.iter().map(value).collect(), Some(by.divergence))?);
    }
    let licence = |(tag, rows): (&String, &u64)| {
        let value = tag.strip_prefix("licence:")?;
        Some((value.to_owned(), *rows, *rows as f64 / of.kept.max(1) as f64, None))
    };
    let licences: Vec<_> = of.tags.iter().filter_map(licence).collect();
    if !licences.is_empty() {
        drawn.push(attribute("licence", licences, None)?);
    }
    Ok(drawn)
}

fn attribute(
    name: &str,
    mut values: Vec<(String, u64, f64, Option<f64>)>,
    divergence: Option<f64>,
) -> Result<Attribute, Fault> {
    values.sort_by(|one, other| other.2.total_cmp(&one.2));
    let bar = |(label, _, share, target): &(String, u64, f64, Option<f64>)| Share {
        label: label.clone(),
        share: *share,
        target: *target,
    };
    let svg = match values.len() {
        0 | 1 => None,
        _ => Some(charts::shares(&values.iter().take(DRAWN).map(bar).collect::<Vec<_>>())),
    };
    let svg = svg.transpose().map_err(|error| unreadable(&error))?;
    Ok(Attribute { name: name.replace('_', " "), svg, values, divergence })
}

#[cfg(test)]
mod tests {
    use atr_workers::stages::curate::{self, HeldOut, Input, Recipe};
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_pipeline_counts_of_nothing_can_be_read() {
        let input = Input { candidates: vec![], held_out: Vec::<HeldOut>::new() };
        let measured = curate::run(&Recipe::default(), &input).expect("a run").measures;
        let counted = counted(Some(&json!(measured))).expect("read").expect("counted");
        assert_eq!(counted.stages.len(), 8);
        assert!(attributes(&counted).is_ok());
    }
}
