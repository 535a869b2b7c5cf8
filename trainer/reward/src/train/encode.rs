//! From features to numbers that one penalty suits: dense values standardised, hashed blocks of unit length, words of
//! a single question left out, fields of few questions left out.

use std::collections::BTreeMap;

use crate::features::BLOCKS;
use crate::rows::Example;

/// A field with fewer questions than this gets no weights of its own.
const MIN_DOMAIN_GROUPS: usize = 4;
/// The weights each field has: on its own, with agreement, with the mean log-probability.
pub(crate) const PER_DOMAIN: usize = 3;
/// How much less a field's own weights may say than what holds in all fields.
const DOMAIN_SCALE: f64 = 0.5;
/// Missing and very rare values may not be pulled further than this many standard deviations.
pub(crate) const CLAMP: f64 = 4.0;

/// How raw features become columns. Learned from the training rows alone, so that what is held back stays unseen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Encoder {
    pub mean: Vec<f32>,
    /// One over the standard deviation; 0 for a feature that never varies.
    pub inverse: Vec<f32>,
    /// Fields with weights of their own, ascending.
    pub domains: Vec<String>,
    /// For each block the buckets kept, ascending.
    pub buckets: Vec<Vec<u32>>,
    /// Where agreement and the mean log-probability stand among the dense features.
    pub crossed: [usize; 2],
}

/// Rows as columns: a dense part of equal width, and pairs of column and value for the rest.
pub(crate) struct Matrix {
    pub width: usize,
    pub columns: usize,
    pub dense: Vec<f32>,
    pub starts: Vec<usize>,
    pub sparse: Vec<(u32, f32)>,
}

impl Matrix {
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many numbers one pass reads: the unit of work.
    pub fn numbers(&self) -> usize {
        self.dense.len() + self.sparse.len()
    }
}

impl Encoder {
    pub fn learn(examples: &[&Example], min_groups: usize, crossed: [usize; 2]) -> Self {
        let width = examples.first().map_or(0, |e| e.features.dense.len());
        let mut mean = vec![0.0f32; width];
        let mut inverse = vec![0.0f32; width];
        for column in 0..width {
            let values = || examples.iter().map(|e| f64::from(e.features.dense[column])).filter(|v| v.is_finite());
            let count = values().count();
            if count == 0 {
                continue;
            }
            let average = values().sum::<f64>() / count as f64;
            let variance = values().map(|v| (v - average).powi(2)).sum::<f64>() / count as f64;
            mean[column] = average as f32;
            if variance > 1e-9 {
                inverse[column] = (1.0 / variance.sqrt()) as f32;
            }
        }
        // Rows of one group are side by side: a bucket counts once for each of its groups.
        let mut in_groups: Vec<BTreeMap<u32, (usize, usize)>> = vec![BTreeMap::new(); BLOCKS.len()];
        let mut domain_groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let mut group = 0;
        for (i, example) in examples.iter().enumerate() {
            if i == 0 || examples[i - 1].group != example.group {
                group += 1;
            }
            let count = |seen: &mut (usize, usize)| {
                if seen.0 != group {
                    *seen = (group, seen.1 + 1);
                }
            };
            count(domain_groups.entry(&example.domain).or_default());
            for (block, buckets) in in_groups.iter_mut().zip(&example.features.hashed) {
                buckets.iter().for_each(|bucket| count(block.entry(*bucket).or_default()));
            }
        }
        let buckets = in_groups
            .into_iter()
            .map(|block| block.into_iter().filter(|(_, (_, n))| *n >= min_groups).map(|(bucket, _)| bucket).collect())
            .collect();
        let domains = domain_groups
            .into_iter()
            .filter(|(name, (_, n))| !name.is_empty() && *n >= MIN_DOMAIN_GROUPS)
            .map(|(name, _)| name.to_owned())
            .collect();
        Self { mean, inverse, domains, buckets, crossed }
    }

    /// The standardised value of a dense feature; 0, which is the mean, where it is missing.
    pub fn standard(&self, column: usize, raw: f32) -> f64 {
        let value = (f64::from(raw) - f64::from(self.mean[column])) * f64::from(self.inverse[column]);
        if value.is_finite() { value.clamp(-CLAMP, CLAMP) } else { 0.0 }
    }

    pub fn columns(&self) -> usize {
        self.mean.len() + PER_DOMAIN * self.domains.len() + self.buckets.iter().map(Vec::len).sum::<usize>()
    }

    /// Every column of a row that is not dense, with its value.
    pub fn sparse(&self, domain: &str, dense: &[f32], hashed: &[Vec<u32>], mut put: impl FnMut(usize, f64)) {
        let mut base = self.mean.len();
        if let Ok(at) = self.domains.binary_search_by(|d| d.as_str().cmp(domain)) {
            put(base + PER_DOMAIN * at, DOMAIN_SCALE);
            for (i, &column) in self.crossed.iter().enumerate() {
                put(base + PER_DOMAIN * at + 1 + i, DOMAIN_SCALE * self.standard(column, dense[column]));
            }
        }
        base += PER_DOMAIN * self.domains.len();
        for (kept, present) in self.buckets.iter().zip(hashed) {
            let value = 1.0 / (present.len().max(1) as f64).sqrt();
            for bucket in present {
                if let Ok(at) = kept.binary_search(bucket) {
                    put(base + at, value);
                }
            }
            base += kept.len();
        }
    }

    pub fn encode(&self, examples: &[&Example]) -> Matrix {
        let width = self.mean.len();
        let mut dense = Vec::with_capacity(examples.len() * width);
        let mut sparse = Vec::new();
        let mut starts = vec![0];
        for example in examples {
            let features = &example.features;
            dense.extend(features.dense.iter().enumerate().map(|(column, v)| self.standard(column, *v) as f32));
            self.sparse(&example.domain, &features.dense, &features.hashed, |column, value| {
                sparse.push((column as u32, value as f32));
            });
            starts.push(sparse.len());
        }
        Matrix { width, columns: self.columns(), dense, starts, sparse }
    }
}
