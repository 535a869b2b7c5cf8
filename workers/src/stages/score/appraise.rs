//! What the rules and the reward model say of an answer, be it a trace's or one that is asked about.

use atr_core::domain::{answer::Answer, judgement::Finding};
use atr_reward::{Candidate, RewardModel, Signals};

use super::logic::{self, Logic};

/// Looks through the answer's steps and what they lead to.
pub(super) fn examine(answer: &Answer) -> Logic {
    let graph: Vec<logic::Step<'_>> =
        answer.steps.iter().map(|step| logic::Step { text: &step.text, rests_on: &step.rests_on }).collect();
    logic::examine(&answer.query, &graph, Some(&answer.answer))
}

/// What the reward model says of an answer, 0 to 1; beside other chains for its query, where there are any: the share of them that
/// give its answer, and how many there are.
pub(super) fn rate(model: &RewardModel, answer: &Answer, agreement: Option<f64>, chains: Option<u32>) -> f64 {
    let steps: Vec<String> = answer.steps.iter().map(|step| step.text.clone()).collect();
    let signal = |name: &str| answer.signals.get(name).copied();
    model.score(&Candidate {
        question: &answer.query,
        answer: &answer.answer,
        steps: &steps,
        domain: &answer.domain,
        signals: Signals {
            mean_logprob: signal("mean_logprob"),
            min_logprob: signal("min_logprob"),
            agreement,
            chains,
        },
    })
}

/// A finding as it is recorded.
pub(super) fn finding(found: logic::Finding) -> Finding {
    let kind = serde_json::to_value(found.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned));
    Finding { kind: kind.unwrap_or_default(), steps: found.steps, reason: found.reason }
}
