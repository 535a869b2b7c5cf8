//! What a settled review yields. Pure.
//!
//! A trace to train on yields rows for each way of training: supervised (`messages`), preference (`prompt`, `chosen`,
//! `rejected`), KTO (`prompt`, `completion`, `label`), stepwise (`prompt`, `completions`, `labels`), the columns that
//! TRL's trainers take; a row of the reward model; and, where it was wrong and is corrected, a regression case. A
//! trace that is held out yields a held-out case and nothing else.
//!
//! A verdict on an answer is none on its steps: a stepwise row needs a review that names the first flawed one. It ends
//! there, as process supervision does (Lightman et al. 2023, "Let's Verify Step by Step"): what follows from a flaw is
//! neither right nor wrong by itself.

use atr_core::domain::{
    evaluation::CasePurpose,
    example::{ExampleFormat, Judged},
    review::Verdict,
    trace::{Speaker, Split, Step, Trace},
};
use serde_json::{Value, json};

/// Version of these rules; kept with every row they make.
pub const VERSION: &str = "derive-3";

/// What the newest revisions of a trace's experts come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// No one has judged it yet.
    Open,
    /// All who judged it find it right (`true`) or wrong (`false`); partly right is wrong.
    Verdict(bool),
    /// They disagree: for adjudication.
    Disagreement,
}

/// Settles on the verdicts of a trace's experts, one each; `None` abstains. What was decided where they disagreed holds
/// whatever they say.
pub fn settle(decided: Option<Verdict>, verdicts: impl IntoIterator<Item = Option<bool>>) -> Settled {
    if let Some(decided) = decided {
        return decided.is_right().map_or(Settled::Open, Settled::Verdict);
    }
    verdicts.into_iter().flatten().fold(Settled::Open, |settled, right| match settled {
        Settled::Open => Settled::Verdict(right),
        Settled::Verdict(before) if before == right => settled,
        Settled::Verdict(_) | Settled::Disagreement => Settled::Disagreement,
    })
}

/// What an expert says is right, where the answer is not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Correction<'a> {
    /// The right answer.
    pub answer: Option<&'a str>,
    /// The right reasoning.
    pub steps: Option<&'a [String]>,
    /// The first flawed step, by ordinal.
    pub suspect_step: Option<i32>,
    /// A right chain of the same question, which a wrong one is best set against: they differ in what they say and not
    /// in how much.
    pub right_chain: Option<RightChain<'a>>,
}

/// A chain whose answer experts find right.
#[derive(Debug, Clone, Copy)]
pub struct RightChain<'a> {
    /// Its steps.
    pub steps: &'a [Step],
    /// Its answer.
    pub answer: &'a str,
}

/// What is known of a trace's chains when its review is derived.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chains<'a> {
    /// The key of its group.
    pub group: Option<&'a str>,
    /// The share of the chains that give its answer, 0 to 1.
    pub agreement: Option<f64>,
    /// How many there are.
    pub count: Option<u32>,
}

/// What a settled review yields.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Yield {
    /// Training rows.
    pub examples: Vec<(ExampleFormat, Value)>,
    /// Whether the preference row's chosen answer is that of the right chain.
    pub chain_is_chosen: bool,
    /// A case that measures models.
    pub case: Option<CasePurpose>,
}

/// A trace as the reward model is asked about it. `right` is the label; for an answer that is only scored it says
/// nothing.
pub fn judged(trace: &Trace, steps: &[Step], chains: Chains<'_>, right: bool) -> Judged {
    Judged {
        group: chains.group.map_or_else(|| trace.id.to_string(), str::to_owned),
        prompt: trace.query.clone(),
        completion: trace.answer.clone(),
        steps: steps.iter().map(|step| step.text.clone()).collect(),
        domain: trace.domain.clone(),
        label: right,
        mean_logprob: trace.signals.get("mean_logprob").copied(),
        min_logprob: trace.signals.get("min_logprob").copied(),
        agreement: chains.agreement,
        chains: chains.count,
    }
}

