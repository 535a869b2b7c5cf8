//! What the pipeline is given: candidate examples and what they are compared with.

use serde::{Deserialize, Serialize};

/// An example derived from a settled review, which may become a row of a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its id, unique among the candidates.
    pub id: String,
    /// Key of the question; examples about one question share it.
    pub group: String,
    /// The question.
    pub question: String,
    /// The reasoning before the completion, a step a line: it is trained on with it. Empty where there is none.
    #[serde(default)]
    pub reasoning: String,
    /// The answer that would be trained on.
    pub completion: String,
    /// What would be trained on in its stead, where it is wrong: the right reasoning and answer that a review gives, and
    /// the right chain that it is set against. Empty where there is neither.
    #[serde(default)]
    pub correction: String,
    /// Field of knowledge.
    pub domain: String,
    /// Language as a BCP 47 tag.
    pub language: String,
    /// System that sent the trace; empty when it named none.
    pub source: String,
    /// Version of the model that answered; empty when unknown.
    pub model_version: String,
    /// Pseudonym of the expert whose review settled it; empty when there was none.
    pub reviewer_pseudonym: String,
    /// Licence of the text as an SPDX identifier; empty when unknown.
    pub licence: String,
    /// Reward of the trace.
    pub reward: f64,
    /// Quality of the review, 0 to 1.
    pub review_quality: f64,
    /// Whether the completion is to be preferred (true) or avoided (false).
    pub label: bool,
    /// How each citation of the completion was found.
    pub citations: Vec<CitationState>,
    /// Grounding facts on which the example rests.
    pub facts: Vec<FactUsed>,
    /// Whether experts contradict each other about it.
    #[serde(default)]
    pub disagreement: bool,
}

/// A grounding fact on which an example rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactUsed {
    /// Id of the fact.
    pub id: String,
    /// Licence of its source; empty when unknown.
    pub licence: String,
    /// Who published its source.
    pub publisher: String,
}

/// How a citation was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CitationState {
    /// The source exists, is current and holds the quoted text.
    Verified,
    /// The source is not known here.
    Unknown,
    /// The source has a newer edition.
    Stale,
    /// The source holds other words than those quoted.
    Misquoted,
    /// The source does not hold what is attributed to it.
    NotInSource,
    /// The source was withdrawn.
    Retracted,
}

/// A case that evaluation holds out: nothing about it may be trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldOut {
    /// Id of the case.
    pub id: String,
    /// Key of its question.
    pub group: String,
    /// Its question.
    pub question: String,
    /// Facts that answer it.
    pub facts: Vec<String>,
}

/// All that one run of the pipeline reads. The order of the candidates is the frozen order of the membership; decisions
/// come back in it, and which rows are kept does not depend on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Candidates in frozen order.
    pub candidates: Vec<Candidate>,
    /// Cases held out for evaluation.
    pub held_out: Vec<HeldOut>,
}
