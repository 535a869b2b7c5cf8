//! How a week's capacity is divided.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::Rejection;

/// How a week's capacity is divided: each a share, 0 to 1. Stored as a [`PolicyChange`] that gives every field.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "PolicyChange", into = "PolicyChange")]
pub struct RoutingPolicy {
    /// Of the items asked about, so many go to two experts.
    pub double_blind_share: f64,
    /// Of the experts' capacity, so much is for gold items.
    pub gold_share: f64,
    /// Of the items asked about, so many are drawn at random among all that are open.
    pub exploration_share: f64,
    /// Of the items asked about, so many are divided among the domains in proportion to what is open of each, whatever they are
    /// worth beside other domains'.
    pub domain_floor: f64,
}

impl Default for RoutingPolicy {
    /// One item in ten is judged twice: an expert of ten items a week meets one, and in ten weeks ten such experts have compared
    /// themselves in a hundred items. One in twenty is gold, one in ten drawn at random. Half follow the domains.
    fn default() -> Self {
        Self { double_blind_share: 0.1, gold_share: 0.05, exploration_share: 0.1, domain_floor: 0.5 }
    }
}

/// What is to change of a policy, as sent; what is not given stays.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyChange {
    /// Of the items asked about, so many go to two experts.
    #[schemars(range(min = 0, max = 1))]
    pub double_blind_share: Option<f64>,
    /// Of the experts' capacity, so much is for items whose right answer is known.
    #[schemars(range(min = 0, max = 1))]
    pub gold_share: Option<f64>,
    /// Of the items asked about, so many are drawn at random among all that are open.
    #[schemars(range(min = 0, max = 1))]
    pub exploration_share: Option<f64>,
    /// Of the items asked about, so many are divided among the domains in proportion to what is open of each.
    #[schemars(range(min = 0, max = 1))]
    pub domain_floor: Option<f64>,
}

impl RoutingPolicy {
    /// The policy after a change.
    ///
    /// # Errors
    /// If a share is not between 0 and 1.
    pub fn changed(self, change: PolicyChange) -> Result<Self, Rejection> {
        Ok(Self {
            double_blind_share: share("double_blind_share", change.double_blind_share, self.double_blind_share)?,
            gold_share: share("gold_share", change.gold_share, self.gold_share)?,
            exploration_share: share("exploration_share", change.exploration_share, self.exploration_share)?,
            domain_floor: share("domain_floor", change.domain_floor, self.domain_floor)?,
        })
    }
}

fn share(field: &'static str, sent: Option<f64>, before: f64) -> Result<f64, Rejection> {
    let share = sent.unwrap_or(before);
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err(Rejection::new(field, format!("is {share}: give a share between 0 and 1, such as 0.1")))
    }
}

impl TryFrom<PolicyChange> for RoutingPolicy {
    type Error = String;
    /// What is not given is as by default.
    fn try_from(sent: PolicyChange) -> Result<Self, String> {
        Self::default().changed(sent).map_err(|refused| format!("`{}` {}", refused.field, refused.message))
    }
}

impl From<RoutingPolicy> for PolicyChange {
    fn from(policy: RoutingPolicy) -> Self {
        Self {
            double_blind_share: Some(policy.double_blind_share),
            gold_share: Some(policy.gold_share),
            exploration_share: Some(policy.exploration_share),
            domain_floor: Some(policy.domain_floor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_beyond_0_to_1_is_refused_by_name() {
        for wrong in [-0.1, 1.5, f64::NAN] {
            let change = PolicyChange { gold_share: Some(wrong), ..PolicyChange::default() };
            assert_eq!(RoutingPolicy::default().changed(change).expect_err("no share").field, "gold_share");
        }
    }

    #[test]
    fn a_policy_is_read_as_it_was_written_and_what_is_not_given_is_as_by_default() {
        let policy = RoutingPolicy { gold_share: 0.2, ..RoutingPolicy::default() };
        let written = serde_json::to_string(&policy).expect("JSON");
        assert_eq!(serde_json::from_str::<RoutingPolicy>(&written).expect("a policy"), policy);
        assert_eq!(serde_json::from_str::<RoutingPolicy>(r#"{"gold_share": 0.2}"#).expect("a policy"), policy);
        assert!(serde_json::from_str::<RoutingPolicy>(r#"{"gold_share": 2}"#).is_err());
        assert!(serde_json::from_str::<RoutingPolicy>(r#"{"golden_share": 0.2}"#).is_err());
    }
}
