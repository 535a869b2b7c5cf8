//! What the pipeline answers: for each candidate whether it was kept, and why.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::balance::Attribute;
use super::candidate::CitationState;
use super::toxicity::Category;

/// The stages of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Rows about which experts contradict each other.
    Settlement,
    /// Rows that say the same.
    ExactDuplicates,
    /// Rows that say nearly the same.
    NearDuplicates,
    /// Where a row comes from, and whether it may be used.
    Transparency,
    /// Shares of domains, labels and others against their targets.
    Balance,
    /// Offensive text.
    Toxicity,
    /// Citations that do not hold.
    Citations,
    /// Rows about cases held out for evaluation.
    Decontamination,
}

impl Stage {
    /// The stages in the order in which they run.
    pub const ORDER: [Self; 8] = [
        Self::Settlement,
        Self::ExactDuplicates,
        Self::NearDuplicates,
        Self::Transparency,
        Self::Balance,
        Self::Toxicity,
        Self::Citations,
        Self::Decontamination,
    ];
}

/// Why a row fell, or that it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It passed every stage.
    Kept,
    /// Experts contradict each other about it: it waits for adjudication.
    ExpertsDisagree,
    /// A better row says exactly the same.
    ExactDuplicate,
    /// A better row says nearly the same.
    NearDuplicate,
    /// It, or a fact under it, has a licence that the recipe does not allow.
    LicenceNotAllowed,
    /// It, or a fact under it, has no known licence, and the recipe asks for one.
    LicenceUnknown,
    /// Its stratum holds more than weights can bring to the target.
    OverRepresented,
    /// Its text is offensive beyond the recipe's threshold.
    Toxic,
    /// A citation quotes words that its source does not hold.
    CitationMisquoted,
    /// A citation's source does not hold what is attributed to it.
    CitationNotInSource,
    /// A citation's source was withdrawn.
    CitationRetracted,
    /// It is about the very question of a held-out case.
    HeldOutQuestion,
    /// Its text contains nearly the whole question of a held-out case.
    HeldOutOverlap,
    /// It rests on a fact that answers a held-out case.
    HeldOutFact,
}

impl Reason {
    /// The stage at which a row falls for this reason; none for a kept one.
    pub fn stage(self) -> Option<Stage> {
        Some(match self {
            Self::Kept => return None,
            Self::ExpertsDisagree => Stage::Settlement,
            Self::ExactDuplicate => Stage::ExactDuplicates,
            Self::NearDuplicate => Stage::NearDuplicates,
            Self::LicenceNotAllowed | Self::LicenceUnknown => Stage::Transparency,
            Self::OverRepresented => Stage::Balance,
            Self::Toxic => Stage::Toxicity,
            Self::CitationMisquoted | Self::CitationNotInSource | Self::CitationRetracted => Stage::Citations,
            Self::HeldOutQuestion | Self::HeldOutOverlap | Self::HeldOutFact => Stage::Decontamination,
        })
    }
}

/// What decided, beyond the reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Detail {
    /// The row that was kept in its stead.
    Duplicate {
        /// Id of the kept row.
        of: String,
        /// Jaccard similarity of the two.
        jaccard: f64,
        /// Where that is below the threshold: the row like both, or the first of the chain between them.
        via: Option<String>,
    },
    /// What has the licence.
    Licence {
        /// Id of the candidate or fact.
        of: String,
        /// The licence, as given.
        licence: String,
    },
    /// The stratum that holds too much.
    Share {
        /// The attribute.
        attribute: Attribute,
        /// Its value.
        value: String,
        /// Share of the rows that have it.
        observed: f64,
        /// Share it may have.
        allowed: f64,
    },
    /// What is offensive.
    Toxic {
        /// Kind of offence.
        category: Category,
        /// `question`, `reasoning`, `completion` or `correction`.
        field: String,
        /// The words.
        quote: String,
    },
    /// The citation that does not hold.
    Citation {
        /// Its place among the row's citations, from 0.
        index: usize,
        /// How it was found.
        state: CitationState,
    },
    /// The held-out case.
    HeldOut {
        /// Id of the case.
        case: String,
        /// Share of its question's word n-grams that stand in the row.
        containment: f64,
    },
}

/// A note on where a row comes from; kept rows carry it into the snapshot's provenance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    /// System that sent the trace.
    Source(String),
    /// Version of the model that answered.
    Model(String),
    /// Pseudonym of the reviewer.
    Reviewer(String),
    /// Licence of the row or of a fact under it.
    Licence(String),
    /// Publisher of a fact under it.
    Publisher(String),
    /// No fact is under it.
    Ungrounded,
    /// A citation names a source that is not known here.
    CitationUnknown,
    /// A citation names a source that has a newer edition.
    CitationStale,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |f: &mut fmt::Formatter<'_>, name: &str, value: &str| {
            write!(f, "{name}:{}", if value.trim().is_empty() { "unknown" } else { value })
        };
        match self {
            Self::Source(value) => named(f, "source", value),
            Self::Model(value) => named(f, "model", value),
            Self::Reviewer(value) => named(f, "reviewer", value),
            Self::Licence(value) => named(f, "licence", value),
            Self::Publisher(value) => named(f, "publisher", value),
            Self::Ungrounded => f.write_str("ungrounded"),
            Self::CitationUnknown => f.write_str("citation:unknown"),
            Self::CitationStale => f.write_str("citation:stale"),
        }
    }
}

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What became of one candidate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// Id of the candidate.
    pub id: String,
    /// Whether it is in the snapshot.
    pub kept: bool,
    /// The stage at which it fell.
    pub stage: Option<Stage>,
    /// Why.
    pub reason: Reason,
    /// The reason in words, for people.
    pub words: String,
    /// Weight in training that balancing gave it; 0 for a row that fell.
    pub weight: f64,
    /// Where it comes from, sorted; empty if it fell before that was looked at.
    pub tags: Vec<Tag>,
    /// What decided, where it was not simply kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
}

/// That a row fell at the stage which runs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fall {
    /// Place of the candidate in the input.
    pub at: usize,
    pub reason: Reason,
    pub words: String,
    pub detail: Option<Detail>,
}
