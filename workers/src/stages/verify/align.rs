//! Finds the passage of a text nearest to a quotation: the whole quotation against any window of the text, by edit distance over words
//! (Sellers 1980, "The theory and computation of evolutionary distances", with words for symbols).

use std::collections::HashMap;

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

/// A text in which passages are looked for.
pub(super) struct Passages {
    words: Vec<Word>,
    /// The words as compared, by number.
    numbers: Vec<u32>,
    /// The number of each word, and where it stands.
    places: HashMap<String, (u32, Vec<u32>)>,
}

impl Passages {
    /// Of a text.
    pub(super) fn of(text: &str) -> Self {
        let words: Vec<Word> = words(text).into_iter().take(MOST_TEXT).collect();
        let mut places: HashMap<String, (u32, Vec<u32>)> = HashMap::new();
        let mut numbers = Vec::with_capacity(words.len());
        for (at, word) in (0u32..).zip(&words) {
            let next = places.len() as u32;
            let (number, at_all) = places.entry(plain(word)).or_insert_with(|| (next, vec![]));
            numbers.push(*number);
            at_all.push(at);
        }
        Self { words, numbers, places }
    }

    /// Aligns a quotation with the text; nothing where no word is shared.
    pub(super) fn align(&self, quoted: &str) -> Option<Alignment> {
        let quote: Vec<Word> = words(quoted).into_iter().take(MOST_QUOTED).collect();
        let plain: Vec<String> = quote.iter().map(plain).collect();
        let sought: Vec<Option<u32>> =
            plain.iter().map(|word| self.places.get(word).map(|(number, _)| *number)).collect();
        if sought.iter().all(Option::is_none) {
            return None;
        }
        let (distance, from, to) = self.verbatim(&plain, &sought).unwrap_or_else(|| self.nearest(&sought));
        let window = &self.words[from..=to];
        Some(Alignment {
            similarity: (1.0 - distance as f64 / plain.len() as f64).max(0.0),
            span: Span::new(window.first()?.span.start, window.last()?.span.end),
            telling: if distance == 0 {
                None
            } else {
                telling(&quote, &plain, window, &window.iter().map(self::plain).collect::<Vec<_>>())
            },
        })
    }

    /// Where the quotation stands word for word, for the first time: looked for where the rarest of its words stands.
    fn verbatim(&self, plain: &[String], sought: &[Option<u32>]) -> Option<(usize, usize, usize)> {
        let sought: Vec<u32> = sought.iter().copied().collect::<Option<_>>()?;
        let places = plain.iter().map(|word| self.places[word].1.as_slice());
        let (offset, rarest) = places.enumerate().min_by_key(|(_, places)| places.len())?;
        let begins = rarest.iter().filter_map(|at| (*at as usize).checked_sub(offset));
        let mut found = begins.filter(|from| self.numbers[*from..].starts_with(&sought));
        found.next().map(|from| (0, from, from + sought.len() - 1))
    }

    /// The window with the fewest words to change, and how many: column by column over the text, the cost of aligning the first
    /// words of the quotation so that they end here, and where that began.
    fn nearest(&self, sought: &[Option<u32>]) -> (usize, usize, usize) {
        let mut cost: Vec<(usize, usize)> = (0..=sought.len()).map(|i| (i, 0)).collect();
        let mut best = (sought.len() + 1, 0, 0);
        for (at, word) in self.numbers.iter().enumerate() {
            let mut diagonal = cost[0];
            cost[0] = (0, at + 1);
            for (i, quoted) in sought.iter().enumerate() {
                let step = (diagonal.0 + usize::from(*quoted != Some(*word)), diagonal.1);
                let insert = (cost[i + 1].0 + 1, cost[i + 1].1);
                let skip = (cost[i].0 + 1, cost[i].1);
                diagonal = cost[i + 1];
                cost[i + 1] = step.min(insert).min(skip);
            }
            let (distance, from) = cost[sought.len()];
            if distance < best.0 && from <= at {
                best = (distance, from, at);
            }
        }
        best
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quotation_is_found_word_for_word_before_it_is_found_nearly() {
        let text = "Gold is 79. Silver, not gold, is 47. Gold is 47 carats at the most; gold is 79.";
        let found = Passages::of(text).align("gold is 47").expect("a passage");
        assert_eq!((found.similarity, found.span.of(text), found.telling), (1.0, "gold, is 47", None));
        let near = Passages::of(text).align("gold is 48").expect("a passage");
        assert_eq!(near.telling.map(|(ours, _)| ours), Some("48".to_owned()));
        assert_eq!(Passages::of(text).align("nothing shared here"), None);
        assert_eq!(Passages::of("").align("gold"), None);
    }

    proptest! {
        #[test]
        fn what_is_cut_out_of_a_text_is_found_in_it(text in "[a-d ,.]{0,200}", from in 0usize..200, length in 1usize..40) {
            let cut: String = text.chars().skip(from).take(length).collect();
            if let Some(found) = Passages::of(&text).align(&cut) {
                // The ends may cut a word in two: what is whole of it stands there.
                let whole = words(&cut).len().saturating_sub(2) as f64 / words(&cut).len().max(1) as f64;
                prop_assert!(found.similarity >= whole - 1e-9, "{} of {cut:?} in {text:?}", found.similarity);
            }
        }

        #[test]
        fn no_text_makes_aligning_panic(text in any::<String>(), quoted in any::<String>()) {
            Passages::of(&text).align(&quoted);
        }
    }
}
