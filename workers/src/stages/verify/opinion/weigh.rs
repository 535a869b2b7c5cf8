//! Whether what a judge answers counts.

use super::super::{
    align::Passages,
    compare::{FactText, Relation, quotation::bears_out},
    words::{Span, words},
};
use super::answer::{Answer, read};

/// The most characters of a judge's reason that are kept with the claim; all of it is kept with the opinion.
const REASON: usize = 300;
/// The most characters of a quotation.
const QUOTATION: usize = 1000;

/// What an answer comes to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Weighed {
    /// One of the facts decides.
    Decides {
        /// How it bears on the claim: it supports or contradicts it.
        relation: Relation,
        /// Which of those that were shown, from 0.
        fact: usize,
        /// The quoted words in its statement.
        span: Span,
        /// The share of the claim's words that stand in the sentence of these, 0 to 1.
        score: f64,
        /// Why, in the judge's words.
        reason: String,
    },
    /// Nothing is decided: why, in words.
    Open(String),
}

/// Weighs what a judge answered about `claim`, the answer to `question`, by the `facts` that it was shown, in their order.
pub(crate) fn weigh(answer: &str, claim: &FactText, question: &FactText, facts: &[&FactText]) -> Weighed {
    if answer.trim().is_empty() {
        return Weighed::Open("a judge gave no answer that can be read".to_owned());
    }
    let Some(Answer { relation, fact, quote, reason }) = read(answer) else {
        return Weighed::Open("a judge answered in another form than was asked for".to_owned());
    };
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(REASON).collect();
    if relation == Relation::Unrelated {
        return Weighed::Open(format!("a judge decides nothing either: {reason}"));
    }
    let refused = |why: &str| Weighed::Open(format!("a judge's answer does not count: {why}"));
    let Some((at, named)) = fact.checked_sub(1).and_then(|at| facts.get(at).map(|named| (at, *named))) else {
        return refused("it names none of the facts");
    };
    let Some(span) = place(&quote, named.statement()) else {
        return refused("the words that it quotes do not stand in the fact");
    };
    match bears_out(claim, question, named, span, relation) {
        Ok(score) => Weighed::Decides { relation, fact: at, span, score, reason },
        Err(why) => refused(why),
    }
}

/// Where the quoted words stand in the statement, all of them and with nothing between; capitals and marks aside.
fn place(quote: &str, statement: &str) -> Option<Span> {
    if quote.chars().count() > QUOTATION || words(quote).iter().all(|word| word.is_stop()) {
        return None;
    }
    let found = Passages::of(statement).align(quote);
    found.filter(|found| found.similarity == 1.0 && found.telling.is_none()).map(|found| found.span)
}
