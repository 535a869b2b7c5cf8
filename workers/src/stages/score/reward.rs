//! The reward of reinforcement learning from factual feedback: what an expert says, what the facts say, less what cannot be
//! verified, how far the reasoning holds together and the citations hold; and, as far as they go, what a trained model and users say.
//!
//! With each term brought to -1..1 (the penalty to -1..0), the reward is their weighted mean over the terms that are there:
//!
//! ```text
//! value = (e·expert + s·support − u·unverifiable + c·(2·consistency − 1) + q·citations + m·(2·model − 1) + f·feedback)
//!         / (e + s + u + c + q + m + f)
//! ```
//!
//! An absent expert, model, feedback or citation leaves both sums. Citations are those that hold less those that do not, over
//! both ([`Cited`]); what names nothing that is known here counts as unverifiable. Feedback is the sum of users' opinions, each -1 to
//! 1, over one more than there are: one voice says half of what many say, and none says it all. By the program's own weights it has at
//! most an eighth of all weight, and a sixteenth of it beside an expert. So the value lies in -1..1; it falls when a claim turns from supported to
//! contradicted, when more claims cannot be verified, when a citation is added that does not hold, and when a flaw is found, all else
//! being equal. The unverifiable term is only ever a penalty: an answer that says nothing checkable gains nothing by it. The
//! weights are the project's ([`RewardWeights`]), and are kept with the terms beside the value.

use atr_core::domain::{
    Rejection,
    citation::{CitationKind, CitationState},
    judgement::Score,
    reward_formula::RewardWeights,
};

use crate::stages::verify::judge::Counts;

/// What the reward is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// The expert's verdict, -1 (wrong) to 1 (right); none before a review.
    pub expert: Option<f64>,
    /// Factual support, -1 (all contradicted) to 1 (all supported).
    pub support: f64,
    /// Share of the claims, and of the citations that name nothing known, that nothing decides, 0 to 1.
    pub unverifiable: f64,
    /// Logical consistency of the steps, 0 to 1.
    pub consistency: f64,
    /// Quality of the citations, -1 (none holds) to 1 (all hold); none where nothing known is cited.
    pub citations: Option<f64>,
    /// How likely the trained reward model holds the answer to be true, 0 to 1; none before one is trained.
    pub model: Option<f64>,
    /// What users said, -1 (bad) to 1 (good); none where nobody said anything. It is no verdict.
    pub feedback: Option<f64>,
}

/// What a term adds to a reward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// The term: a field of [`Terms`].
    pub name: &'static str,
    /// How much it counts.
    pub weight: f64,
    /// The term as it is weighed, -1 to 1.
    pub term: f64,
    /// What it adds: itself by its share of all weight.
    pub adds: f64,
}

/// Why no reward could be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RewardError {
    /// The weights are none.
    #[error("the weight {0}")]
    Weight(Rejection),
    /// A term outside its range.
    #[error("the term `{0}` must lie between {1} and {2}")]
    Term(&'static str, i8, i8),
}

/// What each term that is there adds to the reward; in sum they are it.
///
/// # Errors
/// A weight or a term that is outside its range.
pub fn parts(weights: &RewardWeights, terms: Terms) -> Result<Vec<Part>, RewardError> {
    weights.check().map_err(RewardError::Weight)?;
    terms.check()?;
    let parts = [
        ("expert", weights.expert, terms.expert),
        ("support", weights.support, Some(terms.support)),
        ("unverifiable", weights.unverifiable, Some(-terms.unverifiable)),
        ("consistency", weights.consistency, Some(2.0 * terms.consistency - 1.0)),
        ("citations", weights.citations, terms.citations),
        ("model", weights.model, terms.model.map(|m| 2.0 * m - 1.0)),
        ("feedback", weights.feedback, terms.feedback),
    ];
    let present = || parts.iter().filter_map(|(name, weight, term)| Some((*name, *weight, (*term)?)));
    let total: f64 = present().map(|(_, weight, _)| weight).sum();
    Ok(present()
        .map(|(name, weight, term)| {
            // No penalty is no negative zero.
            let term = term + 0.0;
            Part { name, weight, term, adds: weight / total * term }
        })
        .collect())
}

