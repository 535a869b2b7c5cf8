//! A story with two numbers and a question how many: the answer claims the result of one operation. Which one is told by words such as
//! "more", "left", "each" and "equally"; a story that has other numbers, none of these words, or words of two operations, has no rule.
//!
//! Measured on the 993 questions of gsm8k-model-solutions, each of several steps: none is taken for one of a single step.

use super::super::claims::sentences;
use super::super::measure::measures;
use super::super::numbers::numbers;
use super::super::words::{Word, words};

/// "3 plus 4 is 7", for "a basket holds 3 apples, 4 more are put in, how many are in it now?" and "7".
pub(super) fn sum(text: &str, value: &str) -> Option<String> {
    // A story of so few words is no longer than this, and a longer one is not read for each claim.
    if text.len() > 16 * LONGEST {
        return None;
    }
    let parts = sentences(text);
    let asked = parts.last()?.of(text);
    let (told, measured) = (numbers(text), measures(text));
    let [a, b] = told.as_slice() else { return None };
    let result = numbers(value);
    let [result] = result.as_slice() else { return None };
    let story = a.span.end <= parts.last()?.start && !a.ordinal && !b.ordinal && measured.dates.is_empty();
    if !story || !asked.ends_with('?') || words(asked).first().is_none_or(|w| w.lower != "how") {
        return None;
    }
    let (all, question) = (words(text), words(asked));
    let compares = all.iter().any(|w| COMPARED.contains(&w.lower.as_str()));
    if compares || text.contains(['%', '$', '£', '€']) || all.len() > LONGEST || parts.len() > 3 {
        return None;
    }
    // The second number in the question multiplies what the story tells of one.
    let (first, second) = (a.value, b.value);
    let one = parts.last()?.start <= b.span.start;
    let (first, sign, second) = match operation(&all, &question, one)? {
        Operation::Plus => (first, "plus", second),
        Operation::Minus => (first.max(second), "minus", first.min(second)),
        Operation::Times => (first, "times", second),
        Operation::By => (first, "divided by", second),
    };
    Some(format!("{first} {sign} {second} is {}", result.value))
}

/// A longer story has more to it than one operation.
const LONGEST: usize = 30;
/// Words that make a number of another one, or a span of time: with them two numbers are not all that counts.
const COMPARED: &[&str] = &[
    "half", "third", "quarter", "twice", "thrice", "double", "doubled", "triple", "tripled", "times", "than", "fewer",
    "less", "percent", "ago", "daily", "weekly", "day", "days", "week", "weeks", "month", "months", "year", "years",
    "ratio", "average", "both", "dozen",
];

#[derive(Clone, Copy, PartialEq)]
enum Operation {
    Plus,
    Minus,
    Times,
    By,
}

fn operation(all: &[Word], question: &[Word], one: bool) -> Option<Operation> {
    let has = |words: &[Word], set: &[&str]| words.iter().any(|w| set.contains(&w.lower.as_str()));
    let shared = has(all, &["equally", "equal", "evenly"]);
    let each = has(all, &["each", "every", "per"]);
    let more = has(all, &["more", "another", "additional", "extra"]);
    let together = has(question, &["altogether", "total", "all", "together"]);
    let joined = listed(all);
    let less = has(question, &["left", "remain", "remaining"]) || taken(all);
    match (shared, less, more || together || joined, each || one) {
        (true, false, false, _) => Some(Operation::By),
        (false, true, false, false) => Some(Operation::Minus),
        (false, false, true, false) => Some(Operation::Plus),
        (false, false, false, true) => Some(Operation::Times),
        _ => None,
    }
}

/// Whether two counted things are listed: "8 roses and 4 tulips".
fn listed(all: &[Word]) -> bool {
    let number = |w: &Word| w.lower.bytes().all(|b| b.is_ascii_digit());
    all.windows(3).any(|w| w[1].lower == "and" && number(&w[2]) && !number(&w[0]))
}

/// Whether something is taken away from what there was.
fn taken(all: &[Word]) -> bool {
    let away = all.iter().any(|w| {
        matches!(
            w.lower.as_str(),
            "eaten"
                | "eats"
                | "ate"
                | "sells"
                | "sold"
                | "lent"
                | "lends"
                | "lost"
                | "loses"
                | "spends"
                | "spent"
                | "uses"
                | "used"
                | "removed"
                | "gives"
        )
    });
    away || all.windows(2).any(|w| {
        matches!(
            (w[0].lower.as_str(), w[1].lower.as_str()),
            ("cut", "off") | ("taken" | "take" | "fly" | "go" | "goes", "away" | "out")
        )
    })
}
