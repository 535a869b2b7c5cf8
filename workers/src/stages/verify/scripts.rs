//! Writing of other scripts, as far as the rules read it: digits, and the marks that end a sentence.

/// Where the ten digits of a script begin (Unicode's general category Nd, those in common use).
const ZEROS: [char; 19] = [
    '\u{0660}', '\u{06f0}', '\u{07c0}', '\u{0966}', '\u{09e6}', '\u{0a66}', '\u{0ae6}', '\u{0b66}', '\u{0be6}',
    '\u{0c66}', '\u{0ce6}', '\u{0d66}', '\u{0e50}', '\u{0ed0}', '\u{0f20}', '\u{1040}', '\u{17e0}', '\u{1810}',
    '\u{ff10}',
];

/// The character that ASCII has for it: a digit, or the mark that parts decimals or thousands.
pub(super) fn ascii(c: char) -> Option<char> {
    match c {
        '٫' | '．' => Some('.'),
        '٬' | '，' => Some(','),
        '٪' | '％' => Some('%'),
        _ => {
            let digit = |zero: &char| u32::from(c).checked_sub(u32::from(*zero)).filter(|digit| *digit < 10);
            ZEROS.iter().find_map(digit).and_then(|digit| char::from_digit(digit, 10))
        }
    }
}

/// A text whose digits are ASCII's, with the place of each of its bytes in the text as it was written.
pub(super) struct Plain {
    pub text: String,
    /// For each byte of `text`, and for its end, where it comes from.
    places: Vec<usize>,
}

impl Plain {
    /// Nothing where the text has no other digits, as most have none.
    pub fn of(written: &str) -> Option<Self> {
        if written.is_ascii() || !written.chars().any(|c| !c.is_ascii() && ascii(c).is_some_and(|c| c.is_ascii_digit()))
        {
            return None;
        }
        let mut text = String::with_capacity(written.len());
        let mut places = Vec::with_capacity(written.len() + 1);
        let mut before = ' ';
        let mut rest = written.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            let digits = before.is_ascii_digit()
                && rest.peek().is_some_and(|(_, next)| ascii(*next).unwrap_or(*next).is_ascii_digit());
            // A full-width comma parts clauses, and thousands only between digits.
            let plain = match ascii(c) {
                Some(mark @ ('.' | ',')) if !digits => {
                    if mark == c {
                        mark
                    } else {
                        c
                    }
                }
                Some(plain) => plain,
                None => c,
            };
            before = plain;
            text.push(plain);
            places.extend(std::iter::repeat_n(at, plain.len_utf8()));
        }
        places.push(written.len());
        Some(Self { text, places })
    }

    /// Where the byte at `at` was written.
    pub fn place(&self, at: usize) -> usize {
        self.places.get(at).copied().unwrap_or_else(|| self.places.last().copied().unwrap_or_default())
    }
}

/// Whether most letters of `text` are of scripts that have no capitals: Arabic, Chinese, Devanagari, Thai and others, of which the rules
/// know no word.
pub(super) fn uncased(text: &str) -> bool {
    let (mut cased, mut other) = (0usize, 0usize);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        if c.is_lowercase() || c.is_uppercase() { cased += 1 } else { other += 1 }
    }
    other > cased
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_other_scripts_keep_their_places() {
        let written = "يبلغ ٣٫٥ و१२३";
        let plain = Plain::of(written).expect("it has digits");
        assert_eq!(plain.text, "يبلغ 3.5 و123");
        let at = plain.text.find("123").expect("there");
        assert_eq!(&written[plain.place(at)..plain.place(at + 3)], "१२३");
        assert!(Plain::of("3.5 and x²").is_none());
    }

    #[test]
    fn scripts_without_capitals_are_told() {
        assert!(uncased("光速是299792公里每秒。") && uncased("الضوء سريع") && uncased("प्रकाश तेज़ है"));
        assert!(!uncased("The word 光 is Chinese.") && !uncased("Скорость света") && !uncased("299792"));
    }
}
