//! The model's file. Every count is checked against the bytes that are there before anything is made of it.

use serde::{Deserialize, Serialize};

use crate::features::{self, BLOCKS, FEATURES_VERSION};
use crate::train::TrainMetrics;
use crate::train::encode::{Encoder, PER_DOMAIN};

const MAGIC: &[u8] = b"ATR-REWARD\n";
const VERSION: u32 = 1;
/// More than any model that this crate writes.
const MAX_HEADER_BYTES: usize = 16 << 20;

/// The JSON line of a model's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the file's format.
    pub version: u32,
    /// The version of the features the weights belong to.
    pub features_version: u32,
    /// Words were hashed into 2^`hash_bits` buckets.
    pub hash_bits: u32,
    /// The names of the dense features, in the order of their weights.
    pub dense: Vec<String>,
    /// The fields with weights of their own.
    pub domains: Vec<String>,
    /// How many hashed words have weights, by block.
    pub hashed: Vec<usize>,
    /// The seed the folds were dealt with.
    pub seed: u64,
    /// What training measured, to six digits.
    pub metrics: TrainMetrics,
    /// The BLAKE3 of the numbers after this line; empty in a model that has not been a file yet.
    #[serde(default)]
    pub blake3: String,
}

impl Header {
    pub(super) fn new(bits: u32, encoder: &Encoder, metrics: &TrainMetrics, seed: u64) -> Self {
        // Six digits survive the way through JSON unchanged.
        let round = |v: f64| (v * 1e6).round() / 1e6;
        Self {
            version: VERSION,
            features_version: FEATURES_VERSION,
            hash_bits: bits,
            dense: features::dense_names().into_iter().map(str::to_owned).collect(),
            domains: encoder.domains.clone(),
            hashed: encoder.buckets.iter().map(Vec::len).collect(),
            seed,
            metrics: TrainMetrics {
                cv_auroc: metrics.cv_auroc.map(round),
                cv_log_loss: metrics.cv_log_loss.map(round),
                cv_pick_accuracy: metrics.cv_pick_accuracy.map(round),
                train_log_loss: round(metrics.train_log_loss),
                l2: round(metrics.l2),
                hashed_scale: round(metrics.hashed_scale),
                ..metrics.clone()
            },
            blake3: String::new(),
        }
    }
}

/// Why bytes are not a model.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum LoadError {
    /// They do not begin as a model does.
    #[error("this is not a reward model: the file does not begin with ATR-REWARD")]
    NotAModel,
    /// The header cannot be read.
    #[error("the reward model's header cannot be read ({0}): take the file from its snapshot or job again")]
    Header(String),
    /// The format is newer or older than this program.
    #[error("the reward model has {what} version {found}, this program reads version {known}: train a new model")]
    Version {
        /// The format's or the features'.
        what: &'static str,
        /// The model's.
        found: u32,
        /// This program's.
        known: u32,
    },
    /// The numbers are not those that were written.
    #[error("the reward model is damaged ({0}): take the file from its job again")]
    Damaged(&'static str),
}

pub(super) fn write(header: &Header, encoder: &Encoder, weights: &[f32], bias: f32) -> Vec<u8> {
    let mut body = Vec::with_capacity(4 * (2 * weights.len() + 3 * encoder.mean.len()));
    let floats = encoder.mean.iter().chain(&encoder.inverse).chain(weights).chain([&bias]);
    floats.for_each(|f| body.extend_from_slice(&f.to_le_bytes()));
    encoder.buckets.iter().flatten().for_each(|b| body.extend_from_slice(&b.to_le_bytes()));
    let header = Header { blake3: blake3::hash(&body).to_hex().to_string(), ..header.clone() };
    let mut bytes = MAGIC.to_vec();
    // Strings, numbers and lists: nothing in it can fail to become JSON.
    bytes.extend(serde_json::to_vec(&header).unwrap_or_default());
    bytes.push(b'\n');
    bytes.append(&mut body);
    bytes
}

pub(super) fn read(bytes: &[u8]) -> Result<(Header, Encoder, Vec<f32>, f32), LoadError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(LoadError::NotAModel)?;
    let end = rest.iter().take(MAX_HEADER_BYTES).position(|b| *b == b'\n');
    let end = end.ok_or_else(|| LoadError::Header("it does not end".to_owned()))?;
    let (line, body) = (&rest[..end], &rest[end + 1..]);
    // Versions first: what another version's header looks like is not known.
    #[derive(Deserialize)]
    struct Versions {
        version: u32,
        features_version: u32,
    }
    let unreadable = |e: serde_json::Error| LoadError::Header(e.to_string());
    let versions: Versions = serde_json::from_slice(line).map_err(unreadable)?;
    for (what, found, known) in
        [("format", versions.version, VERSION), ("features", versions.features_version, FEATURES_VERSION)]
    {
        if found != known {
            return Err(LoadError::Version { what, found, known });
        }
    }
    let mut header: Header = serde_json::from_slice(line).map_err(unreadable)?;
    if blake3::hash(body).to_hex().as_str() != header.blake3 {
        return Err(LoadError::Damaged("its checksum differs"));
    }
    header.blake3 = String::new();

    let names = features::dense_names();
    if header.dense != names || header.hashed.len() != BLOCKS.len() || !(8..=24).contains(&header.hash_bits) {
        return Err(LoadError::Damaged("its features are not those of its version"));
    }
    if header.domains.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(LoadError::Damaged("its fields are out of order"));
    }
    let width = names.len();
    let hashed = header.hashed.iter().try_fold(0usize, |sum, n| sum.checked_add(*n)).unwrap_or(usize::MAX);
    let weights = hashed.saturating_add(width + PER_DOMAIN * header.domains.len());
    let words = weights.saturating_add(2 * width + 1).saturating_add(hashed);
    if Some(body.len()) != words.checked_mul(4) {
        return Err(LoadError::Damaged("its length is not the one its header gives"));
    }
    let (words, _) = body.as_chunks::<4>();
    let mut floats = words.iter().map(|w| f32::from_le_bytes(*w));
    let mut take = |n: usize| -> Result<Vec<f32>, LoadError> {
        let taken: Vec<f32> = floats.by_ref().take(n).collect();
        if taken.iter().all(|f| f.is_finite()) { Ok(taken) } else { Err(LoadError::Damaged("a number is not finite")) }
    };
    let (mean, inverse, kept) = (take(width)?, take(width)?, take(weights)?);
    let bias = take(1)?[0];
    let mut at = 2 * width + weights + 1;
    let mut buckets = Vec::with_capacity(BLOCKS.len());
    for count in &header.hashed {
        let block: Vec<u32> = words[at..at + count].iter().map(|w| u32::from_le_bytes(*w)).collect();
        if block.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(LoadError::Damaged("its words are out of order"));
        }
        at += count;
        buckets.push(block);
    }
    let crossed = crate::train::crossed_columns();
    let encoder = Encoder { mean, inverse, domains: header.domains.clone(), buckets, crossed };
    Ok((header, encoder, kept, bias))
}
