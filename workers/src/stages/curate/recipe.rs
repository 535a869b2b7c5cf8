//! The recipe of a snapshot: every threshold and choice of the pipeline, versioned and hashed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use atr_core::domain::agreement::questions::ReviewQuestion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::balance::Attribute;
use super::toxicity::{Category, Severity};
use crate::stages::snapshot::{Format, canonical};

/// How many words a shingle and an n-gram have.
const WORDS: RangeInclusive<usize> = 1..=16;
/// How many LSH bands there are.
const BANDS: RangeInclusive<usize> = 1..=256;
/// How many MinHash values a band has.
const ROWS: RangeInclusive<usize> = 1..=32;

/// All that decides which candidates become rows, and of which formats. Two runs of equal recipes over equal input
/// decide alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Version of the recipe's language; this is version 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// Seed of the MinHash permutations and of the choice among over-represented rows.
    pub seed: u64,
    /// Export formats to write.
    #[schemars(extend("minItems" = 1))]
    pub formats: BTreeSet<Format>,
    /// When rows say nearly the same.
    pub near: NearRule,
    /// What may be used.
    pub licences: LicenceRule,
    /// What is balanced, and how far.
    pub balance: BalanceRule,
    /// What is too offensive.
    pub toxicity: ToxicityRule,
    /// What is too near to a held-out case.
    pub decontamination: DecontaminationRule,
    /// How far experts must agree for a snapshot to be made at all; nothing where that is not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementRule>,
}

/// How far experts must agree, over the project's newest reviews, 20,000 at most, at the time at which the snapshot is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreementRule {
    /// On what.
    pub question: ReviewQuestion,
    /// The least Krippendorff's alpha. Where it is not defined, no snapshot is made.
    #[schemars(range(min = -1, max = 1))]
    pub alpha: f64,
}

/// When rows say nearly the same: Jaccard similarity over word n-grams, candidates found by MinHash and LSH bands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NearRule {
    /// Words in a shingle.
    #[schemars(range(min = *WORDS.start(), max = *WORDS.end()))]
    pub shingle_words: usize,
    /// Least Jaccard similarity of near-duplicates.
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0))]
    pub jaccard: f64,
    /// LSH bands; two rows are compared if one band of their signatures agrees.
    #[schemars(range(min = *BANDS.start(), max = *BANDS.end()))]
    pub bands: usize,
    /// MinHash values in a band; bands × rows is the number of permutations.
    #[schemars(range(min = *ROWS.start(), max = *ROWS.end()))]
    pub rows: usize,
}

/// What may be used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceRule {
    /// Allowed licences as SPDX identifiers, compared without case.
    pub allowed: BTreeSet<String>,
    /// What becomes of a row of which the licence is unknown.
    pub unknown: UnknownLicence,
}

/// What becomes of a row of which the licence is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownLicence {
    /// It falls.
    Fall,
    /// It stays, tagged `licence:unknown`.
    Tag,
}

/// What is balanced, and how far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BalanceRule {
    /// Attributes whose shares are brought towards their targets.
    pub attributes: BTreeSet<Attribute>,
    /// Declared shares, attribute by attribute, value by value. An attribute without an entry has the uniform
    /// distribution over the values present as its target.
    pub targets: BTreeMap<Attribute, BTreeMap<String, f64>>,
    /// Weights lie between 1 / clip and clip. A domain with more than clip times its target share cannot be brought to
    /// it by weights: the excess falls.
    #[schemars(range(min = 1))]
    pub clip: f64,
    /// Largest share of the rows that may fall for balance.
    #[schemars(range(min = 0, max = 1))]
    pub max_loss: f64,
}

/// What is too offensive: a finding of one of the categories at least as severe as its threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToxicityRule {
    /// Least severity at which a row falls; a category without an entry does not count.
    pub thresholds: BTreeMap<Category, Severity>,
    /// Normal words and phrases that are offensive in some mouths and plain terms in others, which do not count.
    pub plain_terms: BTreeSet<String>,
}

/// What is too near to a held-out case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecontaminationRule {
    /// Words in an n-gram.
    #[schemars(range(min = *WORDS.start(), max = *WORDS.end()))]
    pub ngram_words: usize,
    /// Least share of a held-out question's n-grams which, standing in a row, makes it fall.
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0))]
    pub containment: f64,
}

impl Recipe {
    /// BLAKE3 of the recipe's canonical JSON (RFC 8785).
    pub fn hash(&self) -> blake3::Hash {
        blake3::hash(&canonical::to_vec(self))
    }

