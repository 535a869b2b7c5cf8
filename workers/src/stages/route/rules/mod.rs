//! Which items are worth an expert's time, and who gets them. Pure and deterministic.
//!
//! ```text
//! open items ─┬─▶ signals ─▶ chance that the answer is wrong ◀─ fitted on what is reviewed
//!             ├─▶ traces with the same fault                 ◀─ and how many of them are reviewed
//!             └─▶ value ─▶ choice, within the experts' capacity ─▶ reason in words
//! ```
//!
//! The order in which items, reviews or experts come changes nothing; chance is drawn from the seed alone.

mod chains;
mod choice;
mod faults;
mod logistic;
mod shares;
mod signals;
mod value;
mod words;

use std::collections::{BTreeSet, HashMap};

use atr_core::{
    domain::assignment::{Purpose, RoutingPolicy, RoutingReason},
    ids::{ExpertId, TraceId},
    store::{LeftOver, Routable},
};
use uuid::Uuid;

pub use chains::common_ground;
pub use choice::route;
pub use signals::{Calibration, Signal};
pub use value::{Valued, value};

/// A trace with what is known of it before it is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What is stored of it.
    pub of: Routable,
    /// How much of what it says beyond its question other chains say too, as [`common_ground`] has it.
    pub common_ground: Option<f64>,
    /// Whom earlier cycles asked about it, in vain.
    pub asked_before: Vec<ExpertId>,
}

/// A trace that experts looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    /// The trace, as it was before.
    pub item: Item,
    /// Whether they found the answer right; nothing where they disagree or abstain.
    pub right: Option<bool>,
}

/// Someone who can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewer {
    /// Who.
    pub id: ExpertId,
    /// The domains judged; empty is all.
    pub domains: Vec<String>,
    /// The languages read; empty is all.
    pub languages: Vec<String>,
    /// How many items are free this week.
    pub free: usize,
    /// What was given out to them this week, what they ever passed on, and every gold item that they ever had.
    pub seen: BTreeSet<TraceId>,
    /// The questions that they were asked this week.
    pub questions: BTreeSet<Uuid>,
}

impl Reviewer {
    /// Whether they judge what is of this domain and language.
    pub fn can_judge(&self, domain: &str, language: &str) -> bool {
        let named = |all: &[String], one: &str| all.is_empty() || all.iter().any(|known| known == one);
        named(&self.domains, domain) && (language == "und" || named(&self.languages, language))
    }

    /// Whether they can judge such an item, and have had neither it nor another answer to its question.
    fn is_able(&self, item: &Routable) -> bool {
        self.can_judge(&item.domain, &item.language)
            && !self.seen.contains(&item.trace)
            && !self.questions.contains(&item.question)
    }
}

/// All that a week's choice depends on.
#[derive(Debug, Clone, Default)]
pub struct Week {
    /// What may be asked about.
    pub open: Vec<Item>,
    /// What is asked about already.
    pub asked: Vec<Item>,
    /// What experts had in the last week and did not come to.
    pub left_over: Vec<LeftOver>,
    /// What was judged before.
    pub reviewed: Vec<Reviewed>,
    /// How many traces of each domain were judged of late.
    pub reviewed_of_domain: HashMap<String, i64>,
    /// Traces of which it is known whether they are right, as they were before they were judged.
    pub gold: Vec<Item>,
    /// Who can be asked.
    pub reviewers: Vec<Reviewer>,
    /// How the capacity is divided.
    pub policy: RoutingPolicy,
    /// What chance is drawn from.
    pub seed: [u8; 32],
}

/// An item for someone.
#[derive(Debug, Clone, PartialEq)]
pub struct Routed {
    /// Who is asked.
    pub expert: ExpertId,
    /// What is to be judged.
    pub trace: TraceId,
    /// What for.
    pub purpose: Purpose,
    /// Expected value, 0 to 1.
    pub value: f64,
    /// Why.
    pub reason: RoutingReason,
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
