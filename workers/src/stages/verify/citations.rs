//! Citations: where a text names its sources, and whether what it quotes stands in them.

mod forms;
mod identifiers;
pub mod quotation;
pub mod references;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use self::references::{Reference, References, references};
use super::align::align;
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
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownSource<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its web address.
    pub url: Option<&'a str>,
    /// Its digital object identifier.
    pub doi: Option<&'a str>,
    /// It was taken back.
    pub retracted: bool,
    /// It is past its time and was not read again.
    pub stale: bool,
    /// What was retrieved from it.
    pub text: Option<&'a str>,
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
    /// The source was retracted or is past its time.
    Stale,
}

/// The state of a citation and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CitationCheck {
    /// The state.
    pub state: CitationState,
    /// How much of the quoted text stands in the source, 0 to 1; none where nothing was aligned.
    pub similarity: Option<f64>,
    /// The part of the source's text nearest to the quoted text.
    pub source_span: Option<Span>,
    /// Why, in words.
    pub reason: String,
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
/// quoted from it, against the source's text.
pub fn check(citation: &CitationMention, known: Option<&KnownSource>, quoted: Option<&str>) -> CitationCheck {
    let settled = |state, reason: String| CitationCheck { state, similarity: None, source_span: None, reason };
    let Some(source) = known else {
        return settled(CitationState::UnknownSource, format!("no source in the store is {}", named(&citation.form)));
    };
    if source.retracted {
        return settled(CitationState::Stale, format!("\"{}\" was retracted", source.title));
    }
    if source.stale {
        return settled(CitationState::Stale, format!("\"{}\" is past its time and was not read again", source.title));
    }
    let Some(quoted) = quoted.map(str::trim).filter(|q| !q.is_empty()) else {
        return settled(
            CitationState::Verified,
            format!("\"{}\" is known and current; nothing is quoted from it", source.title),
        );
    };
    let Some(text) = source.text else {
        return settled(
            CitationState::UnknownSource,
            format!("the text of \"{}\" is not stored, so the quotation cannot be looked up", source.title),
        );
    };
    let Some(found) = align(quoted, text) else {
        return settled(CitationState::NotInSource, format!("\"{}\" has nothing like the quotation", source.title));
    };
    let (state, reason) = match (&found.telling, found.similarity) {
        (None, s) if s >= VERIFIED_FROM => {
            (CitationState::Verified, format!("the quotation stands in \"{}\"", source.title))
        }
        (Some((quote, theirs)), s) if s >= MISQUOTED_FROM => (
            CitationState::Misquoted,
            format!("the quotation has \"{quote}\" where \"{}\" has \"{theirs}\"", source.title),
        ),
        (None, s) if s >= MISQUOTED_FROM => (
            CitationState::Misquoted,
            format!("{:.0} % of the quotation's words stand so in \"{}\"", s * 100.0, source.title),
        ),
        (_, s) => (
            CitationState::NotInSource,
            format!("the nearest passage of \"{}\" has {:.0} % of the quotation's words", source.title, s * 100.0),
        ),
    };
    CitationCheck { state, similarity: Some(found.similarity), source_span: Some(found.span), reason }
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
