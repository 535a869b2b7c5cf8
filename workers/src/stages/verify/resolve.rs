//! Makes a short answer a statement of its own: "Au", asked for the chemical symbol of gold, claims that the chemical symbol of gold
//! is Au.
//!
//! A handful of rules over the form of an English question. Where none fits the claim is left as it is: no statement is better than a
//! broken one, which would be held against facts as if somebody had said it.

mod parts;
mod polar;
mod questions;
mod sums;
#[cfg(test)]
mod tests;
mod verbs;

use std::sync::LazyLock;

use regex::Regex;

use super::claims::{hedges, sentences, statement};
use super::words::words;

static POINTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:it|this|that|they|there|the\s+(?:correct\s+|final\s+)?answer)(?:\s+(?:is|are|was|were|would\s+be)|'s)\s+(.+)$",
    )
    .expect("a constant pattern")
});
static YES_NO: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(yes|no|true|false|correct|incorrect)\b[\s,.;:!–—-]*(.*)$").expect("a constant pattern")
});

/// The claim as a statement that can be understood without `question`; the claim itself (without label) where no rule fits.
pub fn resolve(question: &str, claim: &str) -> String {
    let said = statement(claim);
    let asked = last_question(question);
    if asked.is_empty() || said.is_empty() || hedges(said) {
        return said.to_owned();
    }
    if let Some(found) = YES_NO.captures(said) {
        let rest = found[2].trim();
        if words(rest).iter().filter(|w| !w.is_stop()).count() >= 2 {
            return rest.to_owned();
        }
        let yes = matches!(found[1].to_lowercase().as_str(), "yes" | "true" | "correct");
        let whole = polar::conclusion(question, asked, yes).or_else(|| polar::polar(asked, yes));
        return whole.map_or_else(|| said.to_owned(), |text| format!("{text}."));
    }
    let value = POINTER.captures(said).map_or(said, |c| c.get(1).expect("group 1").as_str());
    let value = value.trim_end_matches(['.', '!']).trim();
    if value.is_empty() || (value.len() == said.trim_end_matches(['.', '!']).len() && !is_fragment(said)) {
        return said.to_owned();
    }
    sums::sum(question, value)
        .or_else(|| questions::answered(asked, value))
        .map_or_else(|| said.to_owned(), |text| format!("{text}."))
}

/// Too short, and without a verb of being, to say something by itself.
fn is_fragment(said: &str) -> bool {
    let all = words(said);
    let verb = all.iter().any(|w| {
        matches!(
            w.lower.as_str(),
            "is" | "are" | "was" | "were" | "has" | "have" | "had" | "equals" | "can" | "does" | "did" | "will" | "be"
        )
    });
    all.len() <= 6 && !verb
}

/// The last question of the text without its mark; the text itself where there is none.
fn last_question(text: &str) -> &str {
    let all = sentences(text);
    let asked = all.iter().rev().map(|s| s.of(text)).find(|s| s.ends_with('?')).unwrap_or(text);
    statement(asked).trim_end_matches(['?', '.', ':', ' ']).trim()
}

/// The parts that are not empty as one sentence.
fn joined(parts: &[&str]) -> String {
    let all: Vec<&str> = parts.iter().copied().filter(|p| !p.is_empty()).collect();
    capitalised(&all.join(" "))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
