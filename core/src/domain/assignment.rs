//! Assignments: whom the weekly review asks about what, and why.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

mod policy;

pub use policy::{PolicyChange, RoutingPolicy};

use super::{review::Verdict, words};
use crate::ids::{AssignmentId, ExpertId, ModelVersionId, ReviewId, TraceId};

words! {
    /// What has become of an assignment.
    AssignmentState {
        /// The expert has it, until its lease ends.
        Held = "held",
        /// The expert's judgement is in.
        Done = "done",
        /// The expert cannot judge it, or it is not their field: someone else is asked.
        Passed = "passed",
        /// It was left: given back, taken back, or not done in time. Someone else is asked, or the same in the next cycle.
        Returned = "returned",
    }
}

words! {
    /// What an assignment is for. An expert does not learn it: it would change how they judge.
    Purpose {
        /// One judgement is enough.
        Single = "single",
        /// Two experts judge, neither seeing the other's judgement or what the machine suggests.
        DoubleBlind = "double_blind",
        /// What is right is known: it tells how often the expert is.
        Gold = "gold",
    }
}

/// Why an item was routed: each term of its value, and the reason in words. What was not noted in earlier weeks is read as
/// its default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RoutingReason {
    /// How likely the answer is wrong, by all that was known of it, 0 to 1.
    #[serde(default)]
    pub chance_wrong: Option<f64>,
    /// How uncertain it is whether the answer is right, 0 to 1.
    pub uncertainty: f64,
    /// How much the terms of the reward contradict each other, 0 to 1.
    pub conflict: f64,
    /// How much further than itself a judgement reaches, 0 to 1: 0 for a trace that stands alone, nearing 1 with the number of
    /// those that have the same fault.
    pub reach: f64,
    /// How many traces have the same fault, itself included.
    #[serde(default)]
    pub traces: Option<u32>,
    /// How little is reviewed of its domain, 0 to 1.
    pub novelty: f64,
    /// How far users found it bad, 0 to 1.
    #[serde(default)]
    pub complaint: f64,
    /// Whether it was drawn at random, so that not all that is judged was chosen for what was believed of it.
    #[serde(default)]
    pub explored: bool,
    /// Whether it was given out in an earlier cycle and nobody judged it.
    #[serde(default)]
    pub carried_over: bool,
    /// The reason in words.
    pub words: String,
}

impl RoutingReason {
    /// What of it is told to whoever judges an item of a domain: nothing that anyone suspects of the answer, since that would
    /// weigh on what they find, nor anything by which an item whose answer is known, or that two judge, could be told from
    /// others. What is left out has its default.
    pub fn for_reviewer(&self, domain: &str) -> Self {
        let mut parts = vec![match self.explored {
            true => "drawn at random among all that is open".to_owned(),
            false => format!("among what is most worth judging in {domain}"),
        }];
        if let Some(traces) = self.traces.filter(|traces| *traces > 1) {
            parts.push(format!("{traces} traces say nearly the same"));
        }
        if self.carried_over {
            parts.push("it was given out before, and nobody judged it".to_owned());
        }
        Self {
            reach: self.reach,
            traces: self.traces,
            novelty: self.novelty,
            explored: self.explored,
            carried_over: self.carried_over,
            words: parts.join("; "),
            ..Self::default()
        }
    }
}

/// An item of the weekly review, routed to an expert.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Its id.
    pub id: AssignmentId,
    /// The cycle it is for, by its name: the date on which that opens.
    pub cycle: NaiveDate,
    /// Who is asked.
    pub expert: ExpertId,
    /// What is to be judged.
    pub trace: TraceId,
    /// Its place in the expert's week, from 1.
    pub rank: i32,
    /// Expected value of a judgement, 0 to 1; larger is sooner.
    pub value: f64,
    /// Why.
    pub reason: RoutingReason,
    /// The reward model whose opinion was weighed.
    pub reward_model: Option<ModelVersionId>,
    /// When it was routed.
    pub at: DateTime<Utc>,
    /// What it is for.
    pub purpose: Purpose,
    /// Which of the judgements wanted of the trace in this cycle it is, from 1. No two experts hold one at once.
    pub slot: i16,
    /// What has become of it.
    pub state: AssignmentState,
    /// Until when the expert holds it.
    pub leased_until: DateTime<Utc>,
    /// When the expert looked at it first.
    pub opened_at: Option<DateTime<Utc>>,
    /// When it was done, passed on or returned.
    pub ended_at: Option<DateTime<Utc>>,
    /// The review by which it was done or passed on.
    pub review: Option<ReviewId>,
}

/// For how long an expert who took an item of their own accord holds it after they last touched it.
pub const TAKEN_FOR: TimeDelta = TimeDelta::days(1);

impl AssignmentState {
    /// What becomes of an assignment by a review that finds this.
    pub fn after(verdict: Verdict) -> Self {
        if verdict.is_right().is_some() { Self::Done } else { Self::Passed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_judges_is_told_nothing_that_is_suspected() {
        let all = RoutingReason {
            chance_wrong: Some(0.9),
            uncertainty: 0.2,
            conflict: 0.7,
            reach: 0.75,
            traces: Some(4),
            novelty: 0.5,
            complaint: 0.8,
            explored: false,
            carried_over: true,
            words: "facts contradict it; users found it bad".to_owned(),
        };
        let told = all.for_reviewer("chemistry");
        assert_eq!((told.chance_wrong, told.uncertainty, told.conflict, told.complaint), (None, 0.0, 0.0, 0.0));
        assert_eq!((told.reach, told.traces, told.novelty, told.carried_over), (0.75, Some(4), 0.5, true));
        assert_eq!(
            told.words,
            "among what is most worth judging in chemistry; 4 traces say nearly the same; it was given out before, and nobody \
             judged it"
        );
        let drawn = RoutingReason { explored: true, traces: Some(1), carried_over: false, ..all };
        assert_eq!(drawn.for_reviewer("chemistry").words, "drawn at random among all that is open");
    }

    #[test]
    fn a_reason_of_before_is_read_with_what_was_not_noted_then_left_out() {
        let before = r#"{"uncertainty": 0.5, "conflict": 0.2, "reach": 1, "novelty": 1, "words": "w"}"#;
        let read: RoutingReason = serde_json::from_str(before).expect("a reason");
        assert_eq!((read.chance_wrong, read.traces, read.explored, read.carried_over), (None, None, false, false));
        assert_eq!((read.uncertainty, read.words.as_str()), (0.5, "w"));
    }
}
