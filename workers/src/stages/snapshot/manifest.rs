//! The manifest: what a snapshot holds, from what it was made, and the hashes that prove it. It holds no time and no
//! version of a program, so that the same membership and recipe give the same manifest for ever.

use std::collections::BTreeMap;

use atr_core::ids::{ProjectId, SnapshotId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::canonical;
use super::formats::Format;
use crate::stages::curate::{Decision, Reason, Recipe, Stage, StageMeasure};

/// A hash in hexadecimal, as the published schema has it.
const HEX: &str = "^[0-9a-f]{64}$";

/// What a snapshot holds. Its hash is that of its canonical JSON, which is what `manifest.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the manifest's language; this is version 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// Id of the snapshot.
    #[schemars(with = "SnapshotId")]
    pub snapshot: String,
    /// Id of the project.
    #[schemars(with = "ProjectId")]
    pub project: String,
    /// Id of the snapshot from which this one goes on.
    #[schemars(with = "Option<SnapshotId>")]
    pub parent: Option<String>,
    /// The recipe.
    pub recipe: Recipe,
    /// BLAKE3 of the recipe's canonical JSON.
    #[serde(with = "hex")]
    #[schemars(with = "String", regex(pattern = HEX))]
    pub recipe_hash: blake3::Hash,
    /// Seed of all that is drawn by lot; the recipe's.
    pub seed: u64,
    /// How many.
    pub counts: Counts,
    /// The files, by path.
    pub files: Vec<File>,
    /// Merkle root of the rows: over the formats in order, of the roots over their rows in order. It is the same for every
    /// writer version.
    #[serde(with = "hex")]
    #[schemars(with = "String", regex(pattern = HEX))]
    pub rows_root: blake3::Hash,
    /// Merkle root of the frozen membership from which the snapshot was made.
    #[serde(with = "hex")]
    #[schemars(with = "String", regex(pattern = HEX))]
    pub membership_root: blake3::Hash,
}

/// How many rows of what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Rows by format.
    pub rows: BTreeMap<Format, u64>,
    /// What entered and left each stage of curation, in order.
    pub stages: Vec<StageCount>,
    /// Candidates that fell, by reason.
    pub fell: BTreeMap<Reason, u64>,
    /// Candidates that were kept and have no row of a format to themselves, by format and reason: with its rows they are
    /// all that were kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rowless: BTreeMap<Format, BTreeMap<Rowless, u64>>,
}

/// Why a candidate that was kept has no row of a format to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rowless {
    /// An earlier candidate's row says the same, such as the correction of several wrong chains; its provenance names both.
    Merged,
    /// Its review yields no row of the format.
    NotDerived,
}

/// What entered and left a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageCount {
    /// The stage.
    pub stage: Stage,
    /// Candidates that entered.
    pub entered: u64,
    /// Candidates that left.
    pub left: u64,
}

impl From<&StageMeasure> for StageCount {
    fn from(measure: &StageMeasure) -> Self {
        Self { stage: measure.stage, entered: measure.entered as u64, left: measure.left as u64 }
    }
}

/// A file of the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its path below the snapshot.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// BLAKE3 of its bytes.
    #[serde(with = "hex")]
    #[schemars(with = "String", regex(pattern = HEX))]
    pub blake3: blake3::Hash,
    /// Rows or lines in it.
    pub rows: u64,
}

/// A candidate that fell: a line of `decisions.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fell {
    /// Id of the candidate.
    pub id: String,
    /// The stage at which it fell.
    pub stage: Stage,
    /// Why.
    pub reason: Reason,
    /// Why, in words.
    pub words: String,
}

impl Fell {
    /// The line for a decision; none for a kept row.
    pub fn of(decision: &Decision) -> Option<Self> {
        let stage = decision.stage?;
        Some(Self { id: decision.id.clone(), stage, reason: decision.reason, words: decision.words.clone() })
    }
}

impl Manifest {
    /// The bytes of `manifest.json`: canonical JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_vec(self)
    }

    /// BLAKE3 of [`Self::to_bytes`], by which the snapshot is known.
    pub fn hash(&self) -> blake3::Hash {
        blake3::hash(&self.to_bytes())
    }
}

/// Hashes as 64 hexadecimal digits.
mod hex {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(hash: &blake3::Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hash.to_hex())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<blake3::Hash, D::Error> {
        blake3::Hash::from_hex(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
