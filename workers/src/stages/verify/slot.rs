//! The one place where two statements differ, and whether two values of it are two ways to write one.

use super::clause::Content;
use super::words::{Span, last_word};

pub(super) enum Kind {
    Name,
    Common,
    /// The first word of a sentence, whose capital says nothing.
    Either,
}

pub(super) struct Chunk<'a> {
    pub words: Vec<&'a Content>,
    pub span: Span,
    pub argument: bool,
    pub articled: bool,
}

impl Chunk<'_> {
    pub fn kind(&self) -> Kind {
        if self.words.iter().any(|w| w.name) {
            Kind::Name
        } else if self.words.iter().any(|w| w.first) {
            Kind::Either
        } else {
            Kind::Common
        }
    }
}

/// The words as one run of at most four, or nothing.
pub(super) fn chunk<'a>(words: &[&'a Content]) -> Option<Chunk<'a>> {
    let (first, last) = (words.first()?, words.last()?);
    let run = words.windows(2).all(|w| w[1].index - w[0].index <= 2);
    (run && words.len() <= 4).then(|| Chunk {
        words: words.to_vec(),
        span: Span::new(first.span.start, last.span.end),
        argument: first.argument,
        articled: first.articled,
    })
}

pub(super) fn after_by(text: &str, chunk: &Chunk) -> bool {
    last_word(&text[..chunk.span.start]) == "by"
}

pub(super) fn ordinal(stem: &str) -> bool {
    const WORDS: [&str; 12] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
        "twelfth",
    ];
    WORDS.contains(&stem)
        || stem
            .strip_suffix("th")
            .or(stem.strip_suffix("st"))
            .or(stem.strip_suffix("nd"))
            .or(stem.strip_suffix("rd"))
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Two ways to write one name: an abbreviation, initials, or another spelling.
pub(super) fn variants(a: &Chunk, b: &Chunk) -> bool {
    let letters = |c: &Chunk| c.words.iter().map(|w| w.text.to_lowercase()).collect::<Vec<_>>();
    let (x, y) = (letters(a), letters(b));
    let initials = |words: &[String]| words.iter().filter_map(|w| w.chars().next()).collect::<String>();
    let acronym = |short: &[String], long: &[String]| {
        short.len() == 1 && long.len() >= 2 && short[0].replace('.', "") == initials(long)
    };
    let one_letter = |words: &[String], others: &[String]| {
        words.iter().zip(others).any(|(w, o)| {
            w.trim_end_matches('.').chars().count() == 1
                && w.chars().next() == o.chars().next()
                && o.chars().count() > 2
        })
    };
    acronym(&x, &y)
        || acronym(&y, &x)
        || one_letter(&x, &y)
        || one_letter(&y, &x)
        || respelled(&x.join(" "), &y.join(" "))
}

/// Whether the edit distance is under a quarter of the longer word of at least five letters.
fn respelled(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let longer = a.len().max(b.len());
    if !(5..=64).contains(&longer) {
        return false;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()] * 4 < longer
}
