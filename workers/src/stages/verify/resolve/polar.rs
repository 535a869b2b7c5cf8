//! Questions that yes or no answers: the statement or its denial, and whether a conclusion follows.

use std::sync::LazyLock;

use regex::Regex;

use super::super::claims::sentences;
use super::super::words::words;
use super::joined;
use super::parts::{Parts, with_be, with_verb};
use super::verbs::conjugated;

static POLAR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:((?:in|on|at|during|by|for|from|to)\s[^,?]+,)\s+)?(is|are|was|were|can|does|do|did|has|have)\s+(.+)$",
    )
    .expect("a constant pattern")
});

/// "Is Paris the capital of France?" as a statement or its denial; the subject must be told from the rest by its form.
pub(super) fn polar(question: &str, yes: bool) -> Option<String> {
    let q = POLAR.captures(question)?;
    let place = q.get(1).map_or("", |m| m.as_str());
    let (auxiliary, rest) = (q[2].to_lowercase(), q.get(3)?.as_str());
    if matches!(auxiliary.as_str(), "do" | "does" | "did") {
        let Parts { subject, adverb, verb, tail } = with_verb(rest)?;
        return Some(if yes {
            joined(&[place, subject, adverb, &conjugated(&auxiliary, verb), tail])
        } else {
            joined(&[place, subject, &auxiliary, "not", adverb, verb, tail])
        });
    }
    let Parts { subject, tail, .. } = with_be(rest);
    if subject.is_empty() || tail.is_empty() {
        return None;
    }
    Some(match (auxiliary.as_str(), yes) {
        ("can", false) => joined(&[place, subject, "cannot", tail]),
        (_, yes) => joined(&[place, subject, &auxiliary, if yes { "" } else { "not" }, tail]),
    })
}

static FOLLOWS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^does\s+it\s+follow\s+that\s+(.+)$").expect("a constant pattern"));

/// "All A are B. All B are C. Does it follow that all A are C?" as what follows from the premises, or does not.
pub(super) fn conclusion(text: &str, question: &str, yes: bool) -> Option<String> {
    let concluded = FOLLOWS.captures(question)?.get(1)?.as_str();
    let premises: Vec<String> = sentences(text)
        .iter()
        .map(|s| s.of(text))
        .filter(|s| !s.ends_with('?') && words(s).len() > 1)
        .map(|s| format!("'{}'", s.trim_end_matches(['.', '!']).trim()))
        .collect();
    let verb = if yes { "follows" } else { "does not follow" };
    (!premises.is_empty()).then(|| format!("From {} it {verb} that {concluded}", premises.join(" and ")))
}
