//! The words by which the facts are found that a claim could be held against.

use std::collections::HashSet;

use super::words::words;

/// The most words a search is for: enough for a long sentence, few enough for the index.
pub const MOST_TERMS: usize = 32;

/// The claim's content words, each once, with spaces between them; names and numbers alone where there are more than [`MOST_TERMS`], as far as
/// they go. `None` where the claim has no such word. Nothing but letters and digits is in it.
pub fn search_terms(claim: &str) -> Option<String> {
    let mut seen = HashSet::new();
    let mut terms: Vec<(bool, String)> = Vec::new();
    for word in words(claim) {
        if word.is_stop() {
            continue;
        }
        let lower = word.lower.strip_suffix("'s").unwrap_or(&word.lower);
        for piece in lower.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty() && p.len() <= 64) {
            if seen.insert(piece.to_owned()) {
                terms.push((!word.capital, piece.to_owned()));
            }
        }
    }
    if terms.len() > MOST_TERMS {
        terms.sort_by_key(|(common, _)| *common);
        terms.truncate(MOST_TERMS);
    }
    (!terms.is_empty()).then(|| terms.into_iter().map(|(_, term)| term).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_words_are_what_is_searched_for() {
        assert_eq!(search_terms("The capital of France is Paris.").as_deref(), Some("capital france paris"));
        assert_eq!(search_terms("Is it so?"), None);
    }

    #[test]
    fn nothing_of_the_claim_is_read_as_an_operator() {
        let found = search_terms("-gold \"silver\" or:* & !copper (tin)").unwrap();
        assert_eq!(found, "gold silver copper tin");
    }

    #[test]
    fn names_and_numbers_outlast_common_words_in_a_long_claim() {
        let long = (0..60)
            .map(|n| format!("word{}", "abcdefghij".repeat(n % 5 + 1) + &"x".repeat(n)))
            .collect::<Vec<_>>()
            .join(" ")
            + " Paris 1969";
        let found = search_terms(&long).unwrap();
        assert_eq!(found.split(' ').count(), MOST_TERMS);
        assert!(found.contains("paris") && found.contains("1969"));
    }
}
