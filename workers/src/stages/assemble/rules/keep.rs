//! The project's rule of what is kept.

use atr_core::domain::{keep_rule::KeepRule, span::SpanTraceId};

use super::compose::Composed;

/// Whether a trace is kept: what a user found bad, what is uncertain, what something says is wrong, and a share of all
/// others. The same trace meets the same lot, however often it is asked for.
pub fn keeps(rule: &KeepRule, trace: &SpanTraceId, composed: &Composed, found_bad: bool) -> bool {
    let is_uncertain = composed.trace.confidence.is_some_and(|confidence| confidence < rule.keep_below);
    let is_flagged = rule.keep_flagged && composed.flagged;
    let hash = blake3::hash(trace.bytes());
    let lot = u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("eight bytes"));
    let is_sampled = lot as f64 / 2f64.powi(64) < rule.keep_share;
    found_bad || is_uncertain || is_flagged || is_sampled
}
