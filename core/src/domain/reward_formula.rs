//! The formula of a project's reward: how much each of its terms counts. A change is a new version.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Rejection;
use crate::ids::ApiKeyId;

/// The greatest weight.
pub const WEIGHT: f64 = 1000.0;

/// How much each term of the reward counts beside the others. Stored as a [`WeightsChange`] that gives every field.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WeightsChange", into = "WeightsChange")]
pub struct RewardWeights {
    /// Weight of the expert's verdict.
    pub expert: f64,
    /// Weight of factual support.
    pub support: f64,
    /// Weight of the penalty for what cannot be verified.
    pub unverifiable: f64,
    /// Weight of logical consistency.
    pub consistency: f64,
    /// Weight of the quality of citations.
    pub citations: f64,
    /// Weight of the trained reward model.
    pub model: f64,
    /// Weight of users' feedback.
    pub feedback: f64,
}

impl Default for RewardWeights {
    /// An expert outweighs facts, logic and citations together; users' feedback counts the least.
    fn default() -> Self {
        Self {
            expert: 4.0,
            support: 2.0,
            unverifiable: 0.5,
            consistency: 1.0,
            citations: 0.5,
            model: 1.0,
            feedback: 0.5,
        }
    }
}

/// What is to change of the weights, as sent; what is not given stays.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WeightsChange {
    /// Weight of the expert's verdict.
    pub expert: Option<f64>,
    /// Weight of factual support.
    pub support: Option<f64>,
    /// Weight of the penalty for what cannot be verified.
    pub unverifiable: Option<f64>,
    /// Weight of logical consistency.
    pub consistency: Option<f64>,
    /// Weight of the quality of citations.
    pub citations: Option<f64>,
    /// Weight of the trained reward model.
    pub model: Option<f64>,
    /// Weight of users' feedback.
    pub feedback: Option<f64>,
}

impl RewardWeights {
    /// The weights after a change.
    ///
    /// # Errors
    /// If a weight is not between 0 and [`WEIGHT`], or none is left for the terms that every answer has.
    pub fn changed(self, change: WeightsChange) -> Result<Self, Rejection> {
        let changed = Self {
            expert: change.expert.unwrap_or(self.expert),
            support: change.support.unwrap_or(self.support),
            unverifiable: change.unverifiable.unwrap_or(self.unverifiable),
            consistency: change.consistency.unwrap_or(self.consistency),
            citations: change.citations.unwrap_or(self.citations),
            model: change.model.unwrap_or(self.model),
            feedback: change.feedback.unwrap_or(self.feedback),
        };
        changed.check()?;
        Ok(changed)
    }

    /// Whether a reward can be computed by them.
    ///
    /// # Errors
    /// As of [`Self::changed`].
    pub fn check(&self) -> Result<(), Rejection> {
        let named = [
            ("expert", self.expert),
            ("support", self.support),
            ("unverifiable", self.unverifiable),
            ("consistency", self.consistency),
            ("citations", self.citations),
            ("model", self.model),
            ("feedback", self.feedback),
        ];
        if let Some((name, weight)) = named.into_iter().find(|(_, weight)| !(0.0..=WEIGHT).contains(weight)) {
            return Err(Rejection::new(name, format!("is {weight}: give a weight between 0 and {WEIGHT}")));
        }
        if self.support + self.unverifiable + self.consistency > 0.0 {
            return Ok(());
        }
        Err(Rejection::new(
            "support",
            "weighs nothing, and neither do `unverifiable` and `consistency`: give one of these a weight above 0, for other \
             terms are not there for every answer",
        ))
    }
}

impl TryFrom<WeightsChange> for RewardWeights {
    type Error = String;
    /// What is not given is as by default.
    fn try_from(sent: WeightsChange) -> Result<Self, String> {
        Self::default().changed(sent).map_err(|refused| format!("`{}` {}", refused.field, refused.message))
    }
}

impl From<RewardWeights> for WeightsChange {
    fn from(weights: RewardWeights) -> Self {
        Self {
            expert: Some(weights.expert),
            support: Some(weights.support),
            unverifiable: Some(weights.unverifiable),
            consistency: Some(weights.consistency),
            citations: Some(weights.citations),
            model: Some(weights.model),
            feedback: Some(weights.feedback),
        }
    }
}

/// The weights by which rewards are made, and which of a project's they are.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Weighing {
    /// The version of the project's formula; none where the project had set none, and they are the program's own.
    pub version: Option<i32>,
    /// The weights.
    pub weights: RewardWeights,
}

/// A version of a project's formula.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RewardFormula {
    /// From 1; the highest holds.
    pub version: i32,
    /// The weights.
    pub weights: RewardWeights,
    /// Why it was set, as far as anyone said.
    pub note: Option<String>,
    /// The key it was set with; none for a command beside the database.
    pub key: Option<ApiKeyId>,
    /// When.
    pub set_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_below_0_or_none_that_every_answer_has_is_refused_by_name() {
        for wrong in [-0.1, 1000.5, f64::NAN, f64::INFINITY] {
            let change = WeightsChange { model: Some(wrong), ..WeightsChange::default() };
            assert_eq!(RewardWeights::default().changed(change).expect_err("no weight").field, "model");
        }
        let none = WeightsChange {
            support: Some(0.0),
            unverifiable: Some(0.0),
            consistency: Some(0.0),
            ..WeightsChange::default()
        };
        assert_eq!(RewardWeights::default().changed(none).expect_err("weightless").field, "support");
    }

    #[test]
    fn weights_are_read_as_they_were_written() {
        let weights = RewardWeights { citations: 0.25, ..RewardWeights::default() };
        let written = serde_json::to_string(&weights).expect("JSON");
        assert_eq!(serde_json::from_str::<RewardWeights>(&written).expect("weights"), weights);
        assert!(serde_json::from_str::<RewardWeights>(r#"{"citations": -1}"#).is_err());
        assert!(serde_json::from_str::<RewardWeights>(r#"{"citation": 1}"#).is_err());
    }
}
