//! What the machine finds of a trace: verification, claims, consensus, score.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{reward_formula::Weighing, words};
use crate::{
    hash::Digest,
    ids::{
        ChainGroupId, ClaimId, ConsensusId, FactId, JudgeOpinionId, ModelVersionId, ReviewId, ScoreId, TraceId,
        VerificationId,
    },
};

words! {
    /// What the facts say of a claim.
    ClaimVerdict {
        /// A fact says the same.
        Supported = "supported",
        /// A fact says otherwise.
        Contradicted = "contradicted",
        /// No fact decides.
        Unverifiable = "unverifiable",
    }
}

words! {
    /// What all that was found about a claim leans to, where no single fact decides. It is no verdict: it weighs nothing in the
    /// reward.
    Leaning {
        /// More likely true than is usual.
        LikelyTrue = "likely_true",
        /// More likely false than is usual.
        LikelyFalse = "likely_false",
        /// An opinion, or nothing that facts could settle.
        Open = "open",
    }
}

/// One run of the verifier over a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Its id.
    pub id: VerificationId,
    /// The trace.
    pub trace: TraceId,
    /// Claims that a fact supports.
    pub supported: i32,
    /// Claims that a fact contradicts.
    pub contradicted: i32,
    /// Claims that no fact decides.
    pub unverifiable: i32,
    /// Version of the rules that judged.
    pub rules_version: String,
    /// When it ran.
    pub at: DateTime<Utc>,
}

/// One checkable statement of an answer, and what the facts say of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// The run that found it.
    pub verification: VerificationId,
    /// The trace.
    pub trace: TraceId,
    /// Its place in the answer, from 0.
    pub ordinal: i32,
    /// Byte offsets in the answer: its beginning and the byte after its end.
    pub span: (i32, i32),
    /// Its words.
    pub text: String,
    /// The claim made self-contained with the help of the question.
    pub resolved: String,
    /// Whether it asserts something that facts could decide.
    pub check_worthy: bool,
    /// What the facts say.
    pub verdict: ClaimVerdict,
    /// How sure the rule is, 0 to 1; where a judge decided, the share of the claim's words that stand in the sentence it
    /// quotes.
    pub score: f64,
    /// The fact that decided.
    pub deciding_fact: Option<FactId>,
    /// Byte offsets of the deciding words in the fact's statement.
    pub fact_span: Option<(i32, i32)>,
    /// A fact that says the same and holds no more, where the one that decided contradicts the claim.
    pub lapsed_fact: Option<FactId>,
    /// Why, in words.
    pub reason: String,
    /// What all that was found about it leans to, and how likely it is true by that, 0 to 1; none where a fact decides
    /// or nothing was found.
    pub leaning: Option<(Leaning, f64)>,
    /// What a judge was asked about it and said, whether it decided or not.
    pub opinion: Option<JudgeOpinionId>,
}

/// What a judge answered to a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgeOpinion {
    /// Its id.
    pub id: JudgeOpinionId,
    /// The model that was asked, as its endpoint knows it.
    pub model: String,
    /// BLAKE3 of the prompt.
    pub prompt_hash: Digest,
    /// The messages that were sent, as JSON.
    pub prompt: String,
    /// The text that came back, as received; empty where there was none or it was longer than is read.
    pub answer: String,
    /// How many tokens the prompt had, as the endpoint counts.
    pub input_tokens: Option<i32>,
    /// How many tokens the answer had, as the endpoint counts.
    pub output_tokens: Option<i32>,
    /// When it was received.
    pub at: DateTime<Utc>,
}

/// How many calls of a judge were taken on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgeDay {
    /// The day, in UTC.
    pub day: NaiveDate,
    /// How many calls.
    pub calls: i32,
}

