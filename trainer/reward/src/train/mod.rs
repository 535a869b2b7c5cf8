//! Training: rows in, a calibrated model out.
//!
//! A logistic regression with a Gaussian prior. How strong the prior is, and how loud the hashed words may speak, is
//! chosen by cross-validation on question groups; the same out-of-fold scores calibrate the model (Platt).

mod calibrate;
pub(crate) mod encode;
mod lbfgs;
pub(crate) mod logistic;
mod select;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::features;
use crate::metrics;
use crate::model::RewardModel;
use crate::rows::Example;
use encode::Encoder;

/// What can be set from outside; everything has a default that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Parts of the cross-validation, 2 to 20.
    pub folds: usize,
    /// The strength of the prior; chosen by cross-validation where it is not set.
    pub l2: Option<f64>,
    /// How loud hashed words speak, 0 being silent; chosen by cross-validation where it is not set.
    pub hashed_scale: Option<f64>,
    /// Words are hashed into 2^`hash_bits` buckets, 8 to 24.
    pub hash_bits: u32,
    /// A word must occur in at least this many question groups to get a weight.
    pub min_groups: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { folds: 5, l2: None, hashed_scale: None, hash_bits: 18, min_groups: 2 }
    }
}

impl Settings {
    /// Refuses values outside their bounds, by name.
    pub fn check(&self) -> Result<(), TrainError> {
        let refuse = |name: &'static str, wanted: &'static str| Err(TrainError::Setting { name, wanted });
        if !(2..=20).contains(&self.folds) {
            return refuse("folds", "a whole number from 2 to 20");
        }
        if self.l2.is_some_and(|v| !(v.is_finite() && v > 0.0)) {
            return refuse("l2", "a positive number");
        }
        if self.hashed_scale.is_some_and(|v| !(0.0..=100.0).contains(&v)) {
            return refuse("hashed_scale", "a number from 0 to 100");
        }
        if !(8..=24).contains(&self.hash_bits) {
            return refuse("hash_bits", "a whole number from 8 to 24");
        }
        if self.min_groups == 0 {
            return refuse("min_groups", "a whole number from 1");
        }
        Ok(())
    }
}

/// Why no model could be trained. Each says what to do.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum TrainError {
    /// There is nothing to learn from.
    #[error("there are no reward rows to train on: settle reviews first, then take a new snapshot")]
    NoRows,
    /// Nothing can be told apart.
    #[error(
        "all {rows} reward rows are labelled {label}: a reward model needs right and wrong answers, so settle reviews \
         of both"
    )]
    OneClass {
        /// How many rows there are.
        rows: usize,
        /// The label they share.
        label: bool,
    },
    /// A hyperparameter is out of its bounds.
    #[error("the hyperparameter `{name}` must be {wanted}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
}

/// How far training has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// All steps.
    pub steps: usize,
    /// The loss of the fit under way, for each row.
    pub loss: f64,
}

/// What training found out about its own model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TrainMetrics {
    /// AUROC of out-of-fold scores, folds by question; null with fewer than two groups or one class in all folds.
    pub cv_auroc: Option<f64>,
    /// Log-loss of the calibrated out-of-fold probabilities.
    pub cv_log_loss: Option<f64>,
    /// Share of questions with several answers whose best-scored answer, out of fold, is right.
    pub cv_pick_accuracy: Option<f64>,
    /// Log-loss of the finished model on the rows it was trained on.
    pub train_log_loss: f64,
    /// The strength of the prior that was used.
    pub l2: f64,
    /// The loudness of hashed words that was used.
    pub hashed_scale: f64,
    /// Rows trained on.
    pub rows: usize,
    /// Question groups trained on.
    pub groups: usize,
}

/// The work between two reports of progress, in numbers read: a few hundredths of a second.
const REPORT_EVERY: usize = 8_000_000;

/// Reports progress by work done, not by the clock, so that a run says the same each time.
pub(crate) struct Reporter<'a> {
    each: &'a mut dyn FnMut(Progress),
    step: usize,
    steps: usize,
    since: usize,
    loss: f64,
}

impl Reporter<'_> {
    fn work(&mut self, numbers: usize, loss: f64) {
        self.loss = loss;
        self.since += numbers;
        if self.since >= REPORT_EVERY {
            self.report();
        }
    }

    fn fitted(&mut self) {
        self.step += 1;
        self.report();
    }

    fn report(&mut self) {
        self.since = 0;
        (self.each)(Progress { step: self.step, steps: self.steps, loss: self.loss });
    }
}

