//! What of reviews can be compared: each question that a review answers, as ratings of traces by experts.
//!
//! An expert who abstains rates nothing. Of an expert's reviews of a trace the one that holds is to be given alone; the
//! place that an error names is counted among those who do not abstain and answer the question.

use std::collections::BTreeMap;

use super::{Ratings, RatingsError};
use crate::{
    domain::review::{Review, Severity, Verdict},
    ids::{ExpertId, TraceId},
};

/// What of a review can be compared with another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// The trace.
    pub trace: TraceId,
    /// Who judged.
    pub expert: ExpertId,
    /// What was found.
    pub verdict: Verdict,
    /// How bad the flaw is.
    pub severity: Option<Severity>,
    /// Ordinal of the first flawed step, from 0.
    pub suspect_step: Option<i32>,
    /// What is wrong, by label.
    pub flaw_labels: Vec<String>,
}

impl From<&Review> for Opinion {
    fn from(review: &Review) -> Self {
        Self {
            trace: review.trace,
            expert: review.expert,
            verdict: review.verdict,
            severity: review.severity,
            suspect_step: review.suspect_step,
            flaw_labels: review.flaw_labels.clone(),
        }
    }
}

/// Opinions that answer a question, each with its answer.
fn answers<'a, C>(
    opinions: &'a [Opinion],
    answer: impl Fn(&'a Opinion) -> Option<C> + 'a,
) -> impl Iterator<Item = (TraceId, ExpertId, C)> + 'a {
    let judged = opinions.iter().filter(|opinion| opinion.verdict.is_right().is_some());
    judged.filter_map(move |opinion| Some((opinion.trace, opinion.expert, answer(opinion)?)))
}

/// Is the answer right? In categories without an order: right, partly, wrong.
///
/// # Errors
/// If an expert has two opinions of a trace.
pub fn verdicts(opinions: &[Opinion]) -> Result<Ratings<TraceId, ExpertId, Verdict>, RatingsError> {
    let categories = [Verdict::Correct, Verdict::PartlyCorrect, Verdict::Incorrect];
    Ratings::over(&categories, answers(opinions, |opinion| Some(opinion.verdict)))
}

/// How bad is the flaw? In ordered categories, by those who said so.
///
/// # Errors
/// If an expert has two opinions of a trace.
pub fn severities(opinions: &[Opinion]) -> Result<Ratings<TraceId, ExpertId, Severity>, RatingsError> {
    Ratings::over(Severity::ALL, answers(opinions, |opinion| opinion.severity))
}

/// Which step is the first that is flawed? In categories without an order, by those who named one: who names none may find
/// none flawed or may not have looked.
///
/// # Errors
/// If an expert has two opinions of a trace.
pub fn suspect_steps(opinions: &[Opinion]) -> Result<Ratings<TraceId, ExpertId, i32>, RatingsError> {
    Ratings::found(answers(opinions, |opinion| opinion.suspect_step))
}

/// Has the answer this flaw? For each label that anyone gave, in order, whether each expert gave it: an expert who judged a
/// trace and did not give the label says no. The ratings of a label are made when they are asked for.
///
/// # Errors
/// If an expert has two opinions of a trace.
pub fn flaw_labels(
    opinions: &[Opinion],
) -> Result<impl Iterator<Item = (&str, Ratings<TraceId, ExpertId, bool>)>, RatingsError> {
    let nobody = Ratings::over(&[false, true], answers(opinions, |_| Some(false)))?;
    let mut given: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (trace, expert, labels) in answers(opinions, |opinion| Some(&opinion.flaw_labels)) {
        for label in labels {
            given.entry(label).or_default().extend(nobody.place(&trace, &expert));
        }
    }
    Ok(given.into_iter().map(move |(label, mut places)| {
        places.sort_unstable();
        let has = |at| usize::from(places.binary_search(&at).is_ok());
        (label, nobody.clone().recoded(has))
    }))
}

#[cfg(test)]
mod tests;