/// What the chains of a group agree on.
#[derive(Debug, Clone, PartialEq)]
pub struct Consensus {
    /// Its id.
    pub id: ConsensusId,
    /// The group.
    pub group: ChainGroupId,
    /// The likeliest answer of those that chains give; empty where none answered.
    pub agreed_answer: String,
    /// The chance that it is right, as far as the chains and their models' records tell, 0 to 1.
    pub confidence: f64,
    /// How many chains were compared.
    pub chains: i32,
    /// By trace: the share of the chains that give its answer, 0 to 1.
    pub agreement: BTreeMap<TraceId, f64>,
    /// Traces that give another answer.
    pub dissenters: Vec<TraceId>,
    /// How far the vote is spread over the answers: the entropy of their shares, in nats; none where it was not kept yet.
    pub entropy: Option<f64>,
    /// The trace whose chain stands for the agreed answer; none where none answered.
    pub representative: Option<TraceId>,
    /// By trace: the chance that its answer is right, 0 to 1.
    pub confidences: BTreeMap<TraceId, f64>,
    /// Where each dissenter that answered parts ways with the representative.
    pub divergences: Vec<Divergence>,
    /// BLAKE3 of the chains compared.
    pub inputs_hash: Digest,
    /// When they were compared.
    pub at: DateTime<Utc>,
}

words! {
    /// How the chain of a dissenter parts from that of the representative.
    Parting {
        /// Its step comes to another value.
        OtherResult = "other_result",
        /// Its step says something else.
        OtherWords = "other_words",
        /// It ends where the other goes on.
        StopsShort = "stops_short",
        /// It goes on where the other ends.
        GoesOn = "goes_on",
        /// Their steps do not differ; only what they conclude does.
        OtherConclusion = "other_conclusion",
    }
}

/// Where and how a dissenter parts ways with the representative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// The dissenter.
    pub trace: TraceId,
    /// Its first step that parts, by its place from 0; none where it has no step left.
    pub step: Option<i32>,
    /// The representative's step against it; none where that has none left.
    pub representative_step: Option<i32>,
    /// How they part.
    pub parting: Parting,
    /// Why, in words.
    pub reason: String,
}

/// Something wrong with a trace's reasoning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is, by name.
    pub kind: String,
    /// The steps concerned, by ordinal.
    pub steps: Vec<usize>,
    /// Why, in words.
    pub reason: String,
}

/// What a score rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ScoreInputs {
    /// The verification.
    pub verification: VerificationId,
    /// The consensus of its group.
    pub consensus: Option<ConsensusId>,
    /// The review that settled the verdict.
    pub review: Option<ReviewId>,
    /// The reward model in use.
    pub reward_model: Option<ModelVersionId>,
}

/// The reward of a trace, each term kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Its id.
    pub id: ScoreId,
    /// The trace.
    pub trace: TraceId,
    /// What it rests on.
    pub inputs: ScoreInputs,
    /// The reward, -1 to 1.
    pub reward: f64,
    /// The expert's verdict, -1 to 1.
    pub expert_term: Option<f64>,
    /// Factual support, -1 to 1.
    pub support_term: f64,
    /// Share of claims that no fact decides, 0 to 1.
    pub unverifiable_term: f64,
    /// Logical consistency, 0 to 1.
    pub consistency_term: f64,
    /// Probability that the answer is true by the reward model, 0 to 1.
    pub model_term: Option<f64>,
    /// What users said, -1 to 1, drawn towards 0 while they are few.
    pub feedback_term: Option<f64>,
    /// From how many opinions of users.
    pub feedback_count: i32,
    /// Quality of its citations, -1 (none holds) to 1 (all hold); none where it cites nothing that is known here.
    pub citation_term: Option<f64>,
    /// How much each term counted.
    pub weighing: Weighing,
    /// What the logic rules found.
    pub findings: Vec<Finding>,
    /// The step in which the first mistake was made, by its place from 0, as far as the rules found one.
    pub first_suspect: Option<i32>,
    /// BLAKE3 of the inputs and the weights.
    pub inputs_hash: Digest,
    /// When.
    pub at: DateTime<Utc>,
}
