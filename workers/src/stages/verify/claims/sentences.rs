//! Where the sentences of a text begin and end.

use std::sync::LazyLock;

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

use super::LIST_MARKER;
use crate::stages::verify::lexicon;
use crate::stages::verify::words::Span;

/// The sentences of `text`, without the white space around them.
pub fn sentences(text: &str) -> Vec<Span> {
    let mut out = bounded(text);
    // "… is Au.[3] Silver is …": a citation's mark after a full stop belongs to the sentence that it ends.
    for at in 1..out.len() {
        let (before, own) = (out[at - 1], out[at]);
        let broken = before.of(text).ends_with('[') && !before.of(text).ends_with(" [");
        let from = if broken { before.end - 1 } else { before.end };
        let marks = MARKS.find(&text[from..own.end]).map_or(0, |m| m.end());
        if marks > 0 && from + marks > own.start {
            let end = from + marks;
            out[at - 1].end = end;
            out[at].start = own.end.min(end + (text[end..own.end].len() - text[end..own.end].trim_start().len()));
        }
    }
    out.retain(|s| s.start < s.end);
    out
}

/// Marks of citations right after a sentence, in the same line.
static MARKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[ \t]*(?:\[\^?[0-9]{1,3}(?:\s*[,;–-]\s*[0-9]{1,3})*\]|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))+")
        .expect("a constant pattern")
});

fn bounded(text: &str) -> Vec<Span> {
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
