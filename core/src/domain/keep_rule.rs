//! Which of the traces that are put together from spans are kept.

use serde::{Deserialize, Serialize};

use super::Rejection;

/// A project's rule of what is kept: what is uncertain, what is flagged, and a share of the rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KeepRule {
    /// For so many seconds no span of a trace may come before the trace is put together.
    pub quiet_seconds: i32,
    /// A trace whose confidence is below this is kept, 0 to 1.
    pub keep_below: f64,
    /// Whether a trace is kept that something says is wrong.
    pub keep_flagged: bool,
    /// The share of all other traces that is kept, 0 to 1.
    pub keep_share: f64,
}

/// What is to change of a rule; what is not given stays.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct KeepRuleChange {
    /// See [`KeepRule::quiet_seconds`].
    pub quiet_seconds: Option<i32>,
    /// See [`KeepRule::keep_below`].
    pub keep_below: Option<f64>,
    /// See [`KeepRule::keep_flagged`].
    pub keep_flagged: Option<bool>,
    /// See [`KeepRule::keep_share`].
    pub keep_share: Option<f64>,
}

impl KeepRule {
    /// The rule with what is to change.
    ///
    /// # Errors
    /// Names the field that is out of its range.
    pub fn with(self, change: KeepRuleChange) -> Result<Self, Rejection> {
        let share = |field: &str, value: f64| match value {
            value if (0.0..=1.0).contains(&value) => Ok(value),
            value => Err(Rejection::new(field, format!("is {value}: give a number from 0 to 1"))),
        };
        let quiet_seconds = change.quiet_seconds.unwrap_or(self.quiet_seconds);
        if !(0..=3600).contains(&quiet_seconds) {
            let message = format!("is {quiet_seconds}: give a number of seconds from 0 to 3,600");
            return Err(Rejection::new("quiet_seconds", message));
        }
        Ok(Self {
            quiet_seconds,
            keep_below: share("keep_below", change.keep_below.unwrap_or(self.keep_below))?,
            keep_flagged: change.keep_flagged.unwrap_or(self.keep_flagged),
            keep_share: share("keep_share", change.keep_share.unwrap_or(self.keep_share))?,
        })
    }
}
