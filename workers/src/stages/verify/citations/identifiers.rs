//! Addresses and identifiers that name a source by themselves.

use std::sync::LazyLock;

use regex::Regex;

use super::{CitationForm, Target};
use crate::stages::verify::words::{Span, covered};

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

static DOI: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?i)(?:https?://(?:dx\.)?doi\.org/|\bdoi:\s*|\b)(10\.[0-9]{4,9}/[^\s"<>\[\]{}]+)"#));
static URL: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?i)\bhttps?://[^\s<>"\[\]{}|\\^`]+"#));
/// The new identifiers of arXiv ("2101.00001v2") and the old ones ("hep-th/9901001").
static ARXIV: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\barxiv:\s?([0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[a-z]{2})?/[0-9]{7})(?:v[0-9]{1,2})?\b")
});
static PMID: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bPMID:?\s?([0-9]{1,8})\b"));
static ISBN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bISBN(?:-1[03])?:?\s?((?:[0-9][ -]?){9}(?:(?:[0-9][ -]?){3}[0-9]|[0-9Xx]))\b"));

/// The identifiers of `text`, those of one kind in order; where two overlap, the first kind of this list.
pub(super) fn identifiers(text: &str) -> Vec<(CitationForm, Span)> {
    let mut out: Vec<(CitationForm, Span)> = Vec::new();
    for caught in DOI.captures_iter(text) {
        let (whole, name) = (caught.get(0).expect("group 0"), trimmed(&caught[1]));
        let span = Span::new(whole.start(), whole.end() - (caught[1].len() - name.len()));
        out.push((CitationForm::Doi(name.to_lowercase()), span));
    }
    let doi = out.len();
    for found in URL.find_iter(text) {
        let address = trimmed(found.as_str());
        let span = Span::new(found.start(), found.start() + address.len());
        if !covered(&out[..doi], |(_, d)| *d, span) {
            out.push((CitationForm::Url(address.to_owned()), span));
        }
    }
    let named = |regex: &Regex, form: fn(&str) -> Option<CitationForm>, out: &mut Vec<(CitationForm, Span)>| {
        for caught in regex.captures_iter(text) {
            let whole = caught.get(0).expect("group 0");
            if let Some(form) = form(&caught[1]) {
                out.push((form, Span::new(whole.start(), whole.end())));
            }
        }
    };
    named(&ARXIV, |id| Some(CitationForm::Arxiv(id.to_lowercase())), &mut out);
    named(&PMID, |id| Some(CitationForm::Pmid(id.trim_start_matches('0').to_owned())), &mut out);
    named(&ISBN, |digits| isbn(digits).map(CitationForm::Isbn), &mut out);
    out.sort_by_key(|(_, span)| *span);
    out.dedup_by(|later, earlier| later.1.overlaps(&earlier.1));
    out
}

/// What an identifier names: arXiv's are DOIs of a prefix of its own, PubMed's an address there. Nothing is stored by a book's number.
pub(super) fn target(form: &CitationForm) -> Option<Target> {
    Some(match form {
        CitationForm::Url(url) => Target::Url(url.clone()),
        CitationForm::Doi(doi) => Target::Doi(doi.clone()),
        CitationForm::Arxiv(id) => Target::Doi(format!("10.48550/arxiv.{id}")),
        CitationForm::Pmid(id) => Target::Url(format!("https://pubmed.ncbi.nlm.nih.gov/{id}/")),
        CitationForm::Isbn(_) | CitationForm::Marker(_) | CitationForm::AuthorYear(..) => return None,
    })
}

/// Without the punctuation of the sentence around it; a closing bracket stays where the address opened one.
fn trimmed(address: &str) -> &str {
    let mut rest = address;
    let mut unopened =
        address.bytes().filter(|b| *b == b')').count().saturating_sub(address.bytes().filter(|b| *b == b'(').count());
    while let Some(last) = rest.chars().next_back() {
        match last {
            ')' if unopened > 0 => unopened -= 1,
            c if ".,;:!?'\"’”»“」。，、；：！？*".contains(c) => {}
            _ => break,
        }
        rest = &rest[..rest.len() - last.len_utf8()];
    }
    rest
}

/// The thirteen digits of a book's number whose check digit is right (ISO 2108); ten digits are brought to thirteen.
fn isbn(written: &str) -> Option<String> {
    let digits: Vec<u32> = written
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(|c| if matches!(c, 'X' | 'x') { Some(10) } else { c.to_digit(10) })
        .collect::<Option<_>>()?;
    let check = |body: &[u32]| {
        let sum: u32 = body.iter().zip([1, 3].iter().cycle()).map(|(digit, weight)| digit * weight).sum();
        (10 - sum % 10) % 10
    };
    let body: Vec<u32> = match digits.as_slice() {
        [body @ .., last] if digits.len() == 13 => (check(body) == *last).then(|| body.to_vec())?,
        [body @ .., _] if digits.len() == 10 => {
            let sum: u32 = digits.iter().zip((1..=10).rev()).map(|(digit, weight)| digit * weight).sum();
            sum.is_multiple_of(11).then(|| [&[9, 7, 8], body].concat())?
        }
        _ => return None,
    };
    Some(body.iter().chain([&check(&body)]).filter_map(|d| char::from_digit(*d, 10)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_books_number_is_believed_by_its_check_digit() {
        assert_eq!(isbn("0-306-40615-2").as_deref(), Some("9780306406157"));
        assert_eq!(isbn("978-0-306-40615-7").as_deref(), Some("9780306406157"));
        assert_eq!(isbn("080442957X").as_deref(), Some("9780804429573"));
        assert_eq!(isbn("978-0-306-40615-8"), None);
        assert_eq!(isbn("0-306-40615-3"), None);
    }

    #[test]
    fn an_address_loses_the_sentence_around_it_and_keeps_its_own_brackets() {
        assert_eq!(trimmed("https://a.b/c_(d)).\""), "https://a.b/c_(d)");
        assert_eq!(trimmed("https://a.b/c。"), "https://a.b/c");
        assert_eq!(trimmed(&format!("https://a.b/{}", ")".repeat(1_000_000))), "https://a.b/");
    }
}
