//! The project's rule of what is kept.

use atr_core::domain::{keep_rule::KeepRule, span::SpanTraceId};

use super::compose::Composed;

/// Why a trace is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its confidence is low.
    Uncertain,
    /// Something says that it is wrong.
    Flagged,
    /// It is one of the share of all others.
    Sampled,
}

/// Whether a trace is kept, and why. The same trace meets the same lot, however often it is asked for.
pub fn keep(rule: &KeepRule, trace: &SpanTraceId, composed: &Composed) -> Option<Why> {
    if composed.trace.confidence.is_some_and(|confidence| confidence < rule.keep_below) {
        return Some(Why::Uncertain);
    }
    if rule.keep_flagged && composed.flagged {
        return Some(Why::Flagged);
    }
    let hash = blake3::hash(trace.bytes());
    let lot = u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("eight bytes"));
    (lot as f64 / 2f64.powi(64) < rule.keep_share).then_some(Why::Sampled)
}
