//! What speaks for and against a chain, before anyone judged its answer.

use super::{
    Chain, Record,
    answer::{Answer, Asked},
    chain::{Read, numbers, same},
};

/// What is told of a chain. Each is 0 where it cannot be told, so that what is absent counts neither for nor against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Signal {
    /// Its steps use each number that the question gives: 1 or 0, less what is usual.
    UsesAllGiven,
    /// The logarithm of its length in words, less the mean of the chains. Of several chains the longer ones are right more
    /// often (Fu et al. 2023, "Complexity-Based Prompting for Multi-Step Reasoning").
    Length,
    /// The share of the results on its way that nothing after them uses.
    LooseEnds,
    /// An equation in it does not hold: 1 or 0.
    WrongArithmetic,
    /// Its answer is a number that no step of it comes to: 1 or 0.
    Unreached,
    /// The track record of its model: log-odds that an answer of it is right, less the usual.
    Record,
    /// Its mean log-probability, less the mean of the chains.
    Likelihood,
    /// The share of its decided claims that facts contradict, as far as they are many.
    Contradicted,
    /// The same for those that facts support.
    Supported,
}

/// How many signals there are.
pub const SIGNALS: usize = 9;

/// A chain's signals, by [`Signal`].
pub type Signals = [f64; SIGNALS];

/// A length that differs from the mean by more than this factor, as a logarithm, tells no more.
const LONGEST: f64 = 1.0;
/// A log-probability that differs by more nats tells no more.
const LIKELIEST: f64 = 2.0;
/// How often chains use all that is given, where it can be told.
const USUALLY_USED: f64 = 0.8;
/// How often a model is right, of which nothing is known.
pub(super) const USUALLY_RIGHT: f64 = 0.4;
/// The prior on a model's share of right answers weighs so many judged ones.
const PRIOR: f64 = 2.0;

impl Record {
    /// The share of right answers, drawn towards what is usual while few are judged: the mean of a beta distribution.
    pub fn share(&self) -> f64 {
        let right = self.right.min(self.judged);
        (f64::from(right) + PRIOR * USUALLY_RIGHT) / (f64::from(self.judged) + PRIOR)
    }

    /// [`Signal::Record`].
    pub fn signal(&self) -> f64 {
        log_odds(self.share()) - log_odds(USUALLY_RIGHT)
    }
}

fn log_odds(share: f64) -> f64 {
    (share / (1.0 - share)).ln()
}

/// The signals of each chain.
pub(super) fn signals(question: &str, chains: &[Chain<'_>], read: &[Read<'_>]) -> Vec<Signals> {
    let given: Vec<f64> = given(question);
    let lengths: Vec<Option<f64>> =
        read.iter().map(|of| (!of.steps.is_empty()).then(|| (1.0 + of.words() as f64).ln())).collect();
    let likelihoods: Vec<Option<f64>> =
        chains.iter().map(|of| of.mean_logprob.filter(|p| p.is_finite() && *p <= 0.0)).collect();
    let lengths = beside_mean(&lengths, LONGEST);
    // Log-probabilities are compared only where each chain has one.
    let likelihoods = if likelihoods.iter().all(Option::is_some) {
        beside_mean(&likelihoods, LIKELIEST)
    } else {
        vec![0.0; chains.len()]
    };
    (0..chains.len())
        .map(|at| {
            let mut of = [0.0; SIGNALS];
            of[Signal::UsesAllGiven as usize] =
                uses_all(&given, &read[at]).map_or(0.0, |all| share(all) - USUALLY_USED);
            of[Signal::Length as usize] = lengths[at];
            of[Signal::LooseEnds as usize] = loose_ends(&read[at]);
            of[Signal::WrongArithmetic as usize] = share(read[at].steps.iter().any(|step| step.equations.1 > 0));
            of[Signal::Unreached as usize] = share(unreached(&read[at]));
            of[Signal::Record as usize] = chains[at].record.map_or(0.0, |record| record.signal());
            of[Signal::Likelihood as usize] = likelihoods[at];
            if let Some(verdicts) = chains[at].verdicts {
                let decided = f64::from(verdicts.supported) + f64::from(verdicts.contradicted) + 1.0;
                of[Signal::Contradicted as usize] = f64::from(verdicts.contradicted) / decided;
                of[Signal::Supported as usize] = f64::from(verdicts.supported) / decided;
            }
            of
        })
        .collect()
}

