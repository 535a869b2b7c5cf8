//! Where a dissenting chain parts ways with the one that stands for the agreed answer.
//!
//! Steps of the two meet where they come to the same value; where neither computes, where they are worded alike. The longest
//! common subsequence of such meetings is the way both went: chains that compute in another order and come together again have
//! not parted. They part after the last meeting.

pub use atr_core::domain::judgement::Parting;
use serde::Serialize;

use super::chain::{Read, ReadStep, same};

/// Two steps without results say the same from this share of common words on (Jaccard).
const ALIKE: f64 = 0.5;

/// Where and how a dissenter parts ways.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Divergence {
    /// The dissenter, by index.
    pub chain: usize,
    /// Its first step that parts, from 0; none where it has no step beyond the last meeting.
    pub step: Option<usize>,
    /// The step of the representative that stands against it; none where that has none left.
    pub representative_step: Option<usize>,
    /// How they part.
    pub parting: Parting,
    /// Why, in words; steps are counted from 1.
    pub reason: String,
}

impl Divergence {
    /// Compares a dissenter with the representative.
    pub(super) fn find(chain: usize, dissenter: &Read<'_>, representative: &Read<'_>) -> Self {
        let (mine, other) = (&dissenter.steps, &representative.steps);
        let (met_mine, met_other) = meeting(mine, other).map_or((0, 0), |(a, b)| (a + 1, b + 1));
        let step = (met_mine < mine.len()).then_some(met_mine);
        let representative_step = (met_other < other.len()).then_some(met_other);
        let (parting, reason) = match (step, representative_step) {
            (Some(at), Some(against)) => match (mine[at].results.last(), other[against].results.last()) {
                (Some(value), Some(beside)) => (
                    Parting::OtherResult,
                    format!("step {} comes to {value}, step {} of the agreed chain to {beside}", at + 1, against + 1),
                ),
                (Some(value), None) => (
                    Parting::OtherResult,
                    format!("step {} comes to {value}, step {} of the agreed chain to no value", at + 1, against + 1),
                ),
                _ => (
                    Parting::OtherWords,
                    format!("step {} says something else than step {} of the agreed chain", at + 1, against + 1),
                ),
            },
            (Some(at), None) => (
                Parting::GoesOn,
                match mine[at].results.last() {
                    Some(value) => format!("step {} goes on to {value} where the agreed chain ends", at + 1),
                    None => format!("step {} goes on where the agreed chain ends", at + 1),
                },
            ),
            (None, Some(against)) => (
                Parting::StopsShort,
                match other[against].results.last() {
                    Some(value) => {
                        format!("it ends before step {} of the agreed chain, which comes to {value}", against + 1)
                    }
                    None => format!("it ends before step {} of the agreed chain", against + 1),
                },
            ),
            (None, None) => (Parting::OtherConclusion, "no step differs; only the conclusion does".to_owned()),
        };
        Self { chain, step, representative_step, parting, reason }
    }
}

/// The last pair of the longest common subsequence of steps that meet; of several as long the one that comes first in both.
fn meeting(mine: &[ReadStep], other: &[ReadStep]) -> Option<(usize, usize)> {
    // By the ends of both so far: how long the way they share is, and where they last met on it.
    let width = other.len() + 1;
    let mut best: Vec<(usize, Option<(usize, usize)>)> = vec![(0, None); (mine.len() + 1) * width];
    for a in 0..mine.len() {
        for b in 0..other.len() {
            let (above, before, diagonal) = (best[a * width + b + 1], best[(a + 1) * width + b], best[a * width + b]);
            let mut longest = if above.0 >= before.0 { above } else { before };
            if diagonal.0 + 1 > longest.0 && meet(&mine[a], &other[b]) {
                longest = (diagonal.0 + 1, Some((a, b)));
            }
            best[(a + 1) * width + b + 1] = longest;
        }
    }
    best.last().and_then(|of| of.1)
}

fn meet(a: &ReadStep, b: &ReadStep) -> bool {
    if a.results.is_empty() && b.results.is_empty() {
        return alike(&a.stems, &b.stems) >= ALIKE;
    }
    a.results.iter().any(|one| b.results.iter().any(|other| same(*one, *other)))
}

/// The share of two sorted lists' words that both have.
fn alike(a: &[String], b: &[String]) -> f64 {
    let common = a.iter().filter(|word| b.binary_search(word).is_ok()).count();
    let all = a.len() + b.len() - common;
    if all == 0 { 1.0 } else { common as f64 / all as f64 }
}