    /// Checks what types cannot say.
    ///
    /// # Errors
    /// The first field that cannot be followed, and what it must be.
    pub fn check(&self) -> Result<(), RecipeError> {
        let must = |holds: bool, field: &'static str, must: &'static str| {
            if holds { Ok(()) } else { Err(RecipeError { field, must }) }
        };
        let share = |value: f64| value > 0.0 && value <= 1.0;
        must(self.version == 1, "version", "be 1")?;
        must(!self.formats.is_empty(), "formats", "name at least one format")?;
        must(WORDS.contains(&self.near.shingle_words), "near.shingle_words", "be between 1 and 16")?;
        must(share(self.near.jaccard), "near.jaccard", "be above 0 and at most 1")?;
        must(BANDS.contains(&self.near.bands), "near.bands", "be between 1 and 256")?;
        must(ROWS.contains(&self.near.rows), "near.rows", "be between 1 and 32")?;
        must(self.balance.clip.is_finite() && self.balance.clip >= 1.0, "balance.clip", "be at least 1")?;
        must((0.0..=1.0).contains(&self.balance.max_loss), "balance.max_loss", "be between 0 and 1")?;
        let declared = self.balance.targets.values().all(|shares| {
            shares.values().all(|s| s.is_finite() && *s >= 0.0) && (shares.values().sum::<f64>() - 1.0).abs() < 1e-6
        });
        must(declared, "balance.targets", "hold shares that sum to 1 for each attribute")?;
        must(WORDS.contains(&self.decontamination.ngram_words), "decontamination.ngram_words", "be between 1 and 16")?;
        must(share(self.decontamination.containment), "decontamination.containment", "be above 0 and at most 1")?;
        let alpha = self.agreement.as_ref().map_or(0.0, |rule| rule.alpha);
        must((-1.0..=1.0).contains(&alpha), "agreement.alpha", "be between -1 and 1")
    }
}

/// A recipe that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("recipe: `{field}` must {must}")]
pub struct RecipeError {
    /// The field.
    pub field: &'static str,
    /// What it must do.
    pub must: &'static str,
}

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

impl Default for Recipe {
    /// The recipe that is followed where nobody wrote another.
    fn default() -> Self {
        Self {
            version: 1,
            seed: 1,
            formats: Format::ALL.into_iter().collect(),
            // 32 bands of 4: a pair at Jaccard 0.8 is missed once in twenty million, and 128 permutations are drawn.
            near: NearRule { shingle_words: 3, jaccard: 0.8, bands: 32, rows: 4 },
            licences: LicenceRule {
                allowed: set(&[
                    "Apache-2.0",
                    "BSD-3-Clause",
                    "CC-BY-4.0",
                    "CC-BY-SA-4.0",
                    "CC0-1.0",
                    "MIT",
                    "ODC-By-1.0",
                    "public-domain",
                ]),
                unknown: UnknownLicence::Fall,
            },
            balance: BalanceRule {
                attributes: BTreeSet::from([Attribute::Domain, Attribute::Label]),
                targets: BTreeMap::new(),
                clip: 3.0,
                max_loss: 0.1,
            },
            toxicity: ToxicityRule {
                thresholds: BTreeMap::from([
                    (Category::Profane, Severity::Moderate),
                    (Category::Offensive, Severity::Moderate),
                    (Category::Mean, Severity::Severe),
                ]),
                plain_terms: set(super::toxicity::PLAIN_TERMS),
            },
            decontamination: DecontaminationRule { ngram_words: 3, containment: 0.8 },
            agreement: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_of_nobody_can_be_followed_and_survives_its_own_json() {
        let recipe = Recipe::default();
        recipe.check().expect("default recipe");
        let back: Recipe = serde_json::from_slice(&canonical::to_vec(&recipe)).expect("its own JSON");
        assert_eq!(back, recipe);
        assert_eq!(back.hash(), recipe.hash());
    }

    #[test]
    fn every_threshold_is_part_of_the_hash() {
        let other = |change: fn(&mut Recipe)| {
            let mut recipe = Recipe::default();
            change(&mut recipe);
            recipe.hash()
        };
        let hashes = BTreeSet::from([
            *Recipe::default().hash().as_bytes(),
            *other(|r| r.seed = 2).as_bytes(),
            *other(|r| r.near.jaccard = 0.81).as_bytes(),
            *other(|r| r.licences.unknown = UnknownLicence::Tag).as_bytes(),
            *other(|r| r.balance.clip = 2.0).as_bytes(),
            *other(|r| r.toxicity.plain_terms.clear()).as_bytes(),
            *other(|r| r.decontamination.containment = 0.9).as_bytes(),
            *other(|r| r.agreement = Some(AgreementRule { question: ReviewQuestion::Verdict, alpha: 0.6 })).as_bytes(),
            *other(|r| r.agreement = Some(AgreementRule { question: ReviewQuestion::Verdict, alpha: 0.7 })).as_bytes(),
        ]);
        assert_eq!(hashes.len(), 9);
    }

    #[test]
    fn a_threshold_that_cannot_be_followed_is_named() {
        let mut recipe = Recipe::default();
        recipe.near.jaccard = f64::NAN;
        assert_eq!(
            recipe.check().expect_err("not a number").to_string(),
            "recipe: `near.jaccard` must be above 0 and at most 1"
        );
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let mut json = serde_json::to_value(Recipe::default()).expect("json");
        json["thresholds"] = serde_json::json!(1);
        assert!(serde_json::from_value::<Recipe>(json).is_err());
    }
}