/// Trains a model. The same rows, settings and seed give the same bytes, whatever the order of the rows.
pub fn train(
    mut examples: Vec<Example>,
    settings: &Settings,
    seed: u64,
    progress: &mut dyn FnMut(Progress),
) -> Result<(RewardModel, TrainMetrics), TrainError> {
    settings.check()?;
    let first = examples.first().ok_or(TrainError::NoRows)?.label;
    if examples.iter().all(|e| e.label == first) {
        return Err(TrainError::OneClass { rows: examples.len(), label: first });
    }
    examples.sort_by(|a, b| (&a.group, &a.row).cmp(&(&b.group, &b.row)));
    let examples: Vec<&Example> = examples.iter().collect();
    let labels: Vec<bool> = examples.iter().map(|e| e.label).collect();
    let weights: Vec<f64> = examples.iter().map(|e| e.weight).collect();
    let groups = group_numbers(&examples);
    let group_count = groups.last().map_or(0, |g| g + 1);

    let crossed = crossed_columns();
    let grid = select::Grid::of(settings, examples.len(), group_count);
    let steps = grid.fits() + 1;
    let mut reporter = Reporter { each: progress, step: 0, steps, since: 0, loss: f64::NAN };
    let rows = select::Rows { examples: &examples, labels: &labels, groups: &groups, crossed };
    let choice = select::choose(&rows, settings, &grid, seed, &mut reporter);
    let platt = choice.platt;

    let encoder = Encoder::learn(&examples, settings.min_groups, crossed);
    let matrix = encoder.encode(&examples);
    let scale = select::scales(&encoder, choice.hashed_scale);
    let fitted = logistic::fit(&matrix, &labels, &weights, choice.l2, &scale, None, |n, loss| reporter.work(n, loss));
    reporter.fitted();

    let calibrated = |z: &f64| logistic::sigmoid(platt.slope * z + platt.offset);
    let trained: Vec<f64> = logistic::margins(&matrix, &fitted).iter().map(calibrated).collect();
    let picks = pick_groups(&choice.scores, &labels, &groups);
    let metrics = TrainMetrics {
        cv_auroc: metrics::auroc(&choice.scores, &labels).filter(|_| choice.scored),
        cv_log_loss: metrics::log_loss(&choice.scores.iter().map(calibrated).collect::<Vec<_>>(), &labels)
            .filter(|_| choice.scored),
        cv_pick_accuracy: metrics::pick_accuracy(&picks).filter(|_| choice.scored),
        train_log_loss: metrics::log_loss(&trained, &labels).unwrap_or(f64::NAN),
        l2: choice.l2,
        hashed_scale: choice.hashed_scale,
        rows: examples.len(),
        groups: group_count,
    };
    let model = RewardModel::assemble(settings.hash_bits, encoder, fitted, (platt.slope, platt.offset), &metrics, seed);
    Ok((model, metrics))
}

/// The number of each row's group; rows of a group are side by side.
fn group_numbers(examples: &[&Example]) -> Vec<usize> {
    let mut numbers = Vec::with_capacity(examples.len());
    let mut number = 0;
    for (i, example) in examples.iter().enumerate() {
        number += usize::from(i > 0 && examples[i - 1].group != example.group);
        numbers.push(number);
    }
    numbers
}

/// Questions with more than one answer, for the share of right picks.
fn pick_groups(scores: &[f64], labels: &[bool], groups: &[usize]) -> Vec<Vec<metrics::Scored>> {
    let mut by_group: BTreeMap<usize, Vec<metrics::Scored>> = BTreeMap::new();
    for ((score, right), group) in scores.iter().zip(labels).zip(groups) {
        by_group.entry(*group).or_default().push(metrics::Scored { score: *score, right: *right });
    }
    by_group.into_values().filter(|g| g.len() > 1).collect()
}

/// Where the features stand that have a weight in each field.
pub(crate) fn crossed_columns() -> [usize; 2] {
    let names = features::dense_names();
    let at = |name: &str| names.iter().position(|n| *n == name).unwrap_or(0);
    [at("signal.agreement"), at("signal.mean_logprob")]
}
