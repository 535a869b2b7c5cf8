//! Splits an answer into the claims it makes.
//!
//! Sentences are Unicode's default ones (UAX #29), joined again where an abbreviation, an initial or a list marker only looked like an
//! end. A claim is one sentence, or a part of one that says something by itself: a relative clause or an apposition of a name, one of two
//! verbs of a subject, one of two clauses ([`clauses`]). Every character of the answer that is no white space lies in exactly one span.

mod clauses;
mod sentences;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

pub use self::sentences::sentences;
use super::citations::references;
use super::lexicon;
use super::scripts;
use super::words::{Span, Word, last_word, words};

/// A part of an answer, and whether there is something in it to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClaimSpan {
    /// Where it stands in the answer.
    pub span: Span,
    /// What stands there.
    pub text: String,
    /// The statement it makes: without labels, list markers and the marks of citations, and with the subject that it shares with another
    /// part of its sentence.
    pub statement: String,
    /// It asserts something that a fact could support or contradict.
    pub check_worthy: bool,
    /// It stands in the answer's list of references, and asserts nothing.
    pub reference: bool,
}

/// A sentence that is longer (in bytes) is none: a table, a listing, or what somebody sends to keep the rules busy. It states nothing that is
/// held against facts.
pub(super) const LONGEST: usize = 20_000;

/// The claims of `answer`, in order.
pub fn split(answer: &str) -> Vec<ClaimSpan> {
    let listed = references(answer);
    let mut out = Vec::new();
    for sentence in sentences(answer) {
        if listed.lists(sentence.start) {
            let text = sentence.of(answer).to_owned();
            out.push(ClaimSpan { span: sentence, statement: text.clone(), text, check_worthy: false, reference: true });
            continue;
        }
        let said = statement(sentence.of(answer));
        let from = sentence.start + said_at(sentence.of(answer), said);
        for clause in clauses::parts(said) {
            // The first of a sentence has its marker and label too.
            let start = if clause.span.start == 0 { sentence.start } else { from + clause.span.start };
            let end = if clause.span.end == said.len() { sentence.end } else { from + clause.span.end };
            out.push(claim(answer, Span::new(start, end), &clause.statement));
        }
    }
    out
}

/// Where `said`, what [`statement`] gave for `text`, begins in it: only its end may have lost anything but white space after that.
fn said_at(text: &str, said: &str) -> usize {
    text.trim_end().len() - said.len()
}

fn claim(answer: &str, span: Span, said: &str) -> ClaimSpan {
    let statement = unmarked(said).into_owned();
    let check_worthy = worth_checking(&statement);
    let text = span.of(answer).trim();
    let start = span.end - span.of(answer).trim_start().len();
    ClaimSpan {
        span: Span::new(start, start + text.len()),
        text: text.to_owned(),
        statement,
        check_worthy,
        reference: false,
    }
}

static MARK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\s*\[\^?[0-9]{1,3}(?:\s*[,;–-]\s*\^?[0-9]{1,3})*\]").expect("a constant pattern"));

/// The statement without the marks of citations in it. What is a value ("the roots are [1, 2]") stays.
fn unmarked(said: &str) -> Cow<'_, str> {
    MARK.replace_all(said, |caught: &regex::Captures| {
        let found = caught.get(0).expect("group 0");
        let before = &said[..found.start()];
        let word = last_word(before);
        let value = before.ends_with(['=', ':', ',', '(', '+', '*'])
            || before.is_empty()
            || lexicon::STOP.contains(word.as_str())
            || BRACKETED.contains(&word.as_str());
        if value { found.as_str().to_owned() } else { String::new() }
    })
}

/// Nouns whose value is written in brackets.
const BRACKETED: &[&str] = &[
    "interval", "range", "list", "array", "set", "vector", "matrix", "tuple", "index", "sequence", "row", "column",
    "output",
];

static LIST_MARKER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\(?(?:[0-9]{1,3}|[a-zA-Z]|[ivx]{1,4})[.)]|[-*•–])(?:\s+|$)").expect("a constant pattern")
});
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^\s*(?:the\s+)?(?:final\s+|correct\s+)?(?:answer|response|solution|a|conclusion|result)\s*(?::|=>)\s*",
    )
    .expect("a constant pattern")
});
static HEDGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^(?: let(?:'s|\s+me|\s+us)\b | (?:i|we)\s+(?:think|believe|guess|hope|would|will|can|can't|cannot|am|need|don't|do\s+not)\b | i'm\b | hi\b | hello\b | hey\b
        | sure\b | certainly\b | thank | thanks\b | please\b | sorry\b | okay\b | ok\b | great\b | of\s+course\b | here\s+(?:is|are)\b | as\s+an\s+ai\b | welcome\b )",
    )
    .expect("a constant pattern")
});
/// The sentence without a list marker and an "Answer:" label.
pub(super) fn statement(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        // A marker marks something: "365." alone is a number.
        let marker = LIST_MARKER.find(text).filter(|m| m.end() < text.len()).map_or(0, |m| m.end());
        let label = LABEL.find(&text[marker..]).map_or(0, |m| m.end());
        if marker + label == 0 {
            return text;
        }
        text = text[marker + label..].trim();
    }
}

/// Whether it begins as what is said about the answer rather than by it: "I think", "let me see".
pub(super) fn hedges(text: &str) -> bool {
    HEDGE.is_match(text.trim())
}

/// Whether a statement asserts something checkable: it has a topic, and a verb that says something of it. A bare name or number says
/// nothing.
pub fn worth_checking(statement: &str) -> bool {
    let text = statement.trim();
    if text.len() > LONGEST || text.ends_with(['?', ':', '？', '؟', '：']) || HEDGE.is_match(text) {
        return false;
    }
    if scripts::uncased(text) {
        let letters = text.chars().filter(|c| c.is_alphabetic()).take(LETTERS_OF_SENTENCE).count();
        return letters == LETTERS_OF_SENTENCE || (letters >= LEAST_LETTERS && text.ends_with(ENDS));
    }
    let all = words(text);
    let content = all.iter().filter(|w| !w.is_stop()).count();
    if content == 0 {
        return false;
    }
    let plain = |w: &&Word| !w.capital && !w.is_stop();
    // "Cats eat dogs.": a plural's verb has no ending; a full stop after three words, not all of them names, tells of one.
    let sentence = content >= 3 && text.ends_with('.') && all.iter().any(|w| plain(&w));
    sentence || all.iter().any(|w| lexicon::FINITE.contains(w.lower.as_str())) || says(&all)
}

/// In scripts whose words are not known a statement is what ends as a sentence, or is longer than a name.
const LEAST_LETTERS: usize = 4;
const LETTERS_OF_SENTENCE: usize = 10;
const ENDS: &[char] = &['。', '.', '।', '۔', '!', '！', '．'];

/// Whether a word between two others has the ending of a verb: "gold conducts heat", "the war ended in 1945".
fn says(all: &[Word]) -> bool {
    all.windows(3).any(|w| {
        let [before, verb, _] = w else { return false };
        let lower = verb.lower.as_str();
        let past = lower.ends_with("ed") || (lexicon::IRREGULAR.contains_key(lower) && !lower.ends_with('s'));
        let present = lower.ends_with('s') && !lower.ends_with("ss") && !lower.ends_with("us");
        !verb.capital && !verb.is_stop() && lower.len() > 2 && !before.is_article() && (past || present)
    })
}
