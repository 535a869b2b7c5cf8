//! Which flaws an answer has, by what was found of it: each with the evidence that tells it.
//!
//! | flaw | told by |
//! | --- | --- |
//! | factual error | a claim that a fact contradicts |
//! | outdated | the same, where a fact that holds no more says what the claim says; a citation of what holds no more |
//! | fabricated citation | a citation of what has nothing like the words that are quoted |
//! | misquoted citation | a citation of what has them otherwise |
//! | arithmetic slip, invalid inference, contradiction, missing step | what the logic rules found |
//! | any of them | a standing review that labels it so |
//!
//! Nothing but a review tells yet that an answer is unsafe, or that its question has none. A mark alone, such as `[3]`, names nothing
//! that could be looked up: it is no fabrication.

use atr_core::{
    domain::{
        citation::{Citation, CitationState, Wording},
        flaw::{Evidence, Flaw, FlawKind},
        judgement::{Claim, ClaimVerdict},
        review::Review,
    },
    ids::{ScoreId, TraceId},
};

use super::logic::{FaultKind, Finding};

/// What stands about an answer.
#[derive(Debug, Clone, Copy)]
pub struct Evident<'a> {
    /// The claims of its newest verification.
    pub claims: &'a [Claim],
    /// The citations of the same.
    pub citations: &'a [Citation],
    /// What the logic rules found in its steps.
    pub findings: &'a [Finding],
    /// The newest review of each expert.
    pub reviews: &'a [Review],
    /// The texts of its steps, in order.
    pub steps: &'a [&'a str],
}

/// The flaws that a score of a trace has: what claims tell first, then citations, findings and reviews.
pub fn flaws(score: ScoreId, trace: TraceId, about: Evident<'_>) -> Vec<Flaw> {
    let mut told = Vec::new();
    let mut steps = Spoken { texts: about.steps, wordings: None };
    for claim in about.claims {
        if let Some(kind) = of_claim(claim) {
            let step = steps.first_with(&claim.text);
            told.push((kind, Evidence::Claim(claim.id), step, claim.reason.clone()));
        }
    }
    for citation in about.citations {
        if let Some(kind) = of_citation(citation) {
            let step = steps.first_with(&citation.raw);
            told.push((kind, Evidence::Citation(citation.id), step, citation.reason.clone()));
        }
    }
    for (at, finding) in (0..).zip(about.findings) {
        let step = finding.suspect().and_then(|step| i32::try_from(step).ok());
        told.push((of_finding(finding.kind), Evidence::Finding(at), step, finding.reason.clone()));
    }
    for review in about.reviews {
        for kind in labelled(review) {
            let reason = review.rationale.clone().unwrap_or_else(|| "an expert labels it so".to_owned());
            told.push((kind, Evidence::Review(review.id), review.suspect_step, reason));
        }
    }
    let flaw = |(ordinal, (kind, evidence, step, reason))| Flaw { score, ordinal, trace, kind, evidence, step, reason };
    (0..).zip(told).map(flaw).collect()
}

/// The flaws that a review's labels name: labels are free words, and some of them are the taxonomy's, however they are written.
pub fn labelled(review: &Review) -> impl Iterator<Item = FlawKind> {
    let named = |label: &String| {
        let words: Vec<String> = label
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        words.join("_").parse::<FlawKind>().ok()
    };
    let mut kinds: Vec<FlawKind> = review.flaw_labels.iter().filter_map(named).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.into_iter()
}

fn of_claim(claim: &Claim) -> Option<FlawKind> {
    let kind = if claim.lapsed_fact.is_some() { FlawKind::Outdated } else { FlawKind::FactualError };
    (claim.verdict == ClaimVerdict::Contradicted).then_some(kind)
}

fn of_citation(citation: &Citation) -> Option<FlawKind> {
    match citation.state {
        // What is not known here, or could not be read, may well exist and say so.
        CitationState::Verified | CitationState::UnknownSource | CitationState::Unreachable => None,
        CitationState::NotInSource => Some(FlawKind::FabricatedCitation),
        CitationState::Misquoted => Some(FlawKind::MisquotedCitation),
        // That a source was not read again in time is no fault of who cites it.
        CitationState::Stale => citation.fact.is_some().then_some(FlawKind::Outdated),
        CitationState::Retracted => Some(FlawKind::Outdated),
    }
}

fn of_finding(kind: FaultKind) -> FlawKind {
    match kind {
        FaultKind::WrongArithmetic | FaultKind::MisreadExpression => FlawKind::ArithmeticSlip,
        FaultKind::Contradiction | FaultKind::PremiseContradicted => FlawKind::Contradiction,
        FaultKind::InvalidInference | FaultKind::CircularSupport | FaultKind::ConclusionDoesNotFollow => {
            FlawKind::InvalidInference
        }
        FaultKind::Unsupported | FaultKind::UnsupportedJump => FlawKind::MissingStep,
    }
}

/// The steps, to be looked through for words; taken apart once, and only if there is something to look for.
struct Spoken<'a> {
    texts: &'a [&'a str],
    wordings: Option<Vec<Wording>>,
}

impl Spoken<'_> {
    /// The place of the first step that has these words next to each other.
    fn first_with(&mut self, words: &str) -> Option<i32> {
        let texts = self.texts;
        let steps = self.wordings.get_or_insert_with(|| texts.iter().map(|text| Wording::of(text)).collect());
        let words = Wording::of(words);
        steps.iter().position(|step| words.stands_in(step)).and_then(|at| i32::try_from(at).ok())
    }
}

#[cfg(test)]
mod tests;
