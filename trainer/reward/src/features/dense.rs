//! The dense features, each with a name. What is missing is `None`, and has an indicator of its own beside it.

use super::reasoning;
use crate::candidate::Candidate;
use crate::text::{self, Kind, is_negation, is_stop_word};

/// Names every dense feature with its value; the names and their order never depend on the candidate.
pub(crate) fn visit(candidate: &Candidate<'_>, sink: &mut dyn FnMut(&'static str, Option<f64>)) {
    signals(candidate, sink);
    answer(candidate, sink);
    steps(candidate, sink);
    arithmetic(candidate, sink);
}

fn flag(condition: bool) -> Option<f64> {
    Some(f64::from(u8::from(condition)))
}

fn signals(candidate: &Candidate<'_>, sink: &mut dyn FnMut(&'static str, Option<f64>)) {
    let finite = |value: Option<f64>| value.filter(|v| v.is_finite());
    let signals = candidate.signals;
    let mean = finite(signals.mean_logprob).map(|v| v.clamp(-20.0, 0.0));
    let min = finite(signals.min_logprob).map(|v| v.clamp(-40.0, 0.0));
    let agreement = finite(signals.agreement).map(|v| v.clamp(0.0, 1.0));
    sink("signal.mean_logprob", mean);
    sink("signal.mean_logprob_missing", flag(mean.is_none()));
    sink("signal.min_logprob", min);
    sink("signal.min_logprob_missing", flag(min.is_none()));
    sink("signal.agreement", agreement);
    sink("signal.agreement_missing", flag(agreement.is_none()));
    sink("signal.unanimous", agreement.and_then(|a| flag(a > 0.999)));
    sink("signal.alone", agreement.zip(signals.chains).and_then(|(a, n)| flag(a * f64::from(n) < 1.5 && n > 1)));
    sink("signal.chains_log", signals.chains.map(|n| f64::from(n).ln_1p()));
    sink("signal.agreement_x_mean_logprob", agreement.zip(mean).map(|(a, m)| a * m.exp()));
}

fn answer(candidate: &Candidate<'_>, sink: &mut dyn FnMut(&'static str, Option<f64>)) {
    let words = text::words(candidate.answer);
    let question = text::words(candidate.question);
    let wanted = text::kind_wanted(candidate.question);
    let given = text::kind_given(&words);
    // A number is right for a year's question only as a year; a year is a number all the same.
    let fits = match (wanted, given) {
        (None, _) => None,
        (Some(Kind::Number), Kind::Number | Kind::Year) => Some(true),
        (Some(Kind::Text), Kind::YesNo | Kind::Number) => Some(false),
        (Some(Kind::Text), _) => Some(true),
        (Some(wanted), given) => Some(wanted == given),
    };
    let content: Vec<&String> = words.iter().filter(|w| !is_stop_word(w)).collect();
    let repeated = content.iter().filter(|w| question.contains(w)).count() as f64;
    let count = words.len() as f64;
    sink("answer.words_log", Some(count.ln_1p()));
    sink("answer.characters_log", Some((candidate.answer.chars().take(10_000).count() as f64).ln_1p()));
    sink("answer.empty", flag(words.is_empty()));
    sink("answer.is_sentence", flag(words.len() >= 4 && candidate.answer.trim_end().ends_with(['.', '!', '?'])));
    sink("answer.capitalised", flag(candidate.answer.trim_start().starts_with(char::is_uppercase)));
    sink("answer.repeats_question", (!content.is_empty()).then(|| repeated / content.len().max(1) as f64));
    sink("answer.hedges", Some((words.iter().filter(|w| text::is_hedge(w)).count() as f64).min(3.0)));
    sink("answer.negations", Some((words.iter().filter(|w| is_negation(w)).count() as f64).min(3.0)));
    sink("answer.yes", flag(words.first().is_some_and(|w| w == "yes")));
    sink("answer.no", flag(words.first().is_some_and(|w| w == "no")));
    sink("answer.number_log", reasoning::answer_number(candidate.answer).map(|n| n.abs().ln_1p()));
    sink("answer.fits_question", fits.and_then(flag));
    sink("answer.fits_question_unknown", flag(fits.is_none()));
    sink("question.wants_number", flag(wanted == Some(Kind::Number)));
    sink("question.wants_year", flag(wanted == Some(Kind::Year)));
    sink("question.wants_yes_or_no", flag(wanted == Some(Kind::YesNo)));
    sink("question.words_log", Some((question.len() as f64).ln_1p()));
}

