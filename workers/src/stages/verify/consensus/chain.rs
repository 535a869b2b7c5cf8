//! One chain of reasoning as it is read: its steps with the values they reach, and its final answer.

use std::{borrow::Cow, sync::LazyLock};

use regex::Regex;

use super::{
    Chain,
    answer::{Answer, Asked, marked},
};
use crate::stages::{
    score::arithmetic,
    verify::{claims::sentences, words::words},
};

/// So many steps of a chain are read.
const MOST_STEPS: usize = 128;
/// So many bytes of a step are read.
const LONGEST_STEP: usize = 2_000;

/// A step, as far as it says something of its own.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ReadStep {
    /// All numbers in it, in order.
    pub numbers: Vec<f64>,
    /// The numbers that its equations come to.
    pub results: Vec<f64>,
    /// Stems of what are no stop words, sorted.
    pub stems: Vec<String>,
    /// How many words it has.
    pub words: usize,
    /// How many of its equations could be computed, and how many do not hold.
    pub equations: (usize, usize),
}

/// A chain, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read<'a> {
    /// The final answer as it is written.
    pub said: &'a str,
    pub answer: Answer,
    pub steps: Vec<ReadStep>,
}

impl<'a> Read<'a> {
    pub fn of(asked: &Asked, chain: &Chain<'a>) -> Self {
        let found = marked(chain.answer);
        let said = found.map_or(chain.answer.trim(), |(_, span)| span.of(chain.answer));
        let answer = asked.read(said);
        let mut steps: Vec<ReadStep> = chain.steps.iter().take(MOST_STEPS).map(|step| ReadStep::of(step)).collect();
        if steps.is_empty()
            && let Some((mark, _)) = found
        {
            // The whole output stands in the answer: what is before the mark is the way there.
            steps = parts(&chain.answer[..mark]).into_iter().take(MOST_STEPS).map(ReadStep::of).collect();
        } else if steps.len() > 1 && last_says_only(asked, chain, &answer) {
            // A step that says the answer alone is no step on the way.
            steps.truncate(chain.steps.len() - 1);
        }
        Self { said, answer, steps }
    }

    /// Words of all steps.
    pub fn words(&self) -> usize {
        self.steps.iter().map(|step| step.words).sum()
    }
}

fn last_says_only(asked: &Asked, chain: &Chain<'_>, answer: &Answer) -> bool {
    chain.steps.len() <= MOST_STEPS
        && chain.steps.last().is_some_and(|last| {
            marked(last).is_some_and(|(mark, span)| mark == 0 && asked.read(span.of(last)) == *answer)
        })
}

/// The lines of a text; its sentences where it is one line.
fn parts(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines[..] {
        [line] => sentences(upto(line, MOST_STEPS * LONGEST_STEP)).into_iter().map(|span| span.of(line)).collect(),
        _ => lines,
    }
}

/// The text up to so many bytes, cut where a character ends.
fn upto(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

static ANNOTATION: LazyLock<Regex> = LazyLock::new(|| Regex::new("<<([^<>]*)>>").expect("a constant pattern"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+").expect("a constant pattern")
});
static RESULT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"=\s*(?P<sign>[-−])?\s*[$£€¥₹]?\s*(?P<sign2>[-−])?(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
        .expect("a constant pattern")
});

/// The numbers of a text in digits, without their signs: "16-3" has 16 and 3.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = f64> {
    NUMBER.find_iter(text).filter_map(|found| found.as_str().replace(',', "").parse().ok())
}

impl ReadStep {
    fn of(text: &str) -> Self {
        let text = upto(text, LONGEST_STEP);
        let checked = arithmetic::check(text);
        // A calculator's annotation repeats the equation it stands in; where it stands alone it is the equation.
        let repeated = |at: usize| text[..at].trim_end().ends_with(['=', '$', '£', '€']);
        let plain: Cow<'_, str> = ANNOTATION.replace_all(text, |found: &regex::Captures<'_>| {
            let at = found.get(0).map_or(0, |whole| whole.start());
            if repeated(at) { " ".to_owned() } else { format!(" {} ", &found[1]) }
        });
        let results = RESULT.captures_iter(&plain).filter_map(|found| {
            let value: f64 = found["number"].replace(',', "").parse().ok()?;
            let minus = found.name("sign").is_some() || found.name("sign2").is_some();
            Some(if minus { -value } else { value })
        });
        let all = words(&plain);
        let mut stems: Vec<String> = all
            .iter()
            .filter(|word| !word.is_stop() && word.lower.chars().any(char::is_alphabetic))
            .map(|word| word.stem.clone())
            .collect();
        stems.sort_unstable();
        stems.dedup();
        Self {
            numbers: numbers(&plain).collect(),
            results: results.collect(),
            words: all.len(),
            stems,
            equations: (checked.checked, checked.wrong.len()),
        }
    }
}

/// Whether two values are the same, up to rounding.
pub(super) fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0)
}
