//! Words of a text with their places in it: what every comparison of two statements starts from.
//!
//! Words are those of Unicode's default word boundaries (UAX #29); stems are those of a light suffix stripper that joins
//! plurals, the regular past, the gerund and British spellings, and leaves short symbols such as "Au" alone.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::lexicon;

/// A half-open byte range of a text; both ends are character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range from `start` to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The part of `text` it names; empty where it does not fit that text.
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start..self.end).unwrap_or("")
    }

    /// Where it begins and ends, as records keep it.
    pub fn offsets(&self) -> (i32, i32) {
        let offset = |at: usize| i32::try_from(at).unwrap_or(i32::MAX);
        (offset(self.start), offset(self.end))
    }

    /// The same range in a text that has `offset` bytes before this one.
    pub fn shifted(&self, offset: usize) -> Self {
        Self { start: self.start + offset, end: self.end + offset }
    }

    /// Whether the two share a byte.
    pub fn overlaps(&self, other: &Span) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Whether one of `found`, which are in order and apart, has a byte of `span`.
pub(super) fn covered<T>(found: &[T], place: impl Fn(&T) -> Span, span: Span) -> bool {
    let at = found.partition_point(|one| place(one).end <= span.start);
    found.get(at).is_some_and(|one| place(one).overlaps(&span))
}

/// One word of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// As written.
    pub text: String,
    /// Lower case, straight apostrophes.
    pub lower: String,
    /// What two forms of one word share.
    pub stem: String,
    /// Where it stands.
    pub span: Span,
    /// Written with a capital or with a digit in it.
    pub capital: bool,
    /// The first word of the text, whose capital says nothing.
    pub first: bool,
    /// A possessive, "France's".
    pub possessive: bool,
}

impl Word {
    /// Says nothing about the topic: an article, a preposition, an auxiliary, a filler.
    pub fn is_stop(&self) -> bool {
        lexicon::STOP.contains(self.lower.as_str()) && !self.is_symbol()
    }

    /// "the", "a" or "an".
    pub(super) fn is_article(&self) -> bool {
        matches!(self.lower.as_str(), "the" | "a" | "an")
    }

    /// Two or three letters with a capital that are no shouted stop word at the start: "Au", "He", "US".
    fn is_symbol(&self) -> bool {
        !self.first && self.capital && self.text.len() <= 2 && !matches!(self.text.as_str(), "I" | "A")
    }
}

/// The words of `text`, in order.
pub fn words(text: &str) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::new();
    for (start, piece) in text.unicode_word_indices() {
        let lower = piece.to_lowercase().replace('\u{2019}', "'");
        let possessive = lower.ends_with("'s") && lower.len() > 2 && !lexicon::CONTRACTED_IS.contains(lower.as_str());
        let capital = piece.chars().any(|c| c.is_uppercase() || c.is_numeric());
        out.push(Word {
            stem: stem(&lower),
            text: piece.to_owned(),
            lower,
            span: Span::new(start, start + piece.len()),
            capital,
            first: out.is_empty(),
            possessive,
        });
    }
    out
}

/// The lower-case word that ends nearest before the end of `text`, looked for in its last forty characters only, so that a text
/// of many numbers is not read again for each.
pub(super) fn last_word(text: &str) -> String {
    let from = text.char_indices().rev().nth(40).map_or(0, |(at, _)| at);
    words(&text[from..]).pop().map(|w| w.lower).unwrap_or_default()
}

/// The word that `text` begins with, looked for in its first forty characters only.
pub(super) fn leading_word(text: &str) -> Option<Word> {
    let to = text.char_indices().nth(40).map_or(text.len(), |(at, _)| at);
    words(&text[..to]).into_iter().next().filter(|w| w.span.start == 0)
}

/// The stem of a lower-case word.
pub fn stem(lower: &str) -> String {
    let word = lower.strip_suffix("'s").unwrap_or(lower);
    if let Some(base) = lexicon::IRREGULAR.get(word) {
        return (*base).to_owned();
    }
    if !word.is_ascii() || word.len() <= 3 || word.bytes().any(|b| b.is_ascii_digit() || b == b'.') {
        return word.to_owned();
    }
    let word = american(word);
    let word = word.as_str();
    let base = if let Some(head) = word.strip_suffix("ies").filter(|h| h.len() >= 2) {
        format!("{head}y")
    } else if let Some(head) =
        ["sses", "shes", "ches", "xes", "zes"].iter().find(|s| word.ends_with(**s)).map(|_| &word[..word.len() - 2])
    {
        head.to_owned()
    } else if word.ends_with('s') && !["ss", "us", "is"].iter().any(|s| word.ends_with(s)) {
        word[..word.len() - 1].to_owned()
    } else if let Some(head) = word.strip_suffix("ing").filter(|h| h.len() >= 3 && has_vowel(h)) {
        undouble(head)
    } else if let Some(head) = word.strip_suffix("ied").filter(|h| h.len() >= 2) {
        format!("{head}y")
    } else if let Some(head) = word.strip_suffix("ed").filter(|h| h.len() >= 3 && has_vowel(h)) {
        undouble(head)
    } else {
        word.to_owned()
    };
    // "named", "naming" and "names" meet only without the silent e.
    match base.strip_suffix('e').filter(|h| h.len() >= 3) {
        Some(head) => head.to_owned(),
        None => base,
    }
}

fn has_vowel(head: &str) -> bool {
    head.bytes().any(|b| b"aeiouy".contains(&b))
}

fn undouble(head: &str) -> String {
    let bytes = head.as_bytes();
    match bytes {
        [.., a, b] if a == b && !b"lsz".contains(b) => head[..head.len() - 1].to_owned(),
        _ => head.to_owned(),
    }
}

fn american(word: &str) -> String {
    for (british, american) in [
        ("our", "or"),
        ("ours", "ors"),
        ("oured", "ored"),
        ("metre", "meter"),
        ("metres", "meters"),
        ("litre", "liter"),
        ("litres", "liters"),
        ("centre", "center"),
        ("centres", "centers"),
    ] {
        if let Some(head) = word.strip_suffix(british)
            && (british.len() > 4 || head.len() >= 3)
            && !matches!(word, "hours" | "yours" | "tours" | "pours" | "fours")
        {
            return format!("{head}{american}");
        }
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_word_share_a_stem() {
        for (a, b) in [
            ("planets", "planet"),
            ("cities", "city"),
            ("named", "naming"),
            ("colour", "color"),
            ("kilometres", "kilometer"),
            ("France's", "france"),
            ("stopped", "stop"),
            ("wrote", "writes"),
            ("boxes", "box"),
        ] {
            assert_eq!(stem(&a.to_lowercase()), stem(b), "{a} and {b}");
        }
        assert_ne!(stem("hours"), stem("hors"));
        assert_eq!(stem("gas"), "gas");
    }

    #[test]
    fn a_symbol_is_not_mistaken_for_a_stop_word() {
        let found = words("The symbol of helium is He.");
        assert!(!found.last().unwrap().is_stop());
        assert!(words("It was He who").first().unwrap().is_stop());
    }
}
