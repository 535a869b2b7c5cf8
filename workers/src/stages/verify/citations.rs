//! Citations: where a text names its sources, and whether what it quotes stands in them.

use std::{cmp::Ordering, sync::LazyLock};

use regex::Regex;
use serde::Serialize;

use super::align::{Alignment, Passages};
use super::words::Span;

/// The form a citation has in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CitationForm {
    /// "[3]", one for each number of "[1, 3-5]".
    Marker(u32),
    /// "(Author, 2020)".
    AuthorYear(String, i32),
    /// A web address.
    Url(String),
    /// A digital object identifier, lower case, without resolver.
    Doi(String),
}

/// A citation found in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CitationMention {
    /// Its form and what it names.
    pub form: CitationForm,
    /// Where it stands.
    pub span: Span,
}

/// A source that the store knows.
#[derive(Clone, Copy)]
pub(super) struct KnownSource<'a> {
    /// Its title.
    pub(super) title: &'a str,
    /// It is past its time and was not read again.
    pub(super) stale: bool,
    /// It could not be read when this was last tried, and no copy of it is kept.
    pub(super) failing: bool,
    /// What is known of its words: what was retrieved from it, then what it is known to state.
    pub(super) texts: &'a [Passages],
}

/// What checking a citation gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CitationState {
    /// The source is known and current, and what is quoted stands in it.
    Verified,
    /// The source has something like it, not it.
    Misquoted,
    /// The source has nothing like it.
    NotInSource,
    /// The source, or its text, is not in the store.
    UnknownSource,
    /// The source is past its time and was not read again.
    Stale,
    /// The source could not be read when this was last tried, and nothing that it says is stored.
    Unreachable,
}

/// The state of a citation and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CitationCheck {
    /// The state.
    pub(super) state: CitationState,
    /// Which of the source's texts has the part that is nearest to the quotation, by its place; and that part.
    pub(super) passage: Option<(usize, Span)>,
    /// Why, in words.
    pub(super) reason: String,
}

/// The share of words from which a passage is the quoted one, if no number, name or negation differs.
pub const VERIFIED_FROM: f64 = 0.95;
/// The share of words from which a passage is a changed form of the quoted one.
pub const MISQUOTED_FROM: f64 = 0.6;

static MARKER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[([0-9]{1,3}(?:\s*[,;–-]\s*[0-9]{1,3})*)\]").expect("a constant pattern"));
static DOI: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:https?://(?:dx\.)?doi\.org/|\bdoi:\s*|\b)(10\.[0-9]{4,9}/[^\s"<>\[\]{}]+)"#)
        .expect("a constant pattern")
});
static URL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?i)\bhttps?://[^\s<>"\[\]{}|\\^`]+"#).expect("a constant pattern"));
static AUTHOR_YEAR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\(((?:\p{Lu}[\p{L}'’-]+)(?:(?:,?\s+(?:and|&)\s+|,\s+)\p{Lu}[\p{L}'’-]+)*(?:\s+et\s+al\.?)?),?\s+([12][0-9]{3})[a-z]?\)").expect("a constant pattern")
});

/// The citations of `text`, in order.
pub fn find(text: &str) -> Vec<CitationMention> {
    let mut out: Vec<CitationMention> = Vec::new();
    for caught in DOI.captures_iter(text) {
        let (whole, name) = (caught.get(0).expect("group 0"), trimmed(&caught[1]));
        let span = Span::new(whole.start(), whole.end() - (caught[1].len() - name.len()));
        out.push(CitationMention { form: CitationForm::Doi(name.to_lowercase()), span });
    }
    for found in URL.find_iter(text) {
        let address = trimmed(found.as_str());
        let span = Span::new(found.start(), found.start() + address.len());
        if !out.iter().any(|m| m.span.overlaps(&span)) {
            out.push(CitationMention { form: CitationForm::Url(address.to_owned()), span });
        }
    }
    let mut marked = Vec::new();
    for caught in MARKER.captures_iter(text) {
        let whole = caught.get(0).expect("group 0");
        let span = Span::new(whole.start(), whole.end());
        marked.extend(
            marker_numbers(&caught[1]).into_iter().map(|n| CitationMention { form: CitationForm::Marker(n), span }),
        );
    }
    for caught in AUTHOR_YEAR.captures_iter(text) {
        let whole = caught.get(0).expect("group 0");
        let Ok(year) = caught[2].parse() else { continue };
        let form = CitationForm::AuthorYear(caught[1].trim_end_matches(',').to_owned(), year);
        marked.push(CitationMention { form, span: Span::new(whole.start(), whole.end()) });
    }
    out.extend(marked);
    out.sort_by_key(|m| m.span);
    out
}

