//! One reading of a text for every rule that compares texts: which words stand in it, in which order.
//!
//! Unicode is brought to NFKC (Unicode Standard Annex 15) and lower case; white space and punctuation only separate.
//! What changes the meaning of a calculation is kept: the decimals and the sign of a number, the operators, a
//! superscript as a power. Han and kana, which are written without spaces, count a sign as a word.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Calls `word` with each normal word of `text`, in order, in one pass and with one buffer, so that the length of the
/// text costs time and no memory.
pub fn each_word(text: &str, mut word: impl FnMut(&str)) {
    let mut reader = Reader::default();
    let mut chars =
        text.chars().flat_map(spelled_out).nfkc().map(unified).filter(|c| *c != '\'').flat_map(char::to_lowercase);
    let mut next = chars.next();
    while let Some(c) = next {
        next = chars.next();
        reader.take(c, next, &mut word);
    }
    reader.end_word(&mut word);
}

/// The normal words of `text`.
pub fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    each_word(text, |w| out.push(w.to_owned()));
    out
}

/// The numbers of `text` in the order in which they stand, each in one form (`1,000` and `1000`, `3.0` and `three` are
/// the same), separated by spaces. `one` is left out: it is a pronoun as often as a number.
pub fn numbers(text: &str) -> String {
    let mut out = String::new();
    each_word(text, |w| {
        let number = if is_number(w) || w == "-" { Some(w) } else { numeral(w) };
        if let Some(number) = number {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(number);
        }
    });
    out
}

/// Whether a normal word is a number.
pub fn is_number(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_numeric)
}

/// Hash of what an example says: its question, its reasoning and its answer, each normalised, and its label. Two rows
/// with the same hash are exact duplicates.
pub fn content_hash(question: &str, [reasoning, answer]: [&str; 2], label: bool) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for part in [question, reasoning, answer] {
        each_word(part, |w| {
            hasher.update(w.as_bytes());
            hasher.update(b"\x1f");
        });
        hasher.update(b"\x1e");
    }
    hasher.update(&[u8::from(label)]);
    hasher.finalize()
}

/// NFKC would turn 10² into 102 and 3½ into 31⁄2: powers and fractions are written out first.
fn spelled_out(c: char) -> impl Iterator<Item = char> {
    let (mark, c) = match c {
        '⁰' => (Some('^'), '0'),
        '¹' => (Some('^'), '1'),
        '²' => (Some('^'), '2'),
        '³' => (Some('^'), '3'),
        '⁴'..='⁹' => (Some('^'), char::from(b'4' + (u32::from(c) - u32::from('⁴')) as u8)),
        '⁻' => (Some('^'), '-'),
        '¼'..='¾' | '⅐'..='⅟' => (Some(' '), c),
        _ => (None, c),
    };
    mark.into_iter().chain([c])
}

/// Different signs for one thing.
fn unified(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '×' | '·' | '⋅' => '*',
        '÷' | '\u{2044}' => '/',
        '\u{2018}' | '\u{2019}' | '\u{02bc}' => '\'',
        _ => c,
    }
}

fn is_operator(c: char) -> bool {
    matches!(c, '+' | '*' | '/' | '=' | '<' | '>' | '^' | '%' | '≤' | '≥' | '≠' | '≈' | '±' | '√')
}

/// Signs of scripts written without spaces: Han, hiragana, katakana.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[derive(Default)]
struct Reader {
    word: String,
    previous: Option<char>,
    after_number: bool,
    minus: bool,
}

impl Reader {
    fn take(&mut self, c: char, next: Option<char>, word: &mut impl FnMut(&str)) {
        let digit_follows = next.is_some_and(|n| n.is_ascii_digit());
        let in_number = self.word.starts_with(|w: char| w.is_ascii_digit());
        if stands_alone(c) {
            self.end_word(word);
            self.word.push(c);
            self.end_word(word);
        } else if c.is_alphanumeric() || (is_combining_mark(c) && !self.word.is_empty()) {
            // `5kg` and `5 kg` are the same; `h2o` is one word.
            if in_number && !c.is_ascii_digit() {
                self.end_word(word);
            }
            if self.word.is_empty() && self.minus && c.is_ascii_digit() {
                word("-");
            }
            self.minus = false;
            self.word.push(c);
        } else if in_number && matches!(c, '.' | ',') && digit_follows {
            self.word.push(c);
        } else {
            self.end_word(word);
            if c == '-' {
                let hyphen = self.previous.is_some_and(char::is_alphabetic);
                self.minus = !hyphen && (digit_follows || self.after_number);
            } else if is_operator(c) {
                word(c.encode_utf8(&mut [0; 4]));
                self.after_number = false;
                self.minus = false;
            } else if !c.is_whitespace() {
                self.minus = false;
            }
        }
        self.previous = Some(c);
    }

