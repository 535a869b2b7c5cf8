//! Splits an answer into the claims it makes.
//!
//! Sentences are Unicode's default ones (UAX #29), joined again where an abbreviation, an initial or a list marker only looked like an
//! end. A claim is one sentence, or the relative clause of one when what it speaks of is a name right before it. Every character of the
//! answer that is no white space lies in exactly one span.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::lexicon;
use super::words::{Span, Word, words};

/// A part of an answer, and whether there is something in it to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClaimSpan {
    /// Where it stands in the answer.
    pub span: Span,
    /// What stands there.
    pub text: String,
    /// The statement it makes: without labels and list markers, and with a relative pronoun replaced by what it stands for.
    pub statement: String,
    /// It asserts something that a fact could support or contradict.
    pub check_worthy: bool,
}

/// The claims of `answer`, in order.
pub fn split(answer: &str) -> Vec<ClaimSpan> {
    let mut out = Vec::new();
    for span in sentences(answer) {
        match relative_clause(answer, span) {
            Some((main, clause, antecedent)) => {
                out.push(claim(answer, main, statement(main.of(answer)).to_owned()));
                let said = clause.of(answer).trim_start_matches(',').trim_start();
                let rest = said.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
                out.push(claim(answer, clause, format!("{antecedent} {rest}")));
            }
            None => out.push(claim(answer, span, statement(span.of(answer)).to_owned())),
        }
    }
    out
}

fn claim(answer: &str, span: Span, statement: String) -> ClaimSpan {
    let check_worthy = worth_checking(&statement);
    ClaimSpan { span, text: span.of(answer).to_owned(), statement, check_worthy }
}

/// The sentences of `text`, without the white space around them.
pub fn sentences(text: &str) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    let mut joins = false;
    for (start, piece) in text.split_sentence_bound_indices() {
        let trimmed = piece.trim_start();
        let from = start + piece.len() - trimmed.len();
        let body = trimmed.trim_end();
        if body.is_empty() {
            // A blank line ends whatever was open.
            joins = joins && !piece.contains('\n');
            continue;
        }
        let span = Span::new(from, from + body.len());
        match out.last_mut() {
            Some(open) if joins => open.end = span.end,
            _ => out.push(span),
        }
        let open = out.last().expect("just pushed").of(text);
        let line_ends = piece[trimmed.trim_end().len() + (piece.len() - trimmed.len())..].contains('\n');
        joins = !line_ends && ends_open(open, text[open_end(&out)..].trim_start());
    }
    out
}

fn open_end(spans: &[Span]) -> usize {
    spans.last().map_or(0, |s| s.end)
}

/// Whether the text so far ends in a full stop that ends no sentence, given what follows.
fn ends_open(text: &str, rest: &str) -> bool {
    if LIST_MARKER.find(text).is_some_and(|m| m.end() == text.len()) {
        return true;
    }
    let Some(head) = text.strip_suffix('.') else { return false };
    let last = head.rsplit(|c: char| c.is_whitespace() || "([\"'".contains(c)).next().unwrap_or("");
    let lower = last.to_lowercase();
    let mut letters = last.chars();
    let initial = matches!((letters.next(), letters.next()), (Some(c), None) if c.is_uppercase() && c != 'I')
        && head.len() > last.len();
    // "vitamin C." ends a sentence: an initial comes after a name or "by", or before another initial.
    let previous = head[..head.len() - last.len()].trim_end().rsplit(char::is_whitespace).next().unwrap_or("");
    let named = previous.chars().next().is_some_and(char::is_uppercase) || lexicon::STOP.contains(previous);
    let mut next = rest.chars();
    let another = next.next().is_some_and(char::is_uppercase) && next.next() == Some('.');
    lexicon::ABBREVIATION.contains(lower.as_str()) || (initial && (named || another))
}

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
static RELATIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r",\s+(?:which|who)\s+(?:is|was|are|were|has|had|comes?|came|stands?|means?|derives?|derived|became|began|opened|covers?|includes?)\b").expect("a constant pattern")
});

