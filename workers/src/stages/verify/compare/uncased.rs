//! Statements in scripts of which no word is known: held together as they are written, number by number.

use super::super::numbers::numbers;
use super::super::words::Span;
use super::{Comparison, Relation, verbatim};

/// A statement without its numbers: what stands before, between and after them.
struct Template {
    text: Vec<String>,
    numbers: Vec<(f64, Span)>,
}

impl Template {
    fn of(statement: &str) -> Self {
        let found = numbers(statement);
        let mut at = 0;
        let mut text = Vec::with_capacity(found.len() + 1);
        for number in &found {
            text.push(plain(statement.get(at..number.span.start).unwrap_or("")));
            at = number.span.end;
        }
        text.push(plain(statement.get(at..).unwrap_or("")));
        Self { text, numbers: found.into_iter().map(|n| (n.value, n.span)).collect() }
    }
}

/// Without white space, marks of sentences, and marks that only steer how a line is set.
fn plain(text: &str) -> String {
    let dropped = |c: char| {
        c.is_whitespace()
            || matches!(c, '。' | '.' | '।' | '۔' | '!' | '！' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{0640}' | '\u{feff}')
    };
    text.chars().filter(|c| !dropped(*c)).flat_map(char::to_lowercase).collect()
}

/// What the fact says of the claim: the same where all is the same, otherwise where one number alone is another. More than one other number
/// speaks of something else.
pub(super) fn hold(claim: &str, fact: &str) -> Comparison {
    let (said, known) = (Template::of(claim), Template::of(fact));
    let whole = |relation, score, reason: &str| Comparison {
        relation,
        score,
        claim_span: Span::new(0, claim.len()),
        fact_span: Span::new(0, fact.len()),
        reason: reason.to_owned(),
    };
    let unrelated = whole(Relation::Unrelated, 0.0, "the fact is not written in the claim's words");
    if said.text != known.text || said.text.iter().all(String::is_empty) {
        return if verbatim(claim, fact) {
            whole(Relation::Supports, 1.0, "the fact says it word for word")
        } else {
            unrelated
        };
    }
    let pairs = said.numbers.iter().zip(&known.numbers);
    let other: Vec<_> = pairs.filter(|(a, b)| (a.0 - b.0).abs() > 1e-9 * a.0.abs().max(b.0.abs())).collect();
    match other.as_slice() {
        [] => whole(Relation::Supports, 1.0, "the fact says it word for word"),
        [(a, b)] => Comparison {
            claim_span: a.1,
            fact_span: b.1,
            ..whole(
                Relation::Contradicts,
                0.9,
                &format!("in the same words the claim says {}, the fact {}", a.1.of(claim), b.1.of(fact)),
            )
        },
        _ => unrelated,
    }
}
