//! Error traces and the graph of their reasoning.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::words;
use crate::{
    hash::Digest,
    ids::{BatchId, ChainGroupId, ModelVersionId, StepId, TraceId},
};

words! {
    /// What a trace may be used for.
    Split {
        /// To train on.
        Train = "train",
        /// To evaluate with: in no snapshot, ever.
        HeldOut = "held_out",
    }
}

words! {
    /// Which kind of competence a trace is about.
    Pillar {
        /// Language in general.
        Text = "text",
        /// A field of knowledge.
        Domain = "domain",
        /// Logic and mathematics.
        LogicMath = "logic_math",
        /// Images and text together.
        VisualText = "visual_text",
        /// What people said of answers.
        HumanFeedback = "human_feedback",
    }
}

words! {
    /// What a reasoning step does.
    StepKind {
        /// Draws an inference.
        Reasoning = "reasoning",
        /// Looks something up.
        Retrieval = "retrieval",
        /// Uses a tool.
        Tool = "tool",
        /// Concludes.
        Conclusion = "conclusion",
    }
}

/// Something that came with a trace, named by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// BLAKE3 of its bytes, 64 hex digits.
    pub digest: String,
    /// Its media type, `type/subtype`.
    pub media_type: String,
    /// Its length in bytes.
    pub bytes: i64,
    /// The name the sender gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

words! {
    /// Who speaks in a conversation.
    Speaker {
        /// Instructions to the model.
        System = "system",
        /// The one who asks.
        User = "user",
        /// The model.
        Assistant = "assistant",
    }
}

/// A turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Who speaks.
    pub role: Speaker,
    /// What is said.
    pub text: String,
}

/// Uncertainty signals by name: `mean_logprob`, `min_logprob` (natural logarithms), `entropy` and the like.
pub type Signals = BTreeMap<String, f64>;

/// An uncertain or wrong answer of a model. Never changed: what is learnt of it stands in later records.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Its id, by time of receipt.
    pub id: TraceId,
    /// The sender's id.
    pub external_id: Option<String>,
    /// The model that answered.
    pub model: ModelVersionId,
    /// The group of chains it belongs to.
    pub group: Option<ChainGroupId>,
    /// What it may be used for.
    pub split: Split,
    /// Which competence it is about.
    pub pillar: Pillar,
    /// The field of knowledge, in the sender's words.
    pub domain: String,
    /// BCP 47 tag of the answer; `und` is not known.
    pub language: String,
    /// What was said before, in order.
    pub context: Vec<Turn>,
    /// What was asked.
    pub query: String,
    /// What the model answered.
    pub answer: String,
    /// The model's own confidence, 0 to 1.
    pub confidence: Option<f64>,
    /// Uncertainty signals.
    pub signals: Signals,
    /// Flaws the sender already suspects, sorted.
    pub flaw_labels: Vec<String>,
    /// What came with it.
    pub attachments: Vec<Attachment>,
    /// The system that sent it; `unknown` where it did not say.
    pub source: String,
    /// SPDX expression, or `unknown`: under what terms it may be trained on.
    pub licence: String,
    /// Whether its steps rest on each other in a circle.
    pub circular_support: bool,
    /// BLAKE3 of the canonical content.
    pub content_hash: Digest,
    /// The batch that brought it.
    pub batch: BatchId,
    /// When the model answered, by the sender's clock.
    pub occurred_at: Option<DateTime<Utc>>,
    /// When it was stored here.
    pub received_at: DateTime<Utc>,
}

/// One step of a trace's reasoning.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// The trace.
    pub trace: TraceId,
    /// Its place in the reasoning, from 0.
    pub ordinal: i32,
    /// The name the sender gave it, unique in its trace; its ordinal where none was given.
    pub key: String,
    /// What it does.
    pub kind: StepKind,
    /// What it says.
    pub text: String,
    /// Ordinals of the steps it rests on.
    pub rests_on: Vec<i32>,
    /// The span that produced it, 16 hex digits.
    pub span_id: Option<String>,
    /// The span that called that span: who called is not what it rests on.
    pub called_by_span_id: Option<String>,
    /// Mean natural-log probability of its tokens.
    pub mean_logprob: Option<f64>,
}

/// Several chains of reasoning for one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainGroup {
    /// Its id.
    pub id: ChainGroupId,
    /// The name the sender gave it.
    pub key: String,
    /// The query its chains answer.
    pub query: String,
    /// When its first chain came in.
    pub created_at: DateTime<Utc>,
}

/// Whether some step rests, by whatever way round, on itself. `rests_on[i]` names the steps that step `i` rests on;
/// a name beyond the last step supports nothing and is passed over. Linear in steps and edges (Kahn's algorithm: what
/// cannot be laid in order lies on a circle or behind one).
pub fn circular(rests_on: &[Vec<i32>]) -> bool {
    let supports = |step: &i32| usize::try_from(*step).ok().filter(|step| *step < rests_on.len());
    let mut rested_on = vec![0usize; rests_on.len()];
    for step in rests_on.iter().flatten().filter_map(supports) {
        rested_on[step] += 1;
    }
    let mut free: Vec<usize> = (0..rests_on.len()).filter(|step| rested_on[*step] == 0).collect();
    let mut laid = 0;
    while let Some(step) = free.pop() {
        laid += 1;
        for support in rests_on[step].iter().filter_map(supports) {
            rested_on[support] -= 1;
            if rested_on[support] == 0 {
                free.push(support);
            }
        }
    }
    laid < rests_on.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_step_that_rests_on_itself_is_a_circle() {
        assert!(circular(&[vec![0]]));
        assert!(circular(&[vec![1], vec![2], vec![0]]));
        assert!(!circular(&[vec![], vec![0], vec![0, 1, 1]]));
        assert!(!circular(&[]));
    }

    /// The definition, followed step by step.
    fn reaches_itself(rests_on: &[Vec<i32>], start: usize) -> bool {
        let mut seen = vec![false; rests_on.len()];
        let mut open = rests_on[start].clone();
        while let Some(step) = open.pop() {
            let step = step as usize;
            if step == start {
                return true;
            }
            if !std::mem::replace(&mut seen[step], true) {
                open.extend(&rests_on[step]);
            }
        }
        false
    }

    fn graph() -> impl Strategy<Value = Vec<Vec<i32>>> {
        (1usize..8)
            .prop_flat_map(|steps| proptest::collection::vec(proptest::collection::vec(0..steps as i32, 0..3), steps))
    }

    proptest! {
        #[test]
        fn circular_says_what_following_every_support_says(rests_on in graph()) {
            let expected = (0..rests_on.len()).any(|step| reaches_itself(&rests_on, step));
            prop_assert_eq!(circular(&rests_on), expected);
        }

        #[test]
        fn steps_that_rest_on_earlier_ones_alone_are_no_circle(rests_on in graph()) {
            let earlier: Vec<Vec<i32>> = rests_on
                .iter()
                .enumerate()
                .map(|(step, supports)| supports.iter().copied().filter(|support| (*support as usize) < step).collect())
                .collect();
            prop_assert!(!circular(&earlier));
        }
    }
}