/// Without the punctuation of the sentence around it; a closing bracket stays where the address opened one.
fn trimmed(address: &str) -> &str {
    let mut rest = address;
    loop {
        let unopened = rest.ends_with(')') && rest.matches(')').count() > rest.matches('(').count();
        match rest.chars().next_back() {
            Some(c) if unopened || ".,;:!?'\"’”*".contains(c) => rest = &rest[..rest.len() - c.len_utf8()],
            _ => return rest,
        }
    }
}

/// The numbers of "1, 3-5"; a range of more than twenty is not believed.
fn marker_numbers(inside: &str) -> Vec<u32> {
    let mut out = Vec::new();
    for part in inside.split([',', ';']) {
        let ends: Vec<u32> = part.split(['-', '–']).filter_map(|n| n.trim().parse().ok()).collect();
        match ends.as_slice() {
            [one] => out.push(*one),
            [from, to] if from < to && to - from <= 20 => out.extend(*from..=*to),
            _ => out.extend(ends),
        }
    }
    out
}

/// Checks a citation against the source it was found to name (`known`; none where the store has no such source) and, where something is
/// quoted from it, against the source's texts: the one that has most of the quotation decides, the first of several.
pub(super) fn check(citation: &CitationMention, known: Option<&KnownSource>, quoted: Option<&str>) -> CitationCheck {
    let settled = |state, reason: String| CitationCheck { state, passage: None, reason };
    let Some(source) = known else {
        return settled(CitationState::UnknownSource, format!("no source in the store is {}", named(&citation.form)));
    };
    let title = source.title;
    if source.texts.is_empty() && source.failing {
        let reason =
            format!("\"{title}\" could not be read when this was last tried, and nothing that it says is stored");
        return settled(CitationState::Unreachable, reason);
    }
    let held = match quoted.map(str::trim).filter(|quoted| !quoted.is_empty()) {
        None => {
            settled(CitationState::Verified, format!("\"{title}\" is known and current; nothing is quoted from it"))
        }
        Some(_) if source.texts.is_empty() => {
            let reason = format!("the text of \"{title}\" is not stored, so the quotation cannot be looked up");
            return settled(CitationState::UnknownSource, reason);
        }
        Some(quoted) => hold(title, source.texts, quoted),
    };
    // What is no more, or never was, is no less wrong for being old.
    if source.stale && held.state == CitationState::Verified {
        let reason = format!("\"{title}\" is past its time and was not read again");
        return CitationCheck { state: CitationState::Stale, reason, ..held };
    }
    held
}

/// Holds a quotation against a source's texts.
fn hold(title: &str, texts: &[Passages], quoted: &str) -> CitationCheck {
    let found = texts.iter().enumerate().filter_map(|(at, text)| Some((at, text.align(quoted)?)));
    // Of equal ones the first: `max_by` would give the last.
    let rank = |found: &Alignment| (found.similarity >= VERIFIED_FROM && found.telling.is_none(), found.similarity);
    let better = |one: &Alignment, other: &Alignment| rank(one).partial_cmp(&rank(other)).is_some_and(Ordering::is_gt);
    let best = found.reduce(|best, next| if better(&next.1, &best.1) { next } else { best });
    let Some((at, found)) = best else {
        let reason = format!("\"{title}\" has nothing like the quotation");
        return CitationCheck { state: CitationState::NotInSource, passage: None, reason };
    };
    let (state, reason) = match (&found.telling, found.similarity) {
        (None, s) if s >= VERIFIED_FROM => (CitationState::Verified, format!("the quotation stands in \"{title}\"")),
        (Some((quote, theirs)), s) if s >= MISQUOTED_FROM => {
            (CitationState::Misquoted, format!("the quotation has \"{quote}\" where \"{title}\" has \"{theirs}\""))
        }
        (None, s) if s >= MISQUOTED_FROM => {
            (CitationState::Misquoted, format!("{:.0} % of the quotation's words stand so in \"{title}\"", s * 100.0))
        }
        (_, s) => (
            CitationState::NotInSource,
            format!("the nearest passage of \"{title}\" has {:.0} % of the quotation's words", s * 100.0),
        ),
    };
    CitationCheck { state, passage: Some((at, found.span)), reason }
}

