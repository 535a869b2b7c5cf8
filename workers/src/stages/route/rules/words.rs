//! Why an item was routed, as an expert reads it.

use atr_core::domain::assignment::RoutingReason;

use super::{
    Item,
    signals::{Evidence, Signal},
};

/// Evidence below so many log-odds is not told: it moves an even chance by less than four in a hundred.
const TOLD: f64 = 0.15;
/// From here on terms are said to be in conflict.
const CONFLICT: f64 = 0.5;
/// From here on little of a domain is said to be reviewed.
const NOVEL: f64 = 0.5;

/// The two strongest pieces of evidence that the answer is wrong; else what it is worth for; then what it stands for.
pub(super) fn of(item: &Item, reason: &RoutingReason, evidence: &[(Evidence, f64)]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (of, _) in evidence.iter().filter(|(_, strength)| *strength >= TOLD) {
        let said = said(item, *of);
        if parts.len() < 2 && !parts.contains(&said) {
            parts.push(said);
        }
    }
    if parts.len() < 2 && reason.conflict >= CONFLICT {
        parts.push("facts, reasoning and reward model say different things of it".to_owned());
    }
    if parts.is_empty() {
        parts.push(if reason.novelty >= NOVEL {
            format!("little of {} has been reviewed", item.of.domain)
        } else {
            "nothing tells yet whether the answer is right".to_owned()
        });
    }
    if let Some(traces) = reason.traces.filter(|traces| *traces > 1) {
        parts.push(format!("{} traces say nearly the same", number(traces)));
    }
    if reason.carried_over {
        parts.push(GIVEN_BEFORE.to_owned());
    }
    parts.join("; ")
}

/// What is said of an item that an earlier week asked about in vain.
const GIVEN_BEFORE: &str = "it was given out before, and nobody judged it";

/// The same for one that stays with who had it in the last week.
pub(super) fn left_over(words: &str) -> String {
    let rest = words.strip_suffix(GIVEN_BEFORE).map_or(words, |rest| rest.trim_end_matches("; "));
    format!("left over from the last cycle, when the same expert had it; {rest}")
}

/// The same for one that was drawn at random.
pub(super) fn explored(words: &str) -> String {
    format!("drawn at random, to learn also of what nobody suspects; {words}")
}

fn said(item: &Item, evidence: Evidence) -> String {
    let text = match evidence {
        Evidence::Signal(Signal::Agreement | Signal::Rival) => return chains(item),
        Evidence::Signal(Signal::RewardModel) => {
            let chance = item.of.model.unwrap_or(0.5) * 100.0;
            return format!("the reward model gives {chance:.0} % that the answer is right");
        }
        Evidence::Domain => return format!("answers in {} are often wrong", item.of.domain),
        Evidence::Model => "the model that answered is often wrong",
        Evidence::Signal(Signal::CommonGround) => "the other chains go another way",
        Evidence::Signal(Signal::Support) if item.of.support < 0.0 => "facts contradict it",
        Evidence::Signal(Signal::Support) => "answers that facts support were wrong before",
        Evidence::Signal(Signal::Unverifiable) => "no fact decides all that it claims",
        Evidence::Signal(Signal::Inconsistency) => "its reasoning does not hold together",
        Evidence::Signal(Signal::Confidence) if Signal::Confidence.of(item) < 0.0 => "the model was unsure of it",
        Evidence::Signal(Signal::Confidence) => "the model was sure of it, as of wrong answers before",
        Evidence::Signal(Signal::WeakestToken) if Signal::WeakestToken.of(item) > 0.0 => {
            "some of its words were a guess"
        }
        Evidence::Signal(Signal::WeakestToken) => "no word of it was a guess, as in wrong answers before",
        Evidence::Signal(Signal::Complaint) => "users found it bad",
        Evidence::Signal(Signal::QuestionLength) if Signal::QuestionLength.of(item) > 0.0 => {
            "the question is a long one"
        }
        Evidence::Signal(Signal::QuestionLength) => "the question is a short one",
        Evidence::Signal(Signal::ReasoningLength) if Signal::ReasoningLength.of(item) > 0.0 => {
            "the answer is a long one"
        }
        Evidence::Signal(Signal::ReasoningLength) => "the answer is a short one",
    };
    text.to_owned()
}

fn chains(item: &Item) -> String {
    let Some(others) = item.of.others else { return "the chains disagree".to_owned() };
    let all = number(others.chains + 1);
    match others.chains - others.same {
        0 => format!("all {all} chains answer the same, as with wrong answers before"),
        1 if others.chains == 1 => "the other chain answers otherwise".to_owned(),
        more if more == others.rival => format!("{} of {all} chains agree on another answer", number(more)),
        more => format!("{} of {all} chains answer otherwise", number(more)),
    }
}

/// A number as it is written in a sentence.
fn number(n: u32) -> String {
    const WORDS: [&str; 13] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    WORDS.get(n as usize).map_or_else(|| n.to_string(), |word| (*word).to_owned())
}