/// Derives what a settled verdict on a trace yields.
pub fn derive(trace: &Trace, steps: &[Step], right: bool, correction: Correction<'_>, judged: &Judged) -> Yield {
    if trace.split == Split::HeldOut {
        return Yield { case: Some(CasePurpose::HeldOut), ..Yield::default() };
    }
    let own_steps: Vec<&str> = texts(steps).collect();
    let said_nothing = trace.answer.trim().is_empty();
    let right_text = if right {
        (!said_nothing).then(|| reply(&own_steps, &trace.answer))
    } else {
        let steps: Vec<&str> = correction.steps.unwrap_or_default().iter().map(String::as_str).collect();
        correction.answer.map(|answer| reply(&steps, answer))
    };
    let mut examples = Vec::new();
    if let Some(text) = &right_text {
        let said = |role: Speaker, text: &str| json!({ "role": role, "content": text });
        let before = trace.context.iter().map(|turn| said(turn.role, &turn.text));
        let last = [said(Speaker::User, &trace.query), said(Speaker::Assistant, text)];
        examples.push((ExampleFormat::Sft, json!({ "messages": before.chain(last).collect::<Vec<_>>() })));
    }
    let pair = if right || said_nothing { None } else { preference(trace, &own_steps, correction) };
    let chain_is_chosen = pair.as_ref().is_some_and(|pair| pair.by_chain);
    if let Some(Pair { chosen, rejected, .. }) = pair {
        let pair = json!({ "prompt": prompt(trace), "chosen": chosen, "rejected": rejected });
        examples.push((ExampleFormat::Preference, pair));
    }
    if !said_nothing {
        let completion = reply(&own_steps, &trace.answer);
        examples
            .push((ExampleFormat::Kto, json!({ "prompt": prompt(trace), "completion": completion, "label": right })));
    }
    if let Some(flawed) = correction.suspect_step.and_then(|first| steps.iter().position(|s| s.ordinal == first)) {
        let labels: Vec<bool> = (0..=flawed).map(|at| at < flawed).collect();
        let row = json!({ "prompt": prompt(trace), "completions": own_steps[..=flawed], "labels": labels });
        examples.push((ExampleFormat::Stepwise, row));
    }
    if !said_nothing && let Ok(row) = serde_json::to_value(judged) {
        examples.push((ExampleFormat::Reward, row));
    }
    let corrected = !right && correction.answer.is_some();
    Yield { examples, chain_is_chosen, case: corrected.then_some(CasePurpose::Regression) }
}

/// What a reply answers, as one text: the query, after the turns before it where there are any.
fn prompt(trace: &Trace) -> String {
    if trace.context.is_empty() {
        return trace.query.clone();
    }
    let turns = trace.context.iter().map(|turn| (turn.role, turn.text.as_str()));
    let turns = turns.chain([(Speaker::User, trace.query.as_str())]);
    turns.map(|(role, text)| format!("{role}: {text}")).collect::<Vec<_>>().join("\n\n")
}

struct Pair {
    chosen: String,
    rejected: String,
    by_chain: bool,
}

/// What a wrong answer is set against. Reasoning stands against reasoning, and a bare answer against a bare one: else
/// the pair would teach how long a reply should be.
fn preference(trace: &Trace, own_steps: &[&str], correction: Correction<'_>) -> Option<Pair> {
    let whole = || reply(own_steps, &trace.answer);
    let chain = correction.right_chain.filter(|chain| !chain.answer.trim().is_empty());
    let (chosen, rejected) = match (chain, correction.answer, correction.steps) {
        (Some(chain), ..) => (reply(&texts(chain.steps).collect::<Vec<_>>(), chain.answer), whole()),
        (None, Some(answer), Some(steps)) if !steps.is_empty() => {
            (reply(&steps.iter().map(String::as_str).collect::<Vec<_>>(), answer), whole())
        }
        (None, Some(answer), _) => (answer.to_owned(), trace.answer.clone()),
        (None, None, _) => return None,
    };
    (chosen != rejected).then_some(Pair { chosen, rejected, by_chain: chain.is_some() })
}

fn texts(steps: &[Step]) -> impl Iterator<Item = &str> {
    steps.iter().map(|step| step.text.as_str())
}

/// Reasoning and answer as one reply.
fn reply(steps: &[&str], answer: &str) -> String {
    steps.iter().copied().chain([answer]).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
