//! Citations: where a text names its sources, and whether what it quotes stands in them.

mod forms;
mod identifiers;
pub mod quotation;
pub mod references;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use atr_core::domain::citation::CitationState;
use serde::Serialize;

pub use self::references::{Reference, References, references};
use super::align::{Alignment, Passages};
use super::words::{Span, covered};

/// The form a citation has in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CitationForm {
    /// "[3]", one for each number of "[1, 3-5]"; a footnote's number; "³" where the text has a list of references with that number.
    Marker(u32),
    /// "(Author, 2020)"; "Author (2020)" where the text's list of references has such an entry.
    AuthorYear(String, i32),
    /// A web address.
    Url(String),
    /// A digital object identifier, lower case, without resolver.
    Doi(String),
    /// An identifier of arXiv, without version.
    Arxiv(String),
    /// An identifier of PubMed.
    Pmid(String),
    /// A book's number of thirteen digits, whose check digit is right.
    Isbn(String),
}

/// What a citation finally names: what a source can be looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A web address.
    Url(String),
    /// A digital object identifier, lower case, without resolver.
    Doi(String),
    /// The title that an entry of the text's list of references gives, where it has neither address nor DOI.
    Title(String),
}

/// A citation found in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CitationMention {
    /// Its form and what it names.
    pub form: CitationForm,
    /// Where it stands.
    pub span: Span,
    /// What it names, by itself or by the text's own list of references; none where that is not said, or not clearly.
    pub target: Option<Target>,
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
    /// What it was known to state and was retracted.
    pub(super) retracted: Option<&'a Passages>,
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

/// The citations of `text`, in order. A list of references is no citation by itself: its entries resolve what stands before it, and
/// those that nothing cites are given as they stand.
pub fn find(text: &str) -> Vec<CitationMention> {
    let references = references(text);
    let mut out = forms::addressed(text);
    let mut marked = forms::marked(text, &references);
    // "[3](https://…)" and a number within an address are part of what they stand in.
    marked.retain(|m| !covered(&out, |m| m.span, m.span) && !references.lists(m.span.start));
    let cited: Vec<&Target> = marked.iter().filter_map(|m| m.target.as_ref()).collect();
    let cited: std::collections::BTreeSet<&Target> = cited.into_iter().collect();
    out.retain(|m| !references.lists(m.span.start) || !m.target.as_ref().is_some_and(|t| cited.contains(t)));
    out.extend(marked);
    out.sort_by_key(|m| m.span);
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
    if source.texts.is_empty() && source.retracted.is_none() && source.failing {
        let reason =
            format!("\"{title}\" could not be read when this was last tried, and nothing that it says is stored");
        return settled(CitationState::Unreachable, reason);
    }
    let held = match quoted.map(str::trim).filter(|quoted| !quoted.is_empty()) {
        None => {
            settled(CitationState::Verified, format!("\"{title}\" is known and current; nothing is quoted from it"))
        }
        Some(quoted) => {
            let held = match source.texts {
                [] => {
                    let reason = format!("the text of \"{title}\" is not stored, so the quotation cannot be looked up");
                    settled(CitationState::UnknownSource, reason)
                }
                texts => hold(title, texts, quoted),
            };
            if held.state != CitationState::Verified && source.retracted.is_some_and(|text| stands(text, quoted)) {
                let reason =
                    format!("the quotation stands in what \"{title}\" was known to state, which was retracted");
                return settled(CitationState::Retracted, reason);
            }
            held
        }
    };
    // What is no more, or never was, is no less wrong for being old.
    if source.stale && held.state == CitationState::Verified {
        let reason = format!("\"{title}\" is past its time and was not read again");
        return CitationCheck { state: CitationState::Stale, reason, ..held };
    }
    held
}

fn stands(text: &Passages, quoted: &str) -> bool {
    text.align(quoted).is_some_and(|found| found.similarity >= VERIFIED_FROM && found.telling.is_none())
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
        CitationForm::Arxiv(id) => format!("arXiv:{id}"),
        CitationForm::Pmid(id) => format!("PMID {id}"),
        CitationForm::Isbn(isbn) => format!("ISBN {isbn}"),
    }
}
