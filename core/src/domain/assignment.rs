//! Assignments: whom the weekly review asks about what, and why.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::words;
use crate::ids::{AssignmentId, ExpertId, ModelVersionId, TraceId};

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

/// Why an item was routed: each term of its value, and the reason in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoutingReason {
    /// How uncertain it is whether the answer is right, 0 to 1.
    pub uncertainty: f64,
    /// How much the terms of the reward contradict each other, 0 to 1.
    pub conflict: f64,
    /// How many traces share its question, as a share of the largest such number, 0 to 1.
    pub reach: f64,
    /// How little is reviewed of its domain, 0 to 1.
    pub novelty: f64,
    /// How far users found it bad, 0 to 1.
    #[serde(default)]
    pub complaint: f64,
    /// The reason in words.
    pub words: String,
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
}
