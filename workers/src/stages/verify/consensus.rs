//! Several chains of reasoning for one query, merged by what they answer.
//!
//! Self-consistency (Wang et al. 2022, "Self-Consistency Improves Chain of Thought Reasoning in Language Models"): the answer that
//! most chains reach, whatever way they took, each chain counted by its probability where all give one.
//!
//! Measured on four models' solutions to 993 GSM8K questions (`cargo run -p atr-workers --example judgements`): the agreed answer is right in
//! 0.476, a single model in 0.220 to 0.563, at least one in 0.679; blind to which model wrote what, three weak ones outvote the best.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::measure::{Quantity, Unit, measures};
use super::words::words;

/// What one chain answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChainAnswer<'a> {
    /// The final answer, or the whole output with the final answer marked in it.
    pub answer: &'a str,
    /// The mean log-probability of its tokens, where the model gave one.
    pub mean_logprob: Option<f64>,
}

/// Chains that gave the same answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The answer in its normal form.
    pub key: String,
    /// The chains, by index.
    pub chains: Vec<usize>,
    /// Their share of the vote, 0 to 1.
    pub share: f64,
}

/// What several chains say together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Consensus {
    /// The agreed answer, as one of its chains gave it; none where no chain answered.
    pub answer: Option<String>,
    /// The agreed answer's share of the vote, 0 to 1.
    pub confidence: f64,
    /// The answers given, the agreed one first.
    pub groups: Vec<Group>,
    /// Chains that gave another answer or none.
    pub dissenters: Vec<usize>,
    /// For each chain the share of all chains with its answer, itself included; 0 for one without an answer.
    pub agreement: Vec<f64>,
}

/// Merges the answers. The result does not depend on their order but for the indices; ties go to the larger group, then to the answer
/// that sorts first.
pub fn merge(answers: &[ChainAnswer]) -> Consensus {
    let finals: Vec<&str> = answers.iter().map(|a| final_answer(a.answer)).collect();
    let keys: Vec<String> = finals.iter().map(|a| normalise(a)).collect();
    let weighted = answers.iter().all(|a| a.mean_logprob.is_some_and(|p| p.is_finite() && p <= 0.0));
    let weight = |at: usize| if weighted { answers[at].mean_logprob.map_or(1.0, f64::exp) } else { 1.0 };
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, key) in keys.iter().enumerate().filter(|(_, k)| !k.is_empty()) {
        by_key.entry(key).or_default().push(at);
    }
    // Summed from the smallest up, so that the order of the chains does not show in the last digit.
    let sum = |chains: &[usize]| {
        let mut parts: Vec<f64> = chains.iter().map(|at| weight(*at)).collect();
        parts.sort_by(f64::total_cmp);
        parts.into_iter().sum::<f64>()
    };
    let voters: Vec<usize> = (0..answers.len()).filter(|at| !keys[*at].is_empty()).collect();
    let total = sum(&voters);
    let mut groups: Vec<Group> = by_key
        .into_iter()
        .map(|(key, chains)| {
            let share =
                if total > 0.0 { sum(&chains) / total } else { chains.len() as f64 / voters.len().max(1) as f64 };
            Group { key: key.to_owned(), share: share.clamp(0.0, 1.0), chains }
        })
        .collect();
    groups
        .sort_by(|a, b| b.share.total_cmp(&a.share).then(b.chains.len().cmp(&a.chains.len())).then(a.key.cmp(&b.key)));
    let agreed = groups.first();
    let answer = agreed.and_then(|g| {
        let best = g.chains.iter().min_by(|a, b| {
            let (x, y) = (finals[**a], finals[**b]);
            weight(**b).total_cmp(&weight(**a)).then(x.len().cmp(&y.len())).then(x.cmp(y))
        })?;
        Some(finals[*best].to_owned())
    });
    let dissenters = (0..answers.len()).filter(|at| agreed.is_none_or(|g| !g.chains.contains(at))).collect();
    let mut agreement = vec![0.0; answers.len()];
    for group in &groups {
        for at in &group.chains {
            agreement[*at] = group.chains.len() as f64 / answers.len() as f64;
        }
    }
    Consensus { answer, confidence: agreed.map_or(0.0, |g| g.share), groups, dissenters, agreement }
}

static MARKED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)(?:####\s*|\\boxed\{|^\s*(?:a|(?:the\s+)?(?:final\s+)?answer)\s*:\s*|\b(?:the\s+)?(?:final\s+|correct\s+)?answer\s+is:?\s+)").expect("a constant pattern")
});