/// What the parts come to, -1 to 1.
pub fn value(parts: &[Part]) -> f64 {
    parts.iter().map(|part| part.adds).sum::<f64>().clamp(-1.0, 1.0)
}

/// What of an answer's citations holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cited {
    /// They are known, current, and say what is quoted.
    pub hold: usize,
    /// They are misquoted or retracted, or do not say what is quoted.
    pub fail: usize,
    /// They name something that is not known here, or what it says now is not known.
    pub unknown: usize,
}

impl Cited {
    /// Counts citations. A mark alone, such as `[3]`, names nothing by itself: it is neither for nor against the answer.
    pub fn of(citations: impl IntoIterator<Item = (CitationKind, CitationState)>) -> Self {
        let mut cited = Self::default();
        for (kind, state) in citations {
            match state {
                CitationState::Verified => cited.hold += 1,
                CitationState::Misquoted | CitationState::NotInSource | CitationState::Retracted => cited.fail += 1,
                CitationState::UnknownSource if kind == CitationKind::Marker => {}
                // What its source says now is not known.
                CitationState::UnknownSource | CitationState::Stale | CitationState::Unreachable => cited.unknown += 1,
            }
        }
        cited
    }

    /// Those that hold less those that do not, over both; none where there are neither.
    pub fn term(self) -> Option<f64> {
        let known = self.hold + self.fail;
        (known > 0).then(|| (self.hold as f64 - self.fail as f64) / known as f64)
    }
}

impl Terms {
    /// The terms of a score.
    pub fn of_score(score: &Score) -> Self {
        Self {
            expert: score.expert_term,
            support: score.support_term,
            unverifiable: score.unverifiable_term,
            consistency: score.consistency_term,
            citations: score.citation_term,
            model: score.model_term,
            feedback: score.feedback_term,
        }
    }

    /// The factual terms of counted verdicts: support is (supported − contradicted) over all claims, unverifiable the share that no fact
    /// decides of the claims and of the citations that name nothing known. An answer without either has neither support nor penalty.
    pub fn factual(supported: usize, contradicted: usize, unverifiable: usize, unknown: usize) -> (f64, f64) {
        let claims = supported.saturating_add(contradicted).saturating_add(unverifiable);
        let share = |part: f64, of: usize| if of == 0 { 0.0 } else { part / of as f64 };
        (
            share(supported as f64 - contradicted as f64, claims),
            share(unverifiable as f64 + unknown as f64, claims.saturating_add(unknown)),
        )
    }

    /// The same of counted claims and citations.
    pub fn of_counts(counts: Counts, cited: Cited) -> (f64, f64) {
        let claims = |count: i32| usize::try_from(count).unwrap_or(0);
        let Counts { supported, contradicted, unverifiable } = counts;
        Self::factual(claims(supported), claims(contradicted), claims(unverifiable), cited.unknown)
    }

    /// The term of users' opinions, each -1 to 1: their mean, drawn towards 0 as by one who is undecided.
    pub fn of_opinions(count: i32, sum: f64) -> Option<f64> {
        (count > 0).then(|| sum / (f64::from(count) + 1.0))
    }

    fn check(&self) -> Result<(), RewardError> {
        let within = |name, value: Option<f64>, low: i8, high: i8| match value {
            Some(v) if !(f64::from(low)..=f64::from(high)).contains(&v) => Err(RewardError::Term(name, low, high)),
            _ => Ok(()),
        };
        within("expert", self.expert, -1, 1)?;
        within("support", Some(self.support), -1, 1)?;
        within("unverifiable", Some(self.unverifiable), 0, 1)?;
        within("consistency", Some(self.consistency), 0, 1)?;
        within("citations", self.citations, -1, 1)?;
        within("model", self.model, 0, 1)?;
        within("feedback", self.feedback, -1, 1)
    }
}

#[cfg(test)]
mod tests;
