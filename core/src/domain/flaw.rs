//! Flaws: what is wrong with an answer, by one taxonomy, each with the evidence that led to it.

use crate::ids::{CitationId, ClaimId, ReviewId, ScoreId, TraceId};

words! {
    /// What is wrong with an answer.
    FlawKind {
        /// It says what a fact contradicts.
        FactualError = "factual_error",
        /// It cites what has nothing like the words that are quoted.
        FabricatedCitation = "fabricated_citation",
        /// It quotes in other words than the source's.
        MisquotedCitation = "misquoted_citation",
        /// A written equation does not hold, or an expression is not the one it is said to be.
        ArithmeticSlip = "arithmetic_slip",
        /// A step or the answer does not follow from what it rests on.
        InvalidInference = "invalid_inference",
        /// It says what cannot be true together, or not beside what the question says.
        Contradiction = "contradiction",
        /// A step is taken that nothing stands for.
        MissingStep = "missing_step",
        /// It says what held once, and holds no more.
        Outdated = "outdated",
        /// It may do harm.
        Unsafe = "unsafe",
        /// It answers what cannot be answered.
        UnanswerableAnswered = "unanswerable_answered",
    }
}

words! {
    /// What a flaw was told by.
    EvidenceKind {
        /// A claim of the answer, held against the facts.
        Claim = "claim",
        /// A citation in the answer, checked.
        Citation = "citation",
        /// What the logic rules found in the reasoning.
        Finding = "finding",
        /// An expert's review.
        Review = "review",
    }
}

/// The evidence of a flaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// A claim of the answer, held against the facts.
    Claim(ClaimId),
    /// A citation in the answer, checked.
    Citation(CitationId),
    /// What the logic rules found: its place, from 0, among the findings of the score.
    Finding(i32),
    /// An expert's review.
    Review(ReviewId),
}

impl Evidence {
    /// Of what kind it is.
    pub fn kind(self) -> EvidenceKind {
        match self {
            Self::Claim(_) => EvidenceKind::Claim,
            Self::Citation(_) => EvidenceKind::Citation,
            Self::Finding(_) => EvidenceKind::Finding,
            Self::Review(_) => EvidenceKind::Review,
        }
    }
}

/// Something that is wrong with an answer, as a score has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The score that it stands with.
    pub score: ScoreId,
    /// Its place among the flaws of the score, from 0.
    pub ordinal: i32,
    /// The trace.
    pub trace: TraceId,
    /// What it is.
    pub kind: FlawKind,
    /// What it was told by.
    pub evidence: Evidence,
    /// The place, from 0, of the step it is in; none where it is in the answer alone.
    pub step: Option<i32>,
    /// Why, in words.
    pub reason: String,
}