/// The final answer that `text` marks ("#### 12", "Answer: 12", "The answer is 12", "\boxed{12}"), the last where there are several; the
/// whole text where it marks none.
pub fn final_answer(text: &str) -> &str {
    let Some(mark) = MARKED.find_iter(text).last() else { return text.trim() };
    let rest = &text[mark.end()..];
    let end = if mark.as_str().ends_with('{') { rest.find('}') } else { rest.find('\n') };
    let said = end.map_or(rest, |at| &rest[..at]).trim();
    if said.is_empty() { text.trim() } else { said }
}

/// An answer's normal form: two answers that say the same have the same. Yes and no by the first word; one number as its value in
/// base units; otherwise the words in lower case without articles and punctuation, numbers as values.
pub fn normalise(answer: &str) -> String {
    let all = words(answer);
    if let Some(first) = all.first() {
        match first.lower.as_str() {
            "yes" | "true" | "yeah" | "correct" => return "yes".to_owned(),
            "no" | "false" | "nope" | "incorrect"
                if all.len() == 1 || answer[first.span.end..].starts_with([',', '.', ';', '!', ':']) =>
            {
                return "no".to_owned();
            }
            _ => {}
        }
    }
    if all.len() == 1 && all[0].lower == "one" {
        return "1".to_owned();
    }
    let found = measures(answer);
    // A year alone is a number here.
    let parts: Vec<(super::words::Span, String)> = found.quantities.iter().map(|q| (q.span, canonical(q))).collect();
    let kept: Vec<String> = all
        .iter()
        .filter(|w| !matches!(w.lower.as_str(), "the" | "a" | "an" | "about" | "approximately"))
        .filter_map(|w| match parts.iter().find(|(s, _)| s.overlaps(&w.span)) {
            Some((s, _))
                if w.span.start > s.start
                    && words(s.of(answer)).first().is_some_and(|f| w.span.start > s.start + f.span.start) =>
            {
                None
            }
            Some((_, value)) => Some(value.clone()),
            None => Some(w.lower.clone()),
        })
        .collect();
    let joined = kept.join(" ");
    if joined.is_empty() {
        answer.trim().to_lowercase().trim_matches(|c: char| c.is_ascii_punctuation()).to_owned()
    } else {
        joined
    }
}

/// A number in its shortest form, with its unit.
fn canonical(q: &Quantity) -> String {
    // Twelve digits: conversions and decimals that mean the same value meet.
    let value = format!("{:.11e}", q.value).parse::<f64>().unwrap_or(q.value);
    let value = if value == 0.0 { 0.0 } else { value };
    match &q.unit {
        Unit::None => format!("{value}"),
        // A counted noun comes and goes between chains ("12", "12 apples"), and a dollar sign too: the value is what they agree on.
        Unit::Count(_) => format!("{value}"),
        Unit::Measure(_, "dollar" | "usd" | "cent") => format!("{value}"),
        Unit::Measure(dimension, _) => format!("{value} {dimension:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(answers: &[&'static str]) -> Vec<ChainAnswer<'static>> {
        answers.iter().map(|answer| ChainAnswer { answer, mean_logprob: None }).collect()
    }

    #[test]
    fn answers_that_say_the_same_share_a_normal_form() {
        for (a, b) in [
            ("12", "twelve"),
            ("12", "12.0"),
            ("1,000", "1000"),
            ("The Paris.", "paris"),
            ("Yes, it is.", "yes"),
            ("$18", "18"),
            ("2 hours", "120 minutes"),
            ("No.", "no"),
            ("one", "1"),
            ("-5", "−5"),
            ("12 apples", "12"),
        ] {
            assert_eq!(normalise(a), normalise(b), "{a} and {b}");
        }
        assert_ne!(normalise("12 km"), normalise("12 kg"));
        assert_ne!(normalise("12"), normalise("13"));
        assert_ne!(normalise("no planets"), normalise("no"));
    }

    #[test]
    fn the_answer_most_chains_reach_is_agreed() {
        let merged = merge(&plain(&["A: 12", "#### 13", "The answer is twelve", ""]));
        assert_eq!(merged.answer.as_deref(), Some("12"));
        assert_eq!(merged.dissenters, [1, 3]);
        assert_eq!(merged.agreement, [0.5, 0.25, 0.5, 0.0]);
        assert!((merged.confidence - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_likelier_chain_counts_more_where_all_give_a_probability() {
        let chains = [
            ChainAnswer { answer: "5", mean_logprob: Some(-0.1) },
            ChainAnswer { answer: "6", mean_logprob: Some(-2.0) },
        ];
        assert_eq!(merge(&chains).answer.as_deref(), Some("5"));
    }

    #[test]
    fn no_answers_give_no_agreement() {
        let merged = merge(&[]);
        assert_eq!((merged.answer, merged.confidence), (None, 0.0));
    }
}