fn named(form: &CitationForm) -> String {
    match form {
        CitationForm::Marker(n) => format!("[{n}]"),
        CitationForm::AuthorYear(author, year) => format!("{author}, {year}"),
        CitationForm::Url(url) => url.clone(),
        CitationForm::Doi(doi) => format!("doi:{doi}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Mount Everest is Earth's highest mountain above sea level. Its elevation of 8,849 m was established in 2020 by Chinese and Nepali authorities.";

    fn source(texts: &[Passages]) -> KnownSource<'_> {
        KnownSource { title: "Everest", stale: false, failing: false, texts }
    }

    fn state(quoted: &str) -> CitationState {
        check(&find("[1]")[0], Some(&source(&[Passages::of(TEXT)])), Some(quoted)).state
    }

    #[test]
    fn each_form_is_found_in_its_place() {
        let text = "As shown [1, 3-4] (see https://example.org/a_(b)), in doi:10.1000/XYZ.12. (Wang et al., 2022)";
        let forms: Vec<(CitationForm, &str)> =
            find(text).into_iter().map(|m| (m.form.clone(), m.span.of(text))).collect();
        assert_eq!(
            forms,
            [
                (CitationForm::Marker(1), "[1, 3-4]"),
                (CitationForm::Marker(3), "[1, 3-4]"),
                (CitationForm::Marker(4), "[1, 3-4]"),
                (CitationForm::Url("https://example.org/a_(b)".into()), "https://example.org/a_(b)"),
                (CitationForm::Doi("10.1000/xyz.12".into()), "doi:10.1000/XYZ.12"),
                (CitationForm::AuthorYear("Wang et al.".into(), 2022), "(Wang et al., 2022)"),
            ]
        );
    }

    #[test]
    fn a_quotation_is_told_from_a_changed_and_from_an_invented_one() {
        assert_eq!(state("Its elevation of 8,849 m was established in 2020"), CitationState::Verified);
        assert_eq!(state("its elevation of “8849 m” was established in 2020"), CitationState::Verified);
        assert_eq!(state("Its elevation of 8,848 m was established in 2020"), CitationState::Misquoted);
        assert_eq!(state("Mount Everest is not Earth's highest mountain above sea level"), CitationState::Misquoted);
        assert_eq!(state("Kangchenjunga was first climbed by a British expedition"), CitationState::NotInSource);
    }

    #[test]
    fn the_passage_is_given_with_its_place_in_the_text_that_has_most_of_it() {
        let texts = [Passages::of("Everest was established as a name in 1865."), Passages::of(TEXT)];
        let found = check(&find("[1]")[0], Some(&source(&texts)), Some("established in 2020"));
        let (at, span) = found.passage.expect("a passage");
        assert_eq!((at, span.of(TEXT)), (1, "established in 2020"));
        let first = check(&find("[1]")[0], Some(&source(&texts)), Some("established")).passage.expect("a passage");
        assert_eq!(first.0, 0);
    }

    #[test]
    fn what_is_not_stored_cannot_be_verified_and_what_is_past_its_time_is_stale() {
        let cited = &find("[7]")[0];
        assert_eq!(check(cited, None, None).state, CitationState::UnknownSource);
        assert_eq!(check(cited, Some(&source(&[])), Some("anything")).state, CitationState::UnknownSource);
        assert_eq!(check(cited, Some(&source(&[])), None).state, CitationState::Verified);
        let failing = KnownSource { failing: true, ..source(&[]) };
        assert_eq!(check(cited, Some(&failing), None).state, CitationState::Unreachable);
        let texts = [Passages::of(TEXT)];
        let stale = KnownSource { stale: true, failing: true, ..source(&texts) };
        assert_eq!(check(cited, Some(&stale), Some("established in 2020")).state, CitationState::Stale);
        assert_eq!(check(cited, Some(&stale), Some("Kangchenjunga is near")).state, CitationState::NotInSource);
    }
}
