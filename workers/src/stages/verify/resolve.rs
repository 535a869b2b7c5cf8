//! Makes a short answer a statement of its own: "Au", asked for the chemical symbol of gold, claims that the chemical symbol of gold
//! is Au.
//!
//! A handful of rules over the form of an English question. Where none fits the claim is left as it is: no statement is better than a
//! broken one, which would be held against facts as if somebody had said it.

mod kinds;
mod parts;
mod polar;
mod pronouns;
mod questions;
mod sums;
#[cfg(test)]
mod tests;
mod topic;
pub(super) mod verbs;

use std::sync::LazyLock;

use regex::Regex;

use self::topic::Topic;
use super::claims::{self, ClaimSpan, hedges, sentences, statement, worth_checking};
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

/// The claims of one answer to `question`, in order, each as a statement that can be understood by itself: with the help of the question, and of
/// what the answer spoke of right before. Where no rule fits, and where two things may be meant, a claim stays as it is stated.
pub fn self_contained(question: &str, claims: &[ClaimSpan]) -> Vec<String> {
    let asked = Asked::new(question);
    let mut topic = Topic::asked(asked.last);
    let mut begun = false;
    claims
        .iter()
        .map(|claim| {
            if claim.reference || claim.statement.len() > claims::LONGEST {
                topic = None;
                return claim.statement.clone();
            }
            let found = pronouns::resolved(&claim.statement, topic.as_ref());
            let resolved = match found {
                Some(found) if begun => found,
                // What a later sentence calls "it" is not what was asked for.
                None if begun && pronouns::points_back(&claim.statement) => claim.statement.clone(),
                found => {
                    let answered = asked.answered(&claim.statement);
                    found.filter(|_| answered == claim.statement).unwrap_or(answered)
                }
            };
            // "Sure!" and "Let me see." change no topic.
            if worth_checking(&resolved) {
                topic = Topic::of(&resolved, topic.as_ref());
                begun = true;
            } else if !hedges(&resolved) {
                topic = None;
            }
            resolved
        })
        .collect()
}

/// The claim as a statement that can be understood without `question`; the claim itself (without label) where no rule fits.
pub fn resolve(question: &str, claim: &str) -> String {
    Asked::new(question).answered(claim)
}

/// A question, read once for all that is held against it.
struct Asked<'a> {
    whole: &'a str,
    last: &'a str,
}

/// A longer question (in bytes) is none that the rules know, and would be read again for each claim.
const LONGEST: usize = 2_000;

impl<'a> Asked<'a> {
    fn new(question: &'a str) -> Self {
        let last = last_question(question);
        let fits = last.len() <= LONGEST;
        Self { whole: if question.len() <= LONGEST { question } else { last }, last: if fits { last } else { "" } }
    }

    fn answered(&self, claim: &str) -> String {
        let (question, asked) = (self.whole, self.last);
        let said = statement(claim);
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
        let value = value.trim_end_matches(['.', '!', '。', '।', '۔']).trim();
        let pointed = value.len() < said.trim_end_matches(['.', '!', '。', '।', '۔']).len();
        if value.is_empty() || (!pointed && !is_fragment(said)) {
            return said.to_owned();
        }
        sums::sum(question, value)
            .or_else(|| questions::answered(asked, value))
            .map_or_else(|| said.to_owned(), |text| format!("{text}."))
    }
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