fn steps(candidate: &Candidate<'_>, sink: &mut dyn FnMut(&'static str, Option<f64>)) {
    let steps = candidate.steps;
    let answer: Vec<String> = text::words(candidate.answer);
    let key: Vec<&String> = answer.iter().filter(|w| !is_stop_word(w)).collect();
    let yes_or_no = text::kind_given(&answer) == Kind::YesNo;
    let holds_answer = |step: &String| {
        let words = text::words(step);
        key.iter().all(|k| words.contains(k))
    };
    // "yes" never stands in a step; whether the last step says no is asked instead.
    let comparable = !steps.is_empty() && !key.is_empty() && !yes_or_no;
    let last = steps.last().map(|step| text::words(step));
    let last_says_no = last.as_ref().map(|words| words.iter().any(|w| is_negation(w)));
    let says_no = answer.first().is_some_and(|w| w == "no");
    let count = steps.len() as f64;
    let words: usize = steps.iter().take(200).map(|s| text::words(s).len()).sum();
    let distinct: std::collections::BTreeSet<&str> = steps.iter().map(|s| s.trim()).collect();
    let hedges = steps.iter().take(200).flat_map(|s| text::words(s)).filter(|w| text::is_hedge(w)).count() as f64;
    let question: Vec<String> = text::words(candidate.question).into_iter().filter(|w| !is_stop_word(w)).collect();
    let on_topic = last
        .as_ref()
        .filter(|_| !question.is_empty())
        .map(|words| question.iter().filter(|q| words.contains(q)).count() as f64 / question.len() as f64);
    sink("steps.none", flag(steps.is_empty()));
    sink("steps.count_log", Some(count.ln_1p()));
    sink("steps.words_log", Some((words as f64).ln_1p()));
    sink("steps.hedges", Some(hedges.min(5.0)));
    sink("steps.repeated", (!steps.is_empty()).then(|| 1.0 - distinct.len() as f64 / count.max(1.0)));
    sink("steps.contradict", Some((reasoning::contradictions(steps) as f64).min(3.0)));
    sink("steps.answer_in_last", comparable.then(|| steps.last().is_some_and(holds_answer)).and_then(flag));
    sink("steps.answer_in_any", comparable.then(|| steps.iter().any(holds_answer)).and_then(flag));
    sink("steps.last_agrees_with_yes_or_no", last_says_no.filter(|_| yes_or_no).and_then(|no| flag(no == says_no)));
    sink("steps.last_says_no", last_says_no.and_then(flag));
    sink("steps.last_on_topic", on_topic);
}

fn arithmetic(candidate: &Candidate<'_>, sink: &mut dyn FnMut(&'static str, Option<f64>)) {
    let found = reasoning::arithmetic(candidate.question, candidate.steps, candidate.answer);
    let count = found.equations.len();
    let right = found.equations.iter().filter(|e| e.holds).count();
    let some = count > 0;
    sink("arithmetic.none", flag(!some));
    sink("arithmetic.equations_log", Some((count as f64).ln_1p()));
    sink("arithmetic.share_right", some.then(|| right as f64 / count.max(1) as f64));
    sink("arithmetic.any_wrong", flag(right < count));
    sink("arithmetic.question_numbers_used", found.question_numbers_used);
    sink("arithmetic.operands_from_nowhere", found.operands_from_nowhere);
    sink("arithmetic.answer_is_last_result", found.answer_is_last_result.and_then(flag));
    sink("arithmetic.answer_from_question", found.answer_from_question.and_then(flag));
    sink("arithmetic.answer_is_question_number", found.answer_is_question_number.and_then(flag));
}
