//! Statements whose form says what is compared: a calculation with its result, and a conclusion with its premises. Their words are held
//! together one by one; whether the parts are true does not matter.

use std::sync::LazyLock;

use regex::Regex;

use super::super::numbers::numbers;
use super::super::words::words;

/// What such a statement says of what.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Formal {
    /// "3 plus 4 is 7".
    Calculation {
        /// Numbers and signs, in order.
        terms: Vec<String>,
        result: f64,
    },
    /// "From 'all A are B' and 'all B are C' it follows that all A are C".
    Inference {
        /// In the order of the alphabet: the order of premises does not matter.
        premises: Vec<Vec<String>>,
        conclusion: Vec<String>,
        follows: bool,
    },
}

static CALCULATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(.+?)\s*(?:=|\b(?:is\s+equal\s+to|is|equals|makes|gives)\b)\s*([^=]+?)\.?$")
        .expect("a constant pattern")
});
static TERM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?P<plus>\+|\bplus\b)|(?P<minus>[-−–]|\bminus\b)|(?P<times>[*×·x]|\b(?:times|multiplied\s+by)\b)|(?P<by>[/÷]|\b(?:divided\s+by|over)\b)|(?P<all>,)",
    )
    .expect("a constant pattern")
});
static INFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^from\s+(.+?),?\s+it\s+(follows|does\s+not\s+follow|doesn't\s+follow)\s+that\s+(.+)$")
        .expect("a constant pattern")
});
static AND: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"['"’”],?\s+(?:and\s+)?['"‘“]"#).expect("a constant pattern"));

/// Reads the form of a statement, if it has one of these.
pub(super) fn formal(statement: &str) -> Option<Formal> {
    inference(statement).or_else(|| calculation(statement))
}

fn inference(statement: &str) -> Option<Formal> {
    let found = INFERENCE.captures(statement)?;
    let plain = |text: &str| words(text).into_iter().map(|w| w.lower).collect::<Vec<_>>();
    let mut premises: Vec<Vec<String>> = AND.split(&found[1]).map(plain).filter(|p| !p.is_empty()).collect();
    premises.sort();
    let concluded = found[3].split('(').next().unwrap_or_default();
    let follows = found[2].eq_ignore_ascii_case("follows");
    Some(Formal::Inference { premises, conclusion: plain(concluded), follows })
}

fn calculation(statement: &str) -> Option<Formal> {
    let found = CALCULATION.captures(statement.trim())?;
    let value = |text: &str| {
        let text = text.trim();
        match numbers(text).as_slice() {
            [one] if one.span.start == 0 && one.span.end == text.len() && !one.ordinal => Some(one.value),
            _ => None,
        }
    };
    let (left, result) = (found.get(1)?.as_str(), value(&found[2])?);
    let mut terms = Vec::new();
    let mut at = 0;
    for sign in TERM.captures_iter(left) {
        let whole = sign.get(0)?;
        let number = left[at..whole.start()].trim();
        // "8 plus 4, divided by 2": the comma closes what is before it.
        let closed = number.is_empty() && terms.last().is_some_and(|t| t == ",");
        if !closed {
            terms.push(value(number)?.to_string());
        }
        let name = ["plus", "minus", "times", "by", "all"].into_iter().find(|name| sign.name(name).is_some())?;
        terms.push(if name == "all" { ",".to_owned() } else { name.to_owned() });
        at = whole.end();
    }
    terms.push(value(&left[at..])?.to_string());
    // The order of what is added or multiplied does not matter.
    let signs: Vec<&String> = terms.iter().skip(1).step_by(2).collect();
    if signs.iter().all(|sign| *sign == "plus") || signs.iter().all(|sign| *sign == "times") {
        let mut numbers: Vec<String> = terms.iter().step_by(2).cloned().collect();
        numbers.sort();
        numbers.push(signs.first().map_or_else(String::new, |sign| (*sign).clone()));
        return (terms.len() >= 3).then_some(Formal::Calculation { terms: numbers, result });
    }
    (terms.len() >= 3).then_some(Formal::Calculation { terms, result })
}

/// Whether `claim` says of the same what `fact` says: nothing where they speak of different things.
pub(super) fn agrees(claim: &Formal, fact: &Formal) -> Option<bool> {
    match (claim, fact) {
        (Formal::Calculation { terms: a, result: x }, Formal::Calculation { terms: b, result: y }) => {
            (a == b).then(|| (x - y).abs() <= 1e-9 * x.abs().max(y.abs()))
        }
        (
            Formal::Inference { premises: p, conclusion: c, follows: x },
            Formal::Inference { premises: q, conclusion: d, follows: y },
        ) => (p == q && c == d).then_some(x == y),
        _ => None,
    }
}