    fn end_word(&mut self, word: &mut impl FnMut(&str)) {
        if self.word.is_empty() {
            return;
        }
        self.after_number = self.word.starts_with(|w: char| w.is_ascii_digit());
        if !self.after_number {
            word(&self.word);
        } else if self.word.contains(',') && !has_thousands(&self.word) {
            self.word.split(',').for_each(|part| plain_number(part, word));
        } else {
            self.word.retain(|c| c != ',');
            plain_number(&self.word, word);
        }
        self.word.clear();
    }
}

/// Whether every comma stands before exactly three digits, after one to three.
fn has_thousands(number: &str) -> bool {
    let whole = number.split('.').next().unwrap_or(number);
    let mut groups = whole.split(',');
    groups.next().is_some_and(|first| (1..=3).contains(&first.len()))
        && groups.all(|group| group.len() == 3)
        && !number[whole.len()..].contains(',')
}

/// `3.50` and `3.5`, `3.0` and `3` are the same number; `1.2.3` is a version and stays as it is.
fn plain_number(number: &str, word: &mut impl FnMut(&str)) {
    if number.matches('.').count() == 1 {
        word(number.trim_end_matches('0').trim_end_matches('.'));
    } else {
        word(number);
    }
}

/// Digits for an English numeral.
fn numeral(word: &str) -> Option<&'static str> {
    Some(match word {
        "zero" => "0",
        "two" => "2",
        "three" => "3",
        "four" => "4",
        "five" => "5",
        "six" => "6",
        "seven" => "7",
        "eight" => "8",
        "nine" => "9",
        "ten" => "10",
        "eleven" => "11",
        "twelve" => "12",
        "thirteen" => "13",
        "fourteen" => "14",
        "fifteen" => "15",
        "sixteen" => "16",
        "seventeen" => "17",
        "eighteen" => "18",
        "nineteen" => "19",
        "twenty" => "20",
        "thirty" => "30",
        "forty" => "40",
        "fifty" => "50",
        "sixty" => "60",
        "seventy" => "70",
        "eighty" => "80",
        "ninety" => "90",
        "hundred" => "100",
        "thousand" => "1000",
        "million" => "1000000",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_space_punctuation_and_unicode_forms_do_not_tell_texts_apart() {
        assert_eq!(words("The  capital,\tof “France”…"), ["the", "capital", "of", "france"]);
        assert_eq!(words("ﬁne Ａ１"), ["fine", "a1"]);
        assert_eq!(words("cafe\u{301}"), words("café"));
        assert_eq!(words("don’t"), words("don't"));
    }

    #[test]
    fn what_changes_a_calculation_is_kept() {
        assert_ne!(words("2 + 3"), words("2 * 3"));
        assert_eq!(words("2×3"), words("2 * 3"));
        assert_eq!(words("5 − 3"), words("5-3"));
        assert_ne!(words("5 - 3"), words("5 3"));
        assert_ne!(words("it is -5 °C"), words("it is 5 °C"));
        assert_ne!(words("10²"), words("102"));
        assert_ne!(words("3½"), words("31/2"));
        assert_ne!(words("3.5"), words("35"));
        assert_eq!(words("well-known covid-19"), ["well", "known", "covid", "19"]);
    }

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(numbers("1,000 apples, 3.0 pears and five plums in 5kg"), "1000 3 5 5");
        assert_eq!(numbers("versions 1.2.3 and 1,2,3"), "1.2.3 1 2 3");
        assert_eq!(numbers("no one counts CO2"), "");
        assert_ne!(numbers("8 less 3"), numbers("3 less 8"));
    }

    #[test]
    fn the_label_and_the_borders_between_question_reasoning_and_answer_are_part_of_the_content() {
        assert_eq!(content_hash("Why?", ["", "Because."], true), content_hash(" why", ["", "BECAUSE"], true));
        assert_ne!(content_hash("Why?", ["", "Because."], true), content_hash("Why?", ["", "Because."], false));
        assert_ne!(content_hash("Why because", ["", ""], true), content_hash("Why", ["", "because"], true));
        assert_ne!(content_hash("Why", ["because", ""], true), content_hash("Why", ["", "because"], true));
    }

    #[test]
    fn signs_of_scripts_without_spaces_are_words() {
        assert_eq!(words("東京は"), ["東", "京", "は"]);
    }
}
