//! The trained model: scoring, explaining, and its file.
//!
//! The file is `ATR-REWARD` and a line feed, a line of JSON (version, names, counts, the checksum of what follows) and
//! the numbers as little-endian 32-bit floats and words. The same model gives the same bytes.

mod file;

use crate::candidate::Candidate;
use crate::features::{self, Block, FEATURES_VERSION};
use crate::train::TrainMetrics;
use crate::train::encode::{Encoder, PER_DOMAIN};
use crate::train::logistic::{self, Weights};

pub use file::{Header, LoadError};

/// A trained reward model.
#[derive(Debug, Clone, PartialEq)]
pub struct RewardModel {
    header: Header,
    encoder: Encoder,
    /// Calibrated: their sum over a candidate's columns, and the bias, are the log-odds that it is true.
    weights: Vec<f32>,
    bias: f32,
}

/// What one feature contributed to a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The feature's name: `signal.agreement`, ``answer `perhaps` ``, `domain units`.
    pub feature: String,
    /// What it added to the log-odds that the answer is true.
    pub log_odds: f64,
}

impl RewardModel {
    pub(crate) fn assemble(
        bits: u32,
        mut encoder: Encoder,
        weights: Weights,
        (slope, offset): (f64, f64),
        metrics: &TrainMetrics,
        seed: u64,
    ) -> Self {
        // The calibration is folded into the weights: a score is then one sum, and a contribution is in log-odds.
        let calibrated = |w: &f64| (slope * w) as f32;
        // A bucket that ended without weight says nothing and is left out of the file.
        let hashed_from = encoder.mean.len() + PER_DOMAIN * encoder.domains.len();
        let mut kept: Vec<f32> = weights.columns[..hashed_from].iter().map(calibrated).collect();
        let mut column = hashed_from;
        for buckets in &mut encoder.buckets {
            buckets.retain(|_| {
                let weight = calibrated(&weights.columns[column]);
                column += 1;
                if weight != 0.0 {
                    kept.push(weight);
                }
                weight != 0.0
            });
        }
        let bias = (slope * weights.bias + offset) as f32;
        let header = Header::new(bits, &encoder, metrics, seed);
        Self { header, encoder, weights: kept, bias }
    }

    /// How likely the candidate's answer is true, from 0 to 1.
    pub fn score(&self, candidate: &Candidate<'_>) -> f64 {
        logistic::sigmoid(self.log_odds(candidate))
    }

    /// The same as log-odds.
    pub fn log_odds(&self, candidate: &Candidate<'_>) -> f64 {
        let features = features::extract(candidate, self.header.hash_bits);
        let mut sum = f64::from(self.bias);
        for (column, raw) in features.dense.iter().enumerate() {
            sum += self.encoder.standard(column, *raw) * f64::from(self.weights[column]);
        }
        self.encoder.sparse(candidate.domain, &features.dense, &features.hashed, |column, value| {
            sum += value * f64::from(self.weights[column]);
        });
        sum
    }

    /// The `most` features that moved the score most, the strongest first. Together with all others and the bias they
    /// add up to the log-odds.
    pub fn explain(&self, candidate: &Candidate<'_>, most: usize) -> Vec<Contribution> {
        let features = features::extract(candidate, self.header.hash_bits);
        let mut all: Vec<Contribution> = Vec::new();
        let mut put = |feature: String, log_odds: f64| {
            if log_odds != 0.0 {
                all.push(Contribution { feature, log_odds });
            }
        };
        for (column, (name, raw)) in features::dense_names().into_iter().zip(&features.dense).enumerate() {
            put(name.to_owned(), self.encoder.standard(column, *raw) * f64::from(self.weights[column]));
        }
        let hashed_from = self.encoder.mean.len() + PER_DOMAIN * self.encoder.domains.len();
        let mut domain = 0.0;
        let mut hashed = Vec::new();
        self.encoder.sparse(candidate.domain, &features.dense, &features.hashed, |column, value| {
            let contribution = value * f64::from(self.weights[column]);
            if column < hashed_from {
                domain += contribution;
            } else {
                hashed.push((column, contribution));
            }
        });
        put(format!("domain {}", candidate.domain), domain);
        let named = features::named_hashed(candidate, self.header.hash_bits);
        for (column, contribution) in hashed {
            let (block, bucket) = self.bucket_at(column - hashed_from);
            // Two words may share a bucket; either names it.
            let name = named.iter().find(|(b, at, _)| *b as usize == block && *at == bucket);
            put(name.map_or_else(|| "word".to_owned(), |(_, _, name)| name.clone()), contribution);
        }
        all.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()).then_with(|| a.feature.cmp(&b.feature)));
        all.truncate(most);
        all
    }

    /// The block and bucket of a hashed column.
    fn bucket_at(&self, mut at: usize) -> (usize, u32) {
        for (block, buckets) in self.encoder.buckets.iter().enumerate() {
            if let Some(bucket) = buckets.get(at) {
                return (block, *bucket);
            }
            at -= buckets.len();
        }
        (Block::Answer as usize, 0)
    }

    /// What the file says about the model: how it was trained and what was measured.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The model as a file.
    pub fn save(&self) -> Vec<u8> {
        file::write(&self.header, &self.encoder, &self.weights, self.bias)
    }

    /// Reads a model. Anything but a whole file of this version is an error that says what is wrong.
    pub fn load(bytes: &[u8]) -> Result<Self, LoadError> {
        let (header, encoder, weights, bias) = file::read(bytes)?;
        Ok(Self { header, encoder, weights, bias })
    }

    /// The version of the features that this build computes and its models rest on.
    pub const FEATURES_VERSION: u32 = FEATURES_VERSION;
}
