//! What makes two like texts different examples.
//!
//! Arithmetic questions differ in their numbers only, and questions made from one pattern in one word only (*the symbol
//! of oxygen*, *the symbol of hydrogen*): similarity of words would call them the same. So rows of which the label or the
//! numbers differ, and short questions, replies or answers in which one content word stands for another, are different
//! examples.

use super::minhash::{hash_word, mix};
use super::normalise::{each_word, numbers};

/// A text of fewer words is short: each of its content words decides what is asked or said.
const SHORT: usize = 16;

/// Words that may differ without anything else being meant.
const FUNCTION_WORDS: [&str; 58] = [
    "a", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "could", "did", "do", "does", "for", "from",
    "had", "has", "have", "how", "in", "is", "it", "its", "me", "of", "on", "one", "or", "our", "please", "shall",
    "so", "tell", "that", "the", "their", "then", "there", "these", "this", "to", "us", "was", "we", "were", "what",
    "whats", "when", "where", "which", "who", "whose", "will", "with", "would", "you",
];

/// Class of an example: equal for equal labels and equal numbers, in order, in each of its parts.
pub fn class<const PARTS: usize>(parts: [&str; PARTS], label: bool) -> u64 {
    let numbered = parts.iter().fold(0, |class: u64, part| mix(class).wrapping_add(hash_word(&numbers(part))));
    mix(numbered ^ u64::from(label))
}

/// The words of a text, by hash.
#[derive(Clone, Debug)]
pub struct Words {
    count: usize,
    content: Vec<u64>,
}

impl Words {
    /// Reads a text in parts.
    pub fn of<const PARTS: usize>(parts: [&str; PARTS]) -> Self {
        let mut count = 0;
        let mut content = Vec::new();
        for part in parts {
            each_word(part, |word| {
                count += 1;
                if !FUNCTION_WORDS.contains(&word) {
                    content.push(hash_word(word));
                }
            });
        }
        content.sort_unstable();
        content.dedup();
        Self { count, content }
    }

    /// Whether both texts are short and each has a content word that the other lacks.
    pub fn mean_different_things(&self, other: &Self) -> bool {
        self.is_short() && other.is_short() && !self.within(&other.content) && !other.within(&self.content)
    }

    /// Whether the text is so short that each of its content words decides what is meant.
    pub fn is_short(&self) -> bool {
        self.count < SHORT
    }

    /// Whether each content word is among the ascending `words`.
    pub fn within(&self, words: &[u64]) -> bool {
        self.content.iter().all(|word| words.binary_search(word).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn different(a: &str, b: &str) -> bool {
        Words::of([a]).mean_different_things(&Words::of([b]))
    }

    #[test]
    fn one_name_for_another_asks_something_else() {
        assert!(different("What is the symbol of oxygen?", "What is the symbol of hydrogen?"));
        assert!(!different("What is the symbol of oxygen?", "what's the symbol for oxygen"));
        assert!(!different("What is the symbol of oxygen?", "What is the chemical symbol of oxygen?"));
    }

    #[test]
    fn labels_and_numbers_set_examples_apart() {
        assert_eq!(class(["5 and 3?", "eight"], true), class(["5 and 3 ?", "It is 8."], true));
        assert_ne!(class(["5 and 3?", "8"], true), class(["5 and 3?", "8"], false));
        assert_ne!(class(["5 and 3?", "8"], true), class(["5 and 3?", "9"], true));
        assert_ne!(class(["5 less 3?", "2"], true), class(["3 less 5?", "2"], true));
        assert_ne!(class(["5", ""], true), class(["", "5"], true));
    }
}