fn share(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

/// Each value less the mean of those that are there, within bounds; 0 for one that is not.
fn beside_mean(values: &[Option<f64>], most: f64) -> Vec<f64> {
    let mut there: Vec<f64> = values.iter().flatten().copied().collect();
    // In one order, so that the order of the chains does not show in the last digit.
    there.sort_by(f64::total_cmp);
    let mean = there.iter().sum::<f64>() / there.len().max(1) as f64;
    values.iter().map(|value| value.map_or(0.0, |value| (value - mean).clamp(-most, most))).collect()
}

/// So many bytes of a question are read.
const LONGEST_QUESTION: usize = 8_000;

/// The distinct numbers that a question gives.
fn given(question: &str) -> Vec<f64> {
    let mut given: Vec<f64> = numbers(&question[..question.floor_char_boundary(LONGEST_QUESTION)]).collect();
    given.sort_by(f64::total_cmp);
    given.dedup_by(|a, b| same(*a, *b));
    given
}

fn uses_all(given: &[f64], read: &Read<'_>) -> Option<bool> {
    let computes = read.steps.iter().any(|step| !step.results.is_empty());
    let said = || read.steps.iter().flat_map(|step| &step.numbers);
    // A share is written as one or as a number of hundredths.
    let used = |value: &f64| said().any(|number| same(*number, *value) || same(*number, *value / 100.0));
    (computes && !given.is_empty()).then(|| given.iter().all(used))
}

/// The share of the steps that compute whose last result neither a later step nor the answer is about.
fn loose_ends(read: &Read<'_>) -> f64 {
    let answer = read.answer.value();
    let reached: Vec<(usize, f64)> =
        read.steps.iter().enumerate().filter_map(|(at, step)| Some((at, *step.results.last()?))).collect();
    let loose = |(at, value): &(usize, f64)| {
        let is_answer = answer.is_some_and(|answer| same(answer.abs(), value.abs()));
        let later = || read.steps[at + 1..].iter().flat_map(|step| &step.numbers);
        !is_answer && !later().any(|number| same(*number, value.abs()) || same(*number, value.abs() / 100.0))
    };
    reached.iter().filter(|of| loose(of)).count() as f64 / reached.len().max(1) as f64
}

fn unreached(read: &Read<'_>) -> bool {
    let mut results = read.steps.iter().flat_map(|step| &step.results).peekable();
    let Some(answer) = written_value(read) else { return false };
    // A sign is told in words ("a loss of 5"), and a share as hundredths.
    results.peek().is_some() && !results.any(|result| same(result.abs(), answer) || same(result.abs() / 100.0, answer))
}

/// The size of the answer as it is written, whatever unit it is read in.
fn written_value(read: &Read<'_>) -> Option<f64> {
    read.answer.value()?;
    let mut found = numbers(read.said);
    let value = found.next()?;
    found.next().is_none().then_some(value)
}

/// Whether an answer is of a kind that what is asked for cannot be: less than nothing of a number or amount, a part of what
/// comes in wholes, a part of a cent.
pub(super) fn implausible(asked: &Asked, answer: &Answer) -> bool {
    let Answer::Number(number) = answer else { return false };
    let value = number.get();
    let whole = |value: f64| same(value, value.round());
    asked.number && value < 0.0 || asked.count && !whole(value) || asked.money && !whole(value * 100.0)
}
