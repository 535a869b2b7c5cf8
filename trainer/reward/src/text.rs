//! Words, numbers and kinds of answers: the little reading the features do.

/// Words beyond this many are not looked at, so that one huge answer cannot take the trainer's memory.
const MAX_WORDS: usize = 400;

/// The words of a text: lower-cased runs of letters and digits. An apostrophe inside a word and a point or comma
/// inside a number belong to it; the comma of a thousand is dropped.
pub(crate) fn words(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().take(40 * MAX_WORDS).collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let next_is = |test: fn(char) -> bool| chars.get(i + 1).is_some_and(|&n| test(n));
        let after_digit = word.ends_with(|l: char| l.is_ascii_digit());
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else if matches!(c, '\'' | '’') && !word.is_empty() && next_is(char::is_alphabetic) {
            word.push('\'');
        } else if c == '.' && after_digit && next_is(|n| n.is_ascii_digit()) {
            word.push('.');
        } else if c == ',' && after_digit && next_is(|n| n.is_ascii_digit()) {
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
            if words.len() == MAX_WORDS {
                return words;
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The value of a word that is a number in digits.
pub(crate) fn number(word: &str) -> Option<f64> {
    let numeric =
        word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit() || c == '.');
    if numeric { word.parse().ok().filter(|n: &f64| n.is_finite()) } else { None }
}

/// The value of a word that is a number in digits, or a small number or `no` as a word.
pub(crate) fn number_or_numeral(word: &str) -> Option<f64> {
    const NUMERALS: [&str; 13] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    number(word).or_else(|| NUMERALS.iter().position(|n| *n == word).map(|n| n as f64))
}

/// Words that carry little of a text's matter.
pub(crate) fn is_stop_word(word: &str) -> bool {
    const STOP: [&str; 52] = [
        "a", "an", "the", "of", "in", "on", "at", "to", "for", "by", "with", "and", "or", "is", "are", "was", "were",
        "be", "been", "being", "do", "does", "did", "has", "have", "had", "it", "its", "this", "that", "these",
        "those", "there", "as", "from", "so", "then", "than", "but", "if", "into", "which", "what", "who", "whom",
        "whose", "when", "where", "why", "how", "can", "will",
    ];
    STOP.contains(&word)
}

/// A word that says no.
pub(crate) fn is_negation(word: &str) -> bool {
    matches!(word, "no" | "not" | "never" | "none" | "neither" | "nor" | "cannot" | "without") || word.ends_with("n't")
}

/// A word or the first word of a phrase by which a text hedges.
pub(crate) fn is_hedge(word: &str) -> bool {
    const HEDGES: [&str; 28] = [
        "maybe",
        "perhaps",
        "possibly",
        "probably",
        "likely",
        "might",
        "may",
        "could",
        "seems",
        "seem",
        "appears",
        "apparently",
        "approximately",
        "about",
        "around",
        "roughly",
        "usually",
        "often",
        "sometimes",
        "generally",
        "unclear",
        "unknown",
        "unsure",
        "uncertain",
        "guess",
        "think",
        "believe",
        "depends",
    ];
    HEDGES.contains(&word)
}

/// What kind of answer a question wants, or an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Year,
    YesNo,
    Text,
}

/// The kind of answer a question asks for; `None` where its words do not tell.
pub(crate) fn kind_wanted(question: &str) -> Option<Kind> {
    // The question proper is the last sentence: "There are 5 pens. How many …?"
    let trimmed = question.trim().trim_end_matches(['?', '.', '!', ' ']);
    let last = trimmed.rsplit(['.', '?', '!']).find(|part| part.contains(char::is_alphabetic)).unwrap_or(trimmed);
    let words = words(last);
    let has = |first: &str, second: &str| words.windows(2).any(|w| w[0] == first && w[1] == second);
    let first = words.iter().find(|w| !matches!(w.as_str(), "so" | "and" | "then" | "now"))?.as_str();
    if has("what", "year") || has("which", "year") || (first == "when" && words.len() > 2) {
        return Some(Kind::Year);
    }
    if ["many", "much", "old", "far", "long", "tall", "high", "deep", "fast", "heavy", "big"]
        .iter()
        .any(|w| has("how", w))
        || has("what", "number")
        || has("atomic", "number")
    {
        return Some(Kind::Number);
    }
    const ASKING: [&str; 17] = [
        "is", "are", "was", "were", "does", "do", "did", "can", "could", "has", "have", "had", "will", "would",
        "should", "must", "may",
    ];
    if ASKING.contains(&first) {
        // "Is it red or blue?" wants one of two, not yes.
        return if words.iter().any(|w| w == "or") { None } else { Some(Kind::YesNo) };
    }
    if matches!(first, "who" | "whose" | "where" | "which" | "why") { Some(Kind::Text) } else { None }
}

/// The kind of thing an answer is.
pub(crate) fn kind_given(answer_words: &[String]) -> Kind {
    let Some(first) = answer_words.first() else { return Kind::Text };
    if matches!(first.as_str(), "yes" | "no") {
        return Kind::YesNo;
    }
    let mut numbers = answer_words.iter().filter_map(|w| number_or_numeral(w));
    match numbers.next() {
        Some(n) if answer_words.len() <= 6 => {
            let year = n.fract() == 0.0 && (1000.0..2200.0).contains(&n) && answer_words.iter().any(|w| w.len() == 4);
            if year { Kind::Year } else { Kind::Number }
        }
        _ => Kind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_apostrophes_and_decimals_and_drop_the_comma_of_a_thousand() {
        assert_eq!(words("It isn't 3.5, it's 1,200!"), ["it", "isn't", "3.5", "it's", "1200"]);
        assert!(words(" …?! ").is_empty());
    }

    #[test]
    fn a_question_tells_what_kind_of_answer_it_wants() {
        assert_eq!(kind_wanted("How many legs do 10 spiders have?"), Some(Kind::Number));
        assert_eq!(kind_wanted("There are 5 pens. 2 are lost. How many pens are left?"), Some(Kind::Number));
        assert_eq!(kind_wanted("In which year was the Treaty signed?"), Some(Kind::Year));
        assert_eq!(kind_wanted("Is Bolivia an island?"), Some(Kind::YesNo));
        assert_eq!(kind_wanted("All a are b. Does it follow that all b are a?"), Some(Kind::YesNo));
        assert_eq!(kind_wanted("Is it red or blue?"), None);
        assert_eq!(kind_wanted("Who painted it?"), Some(Kind::Text));
        assert_eq!(kind_wanted(""), None);
    }

    #[test]
    fn an_answer_is_of_a_kind() {
        let kind = |answer: &str| kind_given(&words(answer));
        assert_eq!(kind("12"), Kind::Number);
        assert_eq!(kind("seven pens"), Kind::Number);
        assert_eq!(kind("1807"), Kind::Year);
        assert_eq!(kind("no"), Kind::YesNo);
        assert_eq!(kind("Sirius"), Kind::Text);
        assert_eq!(kind(""), Kind::Text);
    }
}
