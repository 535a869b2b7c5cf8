//! Choosing how strong the prior is and how loud hashed words are, by cross-validation on question groups.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::calibrate::Platt;
use super::encode::{Encoder, Matrix};
use super::logistic::{self, Weights};
use super::{Reporter, Settings};
use crate::metrics;
use crate::rows::Example;

/// Below this many groups a cross-validation says nothing, and the defaults stand.
const MIN_GROUPS: usize = 10;
/// Where nothing was chosen these are used; the search for the loudness of words starts from the first.
const DEFAULT_L2: f64 = 10.0;
const DEFAULT_HASHED_SCALE: f64 = 2.0;
/// From this many rows on, a strong prior is never best, three folds say enough, and time counts.
const LARGE: usize = 5_000;

/// What is tried: first every loudness under the default prior, then every prior at the best loudness.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grid {
    /// Strengths of the prior.
    l2: Vec<f64>,
    /// Loudnesses of hashed words.
    hashed_scale: Vec<f64>,
    /// Parts of each cross-validation.
    folds: usize,
    /// Cross-validations, each with folds of its own.
    repeats: usize,
}

impl Grid {
    pub(crate) fn of(settings: &Settings, rows: usize, groups: usize) -> Self {
        let one = |value: Option<f64>, tried: &[f64]| value.map_or_else(|| tried.to_vec(), |value| vec![value]);
        let large = rows > LARGE;
        Self {
            l2: one(settings.l2, if large { &[3.0, 10.0, 30.0] } else { &[3.0, 10.0, 30.0, 100.0, 300.0] }),
            hashed_scale: one(settings.hashed_scale, &[0.0, 1.0, 2.0, 4.0]),
            folds: if large { settings.folds.min(3) } else { settings.folds }.min(groups),
            // Few questions fall into folds by luck; several deals even it out.
            repeats: match rows {
                _ if groups < MIN_GROUPS => 0,
                0..=1_500 => 3,
                _ => 1,
            },
        }
    }

    /// How many models are fitted to choose.
    pub fn fits(&self) -> usize {
        self.folds * self.repeats * (self.hashed_scale.len() + self.l2.len() - 1)
    }

    /// The prior under which loudness is chosen.
    fn first_l2(&self) -> f64 {
        if self.l2.contains(&DEFAULT_L2) { DEFAULT_L2 } else { self.l2[0] }
    }
}

/// What was chosen, and the out-of-fold scores it gave.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    /// The strength of the prior.
    pub l2: f64,
    /// The loudness of hashed words.
    pub hashed_scale: f64,
    /// For each row the mean of its out-of-fold scores, as log-odds.
    pub scores: Vec<f64>,
    /// Whether there was a cross-validation at all.
    pub scored: bool,
    /// Makes scores probabilities.
    pub platt: Platt,
}

/// The scale of each column: hashed words speak as loud as they were set.
pub(crate) fn scales(encoder: &Encoder, hashed_scale: f64) -> Vec<f64> {
    let hashed: usize = encoder.buckets.iter().map(Vec::len).sum();
    let mut scales = vec![1.0; encoder.columns() - hashed];
    scales.resize(encoder.columns(), hashed_scale);
    scales
}

/// Deals groups to folds: groups with many right answers are spread evenly.
fn deal(labels: &[bool], groups: &[usize], folds: usize, seed: u64) -> Vec<usize> {
    let count = groups.last().map_or(0, |g| g + 1);
    let (mut right, mut rows) = (vec![0usize; count], vec![0usize; count]);
    for (label, group) in labels.iter().zip(groups) {
        right[*group] += usize::from(*label);
        rows[*group] += 1;
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    order.sort_by_key(|g| right[*g] * 4 / rows[*g].max(1));
    let mut fold = vec![0; count];
    for (place, group) in order.into_iter().enumerate() {
        fold[group] = place % folds.max(1);
    }
    groups.iter().map(|g| fold[*g]).collect()
}

struct Part {
    matrix: Matrix,
    labels: Vec<bool>,
    weights: Vec<f64>,
    held: Matrix,
    held_rows: Vec<usize>,
    encoder: Encoder,
}

/// Rows to choose by: labels and the number of each row's group, all in the order of the examples.
pub(crate) struct Rows<'a> {
    pub examples: &'a [&'a Example],
    pub labels: &'a [bool],
    pub groups: &'a [usize],
    pub crossed: [usize; 2],
}

