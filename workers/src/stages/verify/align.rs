//! Finds the passage of a text nearest to a quotation: the whole quotation against any window of the text, by edit distance over words
//! (Sellers 1980, "The theory and computation of evolutionary distances", with words for symbols).

use unicode_normalization::UnicodeNormalization;

use super::lexicon;
use super::words::{Span, Word, words};

/// The most words of a quotation and of a text that are aligned; what is beyond is left out.
const MOST_QUOTED: usize = 300;
const MOST_TEXT: usize = 100_000;

/// The passage nearest to a quotation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alignment {
    /// Share of the quotation's words that stand in the passage, in order and without insertions.
    pub similarity: f64,
    /// The passage.
    pub span: Span,
    /// A number, name or negation that differs: the quotation's words and the passage's.
    pub telling: Option<(String, String)>,
}

/// Aligns `quoted` with `text`; nothing where no word is shared.
pub(super) fn align(quoted: &str, text: &str) -> Option<Alignment> {
    let quote: Vec<Word> = words(quoted).into_iter().take(MOST_QUOTED).collect();
    let all: Vec<Word> = words(text).into_iter().take(MOST_TEXT).collect();
    let (q, t): (Vec<String>, Vec<String>) = (quote.iter().map(plain).collect(), all.iter().map(plain).collect());
    if q.is_empty() || !q.iter().any(|w| t.contains(w)) {
        return None;
    }
    // Column by column over the text: the cost of aligning the first i words of the quotation ending here, and where that began.
    let mut cost: Vec<(usize, usize)> = (0..=q.len()).map(|i| (i, 0)).collect();
    let mut best = (q.len() + 1, 0, 0);
    for (at, word) in t.iter().enumerate() {
        let mut diagonal = cost[0];
        cost[0] = (0, at + 1);
        for (i, quoted) in q.iter().enumerate() {
            let step = (diagonal.0 + usize::from(quoted != word), diagonal.1);
            let insert = (cost[i + 1].0 + 1, cost[i + 1].1);
            let skip = (cost[i].0 + 1, cost[i].1);
            diagonal = cost[i + 1];
            cost[i + 1] = step.min(insert).min(skip);
        }
        let (distance, from) = cost[q.len()];
        if distance < best.0 && from <= at {
            best = (distance, from, at);
        }
    }
    let (distance, from, to) = best;
    let window = &all[from..=to];
    Some(Alignment {
        similarity: (1.0 - distance as f64 / q.len() as f64).max(0.0),
        span: Span::new(window.first()?.span.start, window.last()?.span.end),
        telling: telling(&quote, &q, window, &t[from..=to]),
    })
}

/// A word as compared: compatibility-normalised, lower case, without thousands separators.
fn plain(word: &Word) -> String {
    let lower: String = word.lower.nfkc().collect();
    if lower.starts_with(|c: char| c.is_ascii_digit()) { lower.replace(',', "") } else { lower }
}

/// Numbers, negations and names that one side has and the other lacks.
fn telling(quote: &[Word], q: &[String], window: &[Word], t: &[String]) -> Option<(String, String)> {
    let lacking = |all: &[Word], own: &[String], other: &[String]| -> Vec<String> {
        all.iter()
            .zip(own)
            .filter(|(w, plain)| {
                let number = plain.starts_with(|c: char| c.is_ascii_digit()) || super::numbers::small(plain).is_some();
                let tells =
                    number || lexicon::NEGATION.contains(w.lower.as_str()) || (w.capital && !w.first && !w.is_stop());
                tells && !other.contains(plain)
            })
            .map(|(w, _)| w.text.clone())
            .collect()
    };
    let (ours, theirs) = (lacking(quote, q, t), lacking(window, t, q));
    (!ours.is_empty() || !theirs.is_empty()).then(|| (ours.join(" "), theirs.join(" ")))
}
