//! Steps that rest on nothing, or on what is not there.

use std::collections::BTreeSet;

use super::{FaultKind, Finding, Step};
use crate::stages::verify::words::words;

/// Inferences that rest on nothing though others rest on them, and steps that rest on what is not there. A premise needs no support: a
/// step is held to be an inference only where it says so.
pub(super) fn unsupported(question: &str, steps: &[Step], findings: &mut Vec<Finding>) {
    let relied: BTreeSet<usize> = steps.iter().flat_map(|s| s.rests_on.iter().copied()).collect();
    let given: BTreeSet<String> = words(question).into_iter().map(|w| w.stem).collect();
    for (at, step) in steps.iter().enumerate() {
        let absent: Vec<String> =
            step.rests_on.iter().filter(|r| **r >= steps.len()).map(|r| (r + 1).to_string()).collect();
        if !absent.is_empty() {
            let reason = format!("step {} rests on step {}, which is not there", at + 1, absent.join(", "));
            findings.push(Finding { kind: FaultKind::Unsupported, steps: vec![at], span: None, reason });
            continue;
        }
        let all = words(step.text);
        let infers = all
            .first()
            .is_some_and(|w| matches!(w.lower.as_str(), "therefore" | "thus" | "hence" | "consequently" | "so"));
        let restates = all.iter().filter(|w| !w.is_stop()).all(|w| given.contains(&w.stem));
        if step.rests_on.is_empty() && relied.contains(&at) && infers && !restates {
            let reason =
                format!("step {} draws a conclusion that later steps rest on, and rests on nothing itself", at + 1);
            findings.push(Finding { kind: FaultKind::Unsupported, steps: vec![at], span: None, reason });
        }
    }
}