pub(crate) fn choose(
    rows: &Rows<'_>,
    settings: &Settings,
    grid: &Grid,
    seed: u64,
    reporter: &mut Reporter<'_>,
) -> Choice {
    if grid.repeats == 0 {
        let only = |tried: &[f64], otherwise| if let [one] = tried { *one } else { otherwise };
        return Choice {
            l2: only(&grid.l2, DEFAULT_L2),
            hashed_scale: only(&grid.hashed_scale, DEFAULT_HASHED_SCALE),
            scores: vec![0.0; rows.examples.len()],
            scored: false,
            platt: Platt::IDENTITY,
        };
    }
    let first: Vec<(f64, f64)> = grid.hashed_scale.iter().map(|scale| (grid.first_l2(), *scale)).collect();
    let mut tried = cross_validate(rows, settings, grid, &first, seed, reporter);
    let hashed_scale = best(&tried, rows.labels).map_or(DEFAULT_HASHED_SCALE, |t| t.hashed_scale);
    let rest = grid.l2.iter().filter(|l2| **l2 != grid.first_l2());
    let then: Vec<(f64, f64)> = rest.map(|l2| (*l2, hashed_scale)).collect();
    tried.extend(cross_validate(rows, settings, grid, &then, seed, reporter));
    let chosen = best(&tried, rows.labels).cloned();
    let Tried { l2, hashed_scale, scores } =
        chosen.unwrap_or_else(|| Tried { l2: DEFAULT_L2, hashed_scale, scores: vec![0.0; rows.examples.len()] });
    let platt = Platt::fit(&scores, rows.labels);
    Choice { l2, hashed_scale, scores, scored: true, platt }
}

#[derive(Clone)]
struct Tried {
    l2: f64,
    hashed_scale: f64,
    scores: Vec<f64>,
}

/// The pair whose out-of-fold scores lose least; of equals the first.
fn best<'a>(tried: &'a [Tried], labels: &[bool]) -> Option<&'a Tried> {
    let loss = |tried: &Tried| {
        let probabilities: Vec<f64> = tried.scores.iter().map(|z| logistic::sigmoid(*z)).collect();
        metrics::log_loss(&probabilities, labels).unwrap_or(f64::INFINITY)
    };
    tried.iter().map(|t| (t, loss(t))).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(t, _)| t)
}

/// The out-of-fold scores of each pair of prior and loudness. One part is in memory at a time.
fn cross_validate(
    rows: &Rows<'_>,
    settings: &Settings,
    grid: &Grid,
    pairs: &[(f64, f64)],
    seed: u64,
    reporter: &mut Reporter<'_>,
) -> Vec<Tried> {
    let empty = |(l2, hashed_scale): &(f64, f64)| Tried {
        l2: *l2,
        hashed_scale: *hashed_scale,
        scores: vec![0.0; rows.examples.len()],
    };
    let mut tried: Vec<Tried> = pairs.iter().map(empty).collect();
    if tried.is_empty() {
        return tried;
    }
    for repeat in 0..grid.repeats {
        let folds = deal(rows.labels, rows.groups, grid.folds, seed.wrapping_add(repeat as u64));
        for fold in 0..grid.folds {
            let part = part(rows.examples, &folds, fold, settings, rows.crossed);
            // From the strongest prior on, each fit starts where the last one ended.
            let mut last: Option<Weights> = None;
            for tried in tried.iter_mut().rev() {
                let scale = scales(&part.encoder, tried.hashed_scale);
                let each = |numbers, loss| reporter.work(numbers, loss);
                let fitted =
                    logistic::fit(&part.matrix, &part.labels, &part.weights, tried.l2, &scale, last.as_ref(), each);
                let margins = logistic::margins(&part.held, &fitted);
                for (row, z) in part.held_rows.iter().zip(margins) {
                    tried.scores[*row] += z / grid.repeats as f64;
                }
                last = Some(fitted);
                reporter.fitted();
            }
        }
    }
    tried
}

fn part(examples: &[&Example], folds: &[usize], fold: usize, settings: &Settings, crossed: [usize; 2]) -> Part {
    let rows = |inside: bool| (0..examples.len()).filter(move |i| (folds[*i] == fold) == inside);
    let kept: Vec<&Example> = rows(false).map(|i| examples[i]).collect();
    let held_rows: Vec<usize> = rows(true).collect();
    let held: Vec<&Example> = held_rows.iter().map(|i| examples[*i]).collect();
    let encoder = Encoder::learn(&kept, settings.min_groups, crossed);
    Part {
        matrix: encoder.encode(&kept),
        labels: kept.iter().map(|e| e.label).collect(),
        weights: kept.iter().map(|e| e.weight).collect(),
        held: encoder.encode(&held),
        held_rows,
        encoder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_never_split_between_folds() {
        let groups: Vec<usize> = (0..40).map(|i| i / 4).collect();
        let labels: Vec<bool> = (0..40).map(|i| i % 3 == 0).collect();
        let folds = deal(&labels, &groups, 5, 7);
        assert!(folds.chunks(4).all(|rows| rows.iter().all(|f| *f == rows[0])));
        assert!((0..5).all(|fold| folds.iter().filter(|f| **f == fold).count() == 8), "folds are of equal size");
        assert_eq!(folds, deal(&labels, &groups, 5, 7), "the same seed deals the same folds");
        assert_ne!(folds, deal(&labels, &groups, 5, 8));
    }
}