/// The sentence without a list marker and an "Answer:" label.
pub(super) fn statement(text: &str) -> &str {
    let text = text.trim();
    // A marker marks something: "365." alone is a number.
    let text = LIST_MARKER.find(text).filter(|m| m.end() < text.len()).map_or(text, |m| &text[m.end()..]);
    let text = LABEL.find(text).map_or(text, |m| &text[m.end()..]);
    text.trim()
}

/// A relative clause at the end of the sentence, whose antecedent is a name right before the comma.
fn relative_clause(answer: &str, span: Span) -> Option<(Span, Span, String)> {
    let text = span.of(answer);
    let cut = RELATIVE.find(text)?;
    let head = words(&text[..cut.start()]);
    let names = head.iter().rev().take_while(|w| w.capital && !w.first && w.lower != "the").count();
    if names == 0 || head.last().is_some_and(|w| w.span.end != cut.start()) {
        return None;
    }
    let from = head[head.len() - names].span.start;
    let main = Span::new(span.start, span.start + cut.start());
    let clause = Span::new(span.start + cut.start(), span.end);
    Some((main, clause, text[from..cut.start()].to_owned()))
}

/// Whether it begins as what is said about the answer rather than by it: "I think", "let me see".
pub(super) fn hedges(text: &str) -> bool {
    HEDGE.is_match(text.trim())
}

/// Whether a statement asserts something checkable: it has a topic, and a verb that says something of it. A bare name or number says
/// nothing.
pub fn worth_checking(statement: &str) -> bool {
    let text = statement.trim();
    if text.ends_with('?') || text.ends_with(':') || HEDGE.is_match(text) {
        return false;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(answer: &str) -> Vec<String> {
        split(answer).into_iter().map(|c| c.text).collect()
    }

    #[test]
    fn full_stops_that_end_no_sentence_do_not_split() {
        assert_eq!(
            texts("Dr. Smith met J. K. Rowling. It cost $3.50. The end."),
            ["Dr. Smith met J. K. Rowling.", "It cost $3.50.", "The end."]
        );
        assert_eq!(
            texts("1. Paris is in France.\n2. Rome is in Italy."),
            ["1. Paris is in France.", "2. Rome is in Italy."]
        );
        assert_eq!(texts("The U.S. Congress sits in Washington, D.C. It has two chambers.").len(), 1);
        assert_eq!(texts("It holds vitamin C. Oranges are sweet.").len(), 2);
    }

    #[test]
    fn questions_hedges_and_greetings_are_not_worth_checking() {
        let worthy: Vec<bool> =
            split("Hello! Let me think. Is it Lyon? The capital of France is Paris. Water boils at 100 °C.")
                .iter()
                .map(|c| c.check_worthy)
                .collect();
        assert_eq!(worthy, [false, false, false, true, true]);
    }

    #[test]
    fn what_has_no_verb_asserts_nothing() {
        for fragment in
            ["North America", "Julius Caesar", "South America.", "The United States of America.", "42", "100 °C"]
        {
            assert!(!worth_checking(fragment), "{fragment}");
        }
        for sentence in [
            "Gold conducts electricity",
            "The war ended in 1945",
            "Shakespeare wrote Hamlet",
            "Cats eat small birds.",
            "Paris is in France",
        ] {
            assert!(worth_checking(sentence), "{sentence}");
        }
    }

    #[test]
    fn labels_and_markers_stay_in_the_span_and_leave_the_statement() {
        let found = split("Answer: The symbol is Au.");
        assert_eq!(found[0].text, "Answer: The symbol is Au.");
        assert_eq!(found[0].statement, "The symbol is Au.");
        assert_eq!(split("365.")[0].statement, "365.");
    }

    #[test]
    fn a_relative_clause_about_a_name_is_a_claim_of_its_own() {
        let found = split("The capital of Australia is Canberra, which was founded in 1913.");
        assert_eq!(found[0].statement, "The capital of Australia is Canberra");
        assert_eq!(found[1].statement, "Canberra was founded in 1913.");
    }
}
