//! Makes a short answer a statement of its own: "Au", asked for the chemical symbol of gold, claims that the chemical symbol of gold
//! is Au.
//!
//! A handful of rules over the form of an English question; where none fits, the claim is left as it is.

use std::sync::LazyLock;

use regex::Regex;

use super::claims::{sentences, statement};
use super::words::words;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

const BE: &str = "is|are|was|were";

static POINTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:it|this|that|they|there|the\s+(?:correct\s+|final\s+)?answer)(?:\s+(?:is|are|was|were|would\s+be)|'s)\s+(.+)$",
    )
});
static WHAT_BE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"(?i)^(?:what|who|which)(?:\s+({BE})|'s)\s+(.+)$")));
static WHERE_BE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"(?i)^where\s+({BE})\s+(.+?)(?:\s+(?:located|situated|found))?$")));
static WHEN_BE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"(?i)^(?:when|(?:in\s+)?(?:what|which)\s+year)\s+({BE})\s+(.+)\s+(\w+)$")));
static WHEN_DID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^(?:when|(?:in\s+)?(?:what|which)\s+year)\s+(?:did|does|do)\s+(.+)$"));
static HOW_MANY_BE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)^how\s+many\s+(.+?)\s+(?:are|is|were|was)\s+(?:there\s+)?(?:(in|on|of|per|around)\s+)?(.+)$")
});
static HOW_MANY_DO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^how\s+(?:many|much)\s+(.+?)\s+(?:does|do|did)\s+(.+)$"));
static HOW_BE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?i)^how\s+(tall|high|long|far|old|deep|heavy|fast|wide|large|big|hot|cold|much)\s+({BE})\s+(.+)$"
    ))
});
static WHICH_NOUN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:which|what)\s+(.+?)\s+(is|are|was|were|has|have|had|can|orbits|wrote|won|invented|discovered|contains|causes|makes|made)\s+(.+)$",
    )
});
static WHO_VERB: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^(?:who|what)\s+(\w+(?:ed|s|te|de|nt|on|ew|nd)|has|had|can)\s+(.+)$"));
static YES_NO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^(yes|no|true|false|correct|incorrect)\b[\s,.;:!–—-]*(.*)$"));
static POLAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^(is|are|was|were|can|does|do|did|has|have)\s+(.+)$"));

