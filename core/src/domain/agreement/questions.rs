//! How far experts agree on each question that a review answers.

use super::{
    Bootstrap, Interval, Metric, Ratings, RatingsError, Undefined,
    reviews::{Opinion, flaw_labels, severities, suspect_steps, verdicts},
    words,
};
use crate::ids::{ExpertId, TraceId};

words! {
    /// The questions that every review is asked.
    ReviewQuestion {
        /// Is the answer right?
        Verdict = "verdict",
        /// How bad is the flaw?
        Severity = "severity",
        /// Which step is the first flawed one?
        SuspectStep = "suspect_step",
    }
}

impl From<ReviewQuestion> for Question {
    fn from(question: ReviewQuestion) -> Self {
        match question {
            ReviewQuestion::Verdict => Self::Verdict,
            ReviewQuestion::Severity => Self::Severity,
            ReviewQuestion::SuspectStep => Self::SuspectStep,
        }
    }
}

/// What reviews are compared by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Is the answer right?
    Verdict,
    /// How bad is the flaw?
    Severity,
    /// Which step is the first flawed one?
    SuspectStep,
    /// Has the answer this flaw?
    Flaw(String),
}

/// How far experts agree on a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreed {
    /// How many traces were rated.
    pub traces: usize,
    /// By how many experts.
    pub experts: usize,
    /// How many ratings there are.
    pub ratings: usize,
    /// Krippendorff's alpha, or why it is not defined.
    pub alpha: Result<Interval, Undefined>,
    /// Fleiss' kappa, over traces rated by as many experts each as the function says, or why it is not defined.
    pub fleiss_kappa: Result<Interval, Undefined>,
}

/// How far opinions agree on a question.
///
/// # Errors
/// If an expert has two opinions on one trace.
pub fn agreed(question: &Question, opinions: &[Opinion], by: &Bootstrap) -> Result<Agreed, RatingsError> {
    Ok(match question {
        Question::Verdict => of(&verdicts(opinions)?, Metric::Nominal, by),
        Question::Severity => of(&severities(opinions)?, Metric::Ordinal, by),
        Question::SuspectStep => of(&suspect_steps(opinions)?, Metric::Nominal, by),
        Question::Flaw(label) => match flaw_labels(opinions)?.find(|(given, _)| given == label) {
            Some((_, ratings)) => of(&ratings, Metric::Nominal, by),
            None => {
                let nobody = Ratings::over(&[false, true], std::iter::empty::<(TraceId, ExpertId, bool)>())?;
                of(&nobody, Metric::Nominal, by)
            }
        },
    })
}

fn of<C: Ord + Clone>(ratings: &Ratings<TraceId, ExpertId, C>, metric: Metric, by: &Bootstrap) -> Agreed {
    let tallies = ratings.tallies();
    Agreed {
        traces: ratings.units().len(),
        experts: ratings.raters().len(),
        ratings: ratings.count(),
        alpha: tallies.alpha_interval(metric, by),
        fleiss_kappa: tallies.fleiss_kappa_interval(by),
    }
}
