//! Citations as they stand in a text.

use std::sync::LazyLock;

use regex::Regex;

use super::identifiers::{identifiers, target};
use super::references::References;
use super::{CitationForm, CitationMention};
use crate::stages::verify::words::{Span, last_word};

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

static MARKER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\[\^?([0-9]{1,3}(?:\s*[,;–-]\s*\^?[0-9]{1,3})*)\]|［([0-9]{1,3})］|【([0-9]{1,3})】"));
static RAISED: LazyLock<Regex> = LazyLock::new(|| pattern(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}(?:[,⁻˒ ][⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})*"));
static AUTHOR_YEAR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\(((?:\p{Lu}[\p{L}'’-]+)(?:(?:,?\s+(?:and|&)\s+|,\s+)\p{Lu}[\p{L}'’-]+)*(?:\s+et\s+al\.?)?),?\s+([12][0-9]{3})[a-z]?\)",
    )
});
static NARRATIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(\p{Lu}[\p{L}'’-]+(?:\s+(?:and|&)\s+\p{Lu}[\p{L}'’-]+|\s+et\s+al\.?)?)\s+\(([12][0-9]{3})[a-z]?\)")
});
/// A link's text, up to the address that was found.
static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[([^\[\]\n]{1,300})\]\(<?$"));

/// The citations that name their source by themselves, in order. A link of Markdown is one with its text.
pub(super) fn addressed(text: &str) -> Vec<CitationMention> {
    identifiers(text)
        .into_iter()
        .map(|(form, span)| CitationMention { target: target(&form), span: linked(text, span), form })
        .collect()
}

/// The whole of "[text](address)" for an address in it.
fn linked(text: &str, span: Span) -> Span {
    if !text[..span.start].trim_end_matches('<').ends_with("](") {
        return span;
    }
    let from = text[..span.start].char_indices().rev().nth(400).map_or(0, |(at, _)| at);
    let opened = LINK.find(&text[from..span.start]).map(|m| from + m.start());
    let closed = text[span.end..].strip_prefix('>').unwrap_or(&text[span.end..]);
    match opened {
        Some(start) if closed.starts_with(')') => Span::new(start, text.len() - closed.len() + 1),
        _ => span,
    }
}

/// The citations by number or by author and year, with what the list of references says that they name.
pub(super) fn marked(text: &str, references: &References) -> Vec<CitationMention> {
    let mut out = Vec::new();
    let mut number = |span: Span, numbers: Vec<u32>| {
        out.extend(numbers.into_iter().map(|n| CitationMention {
            form: CitationForm::Marker(n),
            span,
            target: references.numbered(n).and_then(|entry| entry.target.clone()),
        }));
    };
    for caught in MARKER.captures_iter(text) {
        let whole = caught.get(0).expect("group 0");
        let inside = caught.iter().skip(1).flatten().next().map_or("", |m| m.as_str());
        number(Span::new(whole.start(), whole.end()), numbers(inside));
    }
    for raised in RAISED.find_iter(text) {
        let listed: Vec<u32> =
            raised.as_str().split([',', '˒', ' ']).flat_map(|part| numbers(&lowered(part))).collect();
        let known = listed.iter().all(|n| references.numbered(*n).is_some());
        if known && !is_power(&text[..raised.start()]) {
            number(Span::new(raised.start(), raised.end()), listed);
        }
    }
    let mut authors = |regex: &Regex, listed_only: bool| {
        for caught in regex.captures_iter(text) {
            let whole = caught.get(0).expect("group 0");
            let Ok(year) = caught[2].parse() else { continue };
            let author = caught[1].trim_end_matches(',').to_owned();
            let entry = references.written_by(&author, year);
            if listed_only && entry.is_none() {
                continue;
            }
            let target = entry.and_then(|entry| entry.target.clone());
            let span = Span::new(whole.start(), whole.end());
            out.push(CitationMention { form: CitationForm::AuthorYear(author, year), span, target });
        }
    };
    authors(&AUTHOR_YEAR, false);
    authors(&NARRATIVE, true);
    out
}

/// The numbers of "1, 3-5"; a range of more than twenty is not believed.
fn numbers(inside: &str) -> Vec<u32> {
    let mut out = Vec::new();
    for part in inside.split([',', ';']) {
        let ends: Vec<u32> =
            part.split(['-', '–']).filter_map(|n| n.trim().trim_start_matches('^').parse().ok()).collect();
        match ends.as_slice() {
            [one] => out.push(*one),
            [from, to] if from < to && to - from <= 20 => out.extend(*from..=*to),
            _ => out.extend(ends),
        }
    }
    out
}

/// Superscript digits as digits.
pub(super) fn lowered(raised: &str) -> String {
    raised
        .chars()
        .map(|c| match c {
            '⁰' => '0',
            '¹' => '1',
            '²' => '2',
            '³' => '3',
            '⁴'..='⁹' => char::from_digit(u32::from(c) - u32::from('⁰'), 10).unwrap_or(c),
            '⁻' => '-',
            other => other,
        })
        .collect()
}

/// Whether a raised number after `before` is a power: of a number, of a bracket, or of what is measured or computed with.
fn is_power(before: &str) -> bool {
    let word = last_word(before);
    let unit = before.ends_with(|c: char| c.is_alphabetic()) && word.chars().count() <= 3;
    unit || before.ends_with(|c: char| c.is_numeric() || c == ')' || c.is_whitespace())
}