/// The claim as a statement that can be understood without `question`; the claim itself (without label) where no rule fits.
pub fn resolve(question: &str, claim: &str) -> String {
    let said = statement(claim);
    let question = last_question(question);
    if question.is_empty() || said.is_empty() {
        return said.to_owned();
    }
    if let Some(found) = YES_NO.captures(said) {
        let rest = found[2].trim();
        if words(rest).iter().filter(|w| !w.is_stop()).count() >= 2 {
            return rest.to_owned();
        }
        let yes = matches!(found[1].to_lowercase().as_str(), "yes" | "true" | "correct");
        return polar(question, yes).unwrap_or_else(|| said.to_owned());
    }
    let value = POINTER.captures(said).map_or(said, |c| c.get(1).expect("group 1").as_str());
    let value = value.trim_end_matches(['.', '!']).trim();
    if value.is_empty() || (value.len() == said.trim_end_matches(['.', '!']).len() && !is_fragment(said)) {
        return said.to_owned();
    }
    statement_of(question, value).unwrap_or_else(|| said.to_owned())
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

fn statement_of(question: &str, value: &str) -> Option<String> {
    let text = if let Some(q) = WHAT_BE.captures(question) {
        let be = q.get(1).map_or("is", |m| m.as_str()).to_lowercase();
        format!("{} {be} {value}", capitalised(&q[2]))
    } else if let Some(q) = WHEN_BE.captures(question) {
        format!("{} {} {} {}", capitalised(&q[2]), q[1].to_lowercase(), &q[3], dated(value))
    } else if let Some(q) = WHEN_DID.captures(question) {
        format!("{} {}", capitalised(&q[1]), dated(value))
    } else if let Some(q) = WHERE_BE.captures(question) {
        let place = if value.to_lowercase().starts_with("in ") || value.to_lowercase().starts_with("on ") {
            value.to_owned()
        } else {
            format!("in {value}")
        };
        format!("{} {} {place}", capitalised(&q[2]), q[1].to_lowercase())
    } else if let Some(q) = HOW_MANY_BE.captures(question) {
        let preposition = q.get(2).map_or("in", |m| m.as_str());
        let place = q[3].trim_start_matches("there").trim();
        format!("There are {} {preposition} {place}", counted(value, &q[1]))
    } else if let Some(q) = HOW_MANY_DO.captures(question) {
        format!("{} {}", capitalised(&q[2]), counted(value, &q[1]))
    } else if let Some(q) = HOW_BE.captures(question) {
        let quality =
            if q[1].eq_ignore_ascii_case("much") { String::new() } else { format!(" {}", q[1].to_lowercase()) };
        format!("{} {} {value}{quality}", capitalised(&q[3]), q[2].to_lowercase())
    } else if let Some(q) = WHICH_NOUN.captures(question) {
        format!("The {} that {} {} is {value}", &q[1], q[2].to_lowercase(), &q[3])
    } else if let Some(q) = WHO_VERB.captures(question) {
        format!("{} {} {}", capitalised(value), &q[1], &q[2])
    } else {
        return None;
    };
    Some(format!("{text}."))
}

/// "Is Paris the capital of France?" as a statement or its denial; the subject must be told from the rest by its form.
fn polar(question: &str, yes: bool) -> Option<String> {
    let q = POLAR.captures(question)?;
    let (verb, rest) = (q[1].to_lowercase(), q.get(2)?.as_str());
    let all = words(rest);
    let article = |w: &str| matches!(w, "the" | "a" | "an" | "all" | "every" | "some" | "no");
    // A run of names, or one determiner and the noun after it: what ends before the next article, adjective or verb is the subject.
    let names = all.iter().take_while(|w| w.capital).count();
    let mut subject = if names > 0 {
        names
    } else if all.first().is_some_and(|w| article(&w.lower)) {
        let next = all.iter().skip(1).position(|w| article(&w.lower)).map(|at| at + 1);
        next.unwrap_or(2)
    } else {
        1
    };
    // "the capital of France": the object of "of" belongs to the subject.
    while all.get(subject).is_some_and(|w| w.lower == "of") && subject + 1 < all.len() {
        subject += 2;
    }
    let end = all.get(subject.checked_sub(1)?)?.span.end;
    let (head, tail) = (rest[..end].trim(), rest[end..].trim());
    if tail.is_empty() {
        return None;
    }
    let text = match (verb.as_str(), yes) {
        ("do" | "does" | "did", true) => format!("{} {tail}", capitalised(head)),
        (_, true) => format!("{} {verb} {tail}", capitalised(head)),
        (_, false) => format!("{} {verb} not {tail}", capitalised(head)),
    };
    Some(format!("{text}."))
}

fn dated(value: &str) -> String {
    let plain = value.chars().next().is_some_and(|c| c.is_ascii_digit());
    if plain && value.len() <= 7 { format!("in {value}") } else { value.to_owned() }
}

/// "8" of "planets" is "8 planets"; "8 planets" stays.
fn counted(value: &str, noun: &str) -> String {
    let head = noun.split_whitespace().last().unwrap_or(noun).to_lowercase();
    if words(value).iter().any(|w| w.lower == head) { value.to_owned() } else { format!("{value} {noun}") }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::verify::compare::{FactText, Relation, compare};

    #[test]
    fn a_short_answer_becomes_a_statement_with_its_question() {
        for (question, answer, expected) in [
            ("What is the chemical symbol of gold?", "Au", "The chemical symbol of gold is Au."),
            ("What is the capital of France?", "It is Paris.", "The capital of France is Paris."),
            ("Who wrote Hamlet?", "William Shakespeare", "William Shakespeare wrote Hamlet."),
            ("How many planets are there in the solar system?", "8", "There are 8 planets in the solar system."),
            ("How many legs does a spider have?", "8 legs", "A spider have 8 legs."),
            ("When was Albert Einstein born?", "1879", "Albert Einstein was born in 1879."),
            ("In what year did the Second World War end?", "1945", "The Second World War end in 1945."),
            ("Is Paris the capital of France?", "No", "Paris is not the capital of France."),
            ("Are all cats mammals?", "Yes.", "All cats are mammals."),
            (
                "What is the capital of France?",
                "Answer: The capital of France is Paris.",
                "The capital of France is Paris.",
            ),
            ("How tall is Mount Everest?", "8,849 metres", "Mount Everest is 8,849 metres tall."),
            (
                "Which planet is the largest in the solar system?",
                "Jupiter",
                "The planet that is the largest in the solar system is Jupiter.",
            ),
        ] {
            assert_eq!(resolve(question, answer), expected);
        }
    }

    #[test]
    fn what_no_rule_fits_is_left_alone() {
        assert_eq!(resolve("Tell me about gold", "Au"), "Au");
        assert_eq!(resolve("", "Paris"), "Paris");
        assert_eq!(resolve("What is gold?", "Gold is a dense yellow metal."), "Gold is a dense yellow metal.");
    }

    #[test]
    fn a_resolved_answer_can_be_held_against_a_fact() {
        let fact = FactText::new("The Second World War ended in 1945.");
        assert_eq!(
            compare(&resolve("When did the Second World War end?", "1946"), &fact).relation,
            Relation::Contradicts
        );
        assert_eq!(compare(&resolve("When did the Second World War end?", "1945"), &fact).relation, Relation::Supports);
    }
}
