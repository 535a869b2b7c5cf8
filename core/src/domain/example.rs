//! Examples: candidate training rows that settled reviews yield.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::words;
use crate::{
    hash::Digest,
    ids::{ExampleId, ReviewId, TraceId},
};

words! {
    /// What a row is for.
    ExampleFormat {
        /// Supervised fine-tuning: messages.
        Sft = "sft",
        /// A preference pair: prompt, chosen, rejected.
        Preference = "preference",
        /// A single judgement: prompt, completion, label.
        Kto = "kto",
        /// Step supervision: prompt, completions, labels.
        Stepwise = "stepwise",
        /// A row of the reward model.
        Reward = "reward",
    }
}

/// A candidate training row.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Its id.
    pub id: ExampleId,
    /// The review it was derived from.
    pub review: ReviewId,
    /// The trace.
    pub trace: TraceId,
    /// The right chain whose answer is the chosen one, and the review that finds it right: of a preference row that
    /// rests on no correction.
    pub chosen: Option<(TraceId, ReviewId)>,
    /// What it is for.
    pub format: ExampleFormat,
    /// The row, in the columns of its format.
    pub content: serde_json::Value,
    /// BLAKE3 of the canonical row.
    pub content_hash: Digest,
    /// Version of the rules that derived it.
    pub rules_version: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A judged answer as the reward model is asked about it: the content of an example of format `reward` and of an
/// evaluation case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// Key of the question; chains of one question share it.
    pub group: String,
    /// The question.
    pub prompt: String,
    /// The final answer.
    pub completion: String,
    /// The reasoning steps, in order.
    pub steps: Vec<String>,
    /// Field of knowledge.
    pub domain: String,
    /// Whether the answer is right.
    pub label: bool,
    /// Mean log-probability of the answer's tokens (nats), where the serving stack told it.
    pub mean_logprob: Option<f64>,
    /// Least log-probability of a token (nats).
    pub min_logprob: Option<f64>,
    /// Share of the question's chains that give this answer, 0 to 1.
    pub agreement: Option<f64>,
    /// Number of the question's chains.
    pub chains: Option<u32>,
}
