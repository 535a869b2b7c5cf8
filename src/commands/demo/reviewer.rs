//! The scripted reviewer: compares a final answer with the fact table, by the rule in `demo/README.md`. It stands in
//! for an expert, and the demo says so.

use super::data::Expected;

/// Whether an answer is right.
pub(crate) fn is_right(answer: &str, expected: &Expected) -> bool {
    match expected {
        Expected::Text { accepted } => accepted.iter().any(|right| text_matches(answer, &normalise(right))),
        Expected::Number { value, tolerance } => {
            number(answer).is_some_and(|found| (found - value).abs() <= *tolerance)
        }
        Expected::YesNo { accepted } => {
            let said = normalise(answer);
            let first = said.split(' ').next().unwrap_or_default();
            accepted.iter().any(|right| normalise(right) == first)
        }
    }
}

/// The right answer in words.
pub(crate) fn right_answer(expected: &Expected) -> String {
    match expected {
        Expected::Text { accepted } | Expected::YesNo { accepted } => accepted.first().cloned().unwrap_or_default(),
        Expected::Number { value, .. } => value.to_string(),
    }
}

fn text_matches(answer: &str, right: &str) -> bool {
    let said = normalise(answer);
    let before_comma = normalise(answer.split(',').next().unwrap_or_default());
    said == right || said.ends_with(&format!(" {right}")) || before_comma == right
}

/// Lower case, letters and digits alone, one space between, no leading article.
pub(super) fn normalise(text: &str) -> String {
    let spaced: String = text.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let words = match words.split_first() {
        Some((&("a" | "an" | "the"), rest)) if !rest.is_empty() => rest,
        _ => &words,
    };
    words.join(" ")
}

const WORDS: [&str; 21] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];

/// The first number after the last `=`, or, if there is none, the first number of the answer.
fn number(answer: &str) -> Option<f64> {
    let after = answer.rsplit_once('=').and_then(|(_, after)| first_number(after));
    after.or_else(|| first_number(answer))
}

fn first_number(text: &str) -> Option<f64> {
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let free = at == 0 || !(chars[at - 1].is_alphanumeric() || matches!(chars[at - 1], '_' | '.'));
        if free && chars[at].is_ascii_digit() {
            let (value, _) = digits(&chars[at..])?;
            let negative = at > 0
                && matches!(chars[at - 1], '-' | '−')
                && (at == 1 || !(chars[at - 2].is_alphanumeric() || matches!(chars[at - 2], '_' | '.')));
            return Some(if negative { -value } else { value });
        }
        if chars[at].is_alphabetic() && (at == 0 || !chars[at - 1].is_alphanumeric()) {
            let word: String = chars[at..].iter().take_while(|c| c.is_alphanumeric()).collect();
            let lower = word.to_lowercase();
            if let Some(value) = WORDS.iter().position(|known| *known == lower) {
                return Some(value as f64);
            }
            at += word.chars().count();
            continue;
        }
        at += 1;
    }
    None
}

/// A number at the beginning: digits, with commas before groups of three, and a decimal point.
fn digits(chars: &[char]) -> Option<(f64, usize)> {
    let mut text = String::new();
    let mut at = 0;
    let run = |from: usize| chars[from.min(chars.len())..].iter().take_while(|c| c.is_ascii_digit()).count();
    let whole = run(0);
    text.extend(&chars[..whole]);
    at += whole;
    if whole <= 3 {
        while chars.get(at) == Some(&',') && run(at + 1) == 3 {
            text.extend(&chars[at + 1..at + 4]);
            at += 4;
        }
    }
    if chars.get(at) == Some(&'.') && run(at + 1) > 0 {
        let fraction = run(at + 1);
        text.push('.');
        text.extend(&chars[at + 1..at + 1 + fraction]);
        at += 1 + fraction;
    }
    text.parse().ok().map(|value| (value, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number_is(value: f64) -> Expected {
        Expected::Number { value, tolerance: 0.0 }
    }

    #[test]
    fn text_is_compared_without_case_articles_and_punctuation() {
        let paris = Expected::Text { accepted: vec!["Paris".to_owned()] };
        for right in ["Paris", "paris.", "The Paris", "It is Paris", "Paris, France"] {
            assert!(is_right(right, &paris), "{right}");
        }
        for wrong in ["Lyon", "Parisian", "Paris is not it"] {
            assert!(!is_right(wrong, &paris), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_read_in_digits_groups_and_words() {
        assert!(is_right("The answer is 1,234.5 km", &number_is(1234.5)));
        assert!(is_right("3 + 4 = 7", &number_is(7.0)));
        assert!(is_right("twelve", &number_is(12.0)));
        assert!(is_right("-40 degrees", &number_is(-40.0)));
        assert!(!is_right("H2O", &number_is(2.0)));
        assert!(!is_right("none", &number_is(0.0)));
    }

    #[test]
    fn yes_and_no_are_the_first_word() {
        let no = Expected::YesNo { accepted: vec!["no".to_owned()] };
        assert!(is_right("No, it does not.", &no));
        assert!(!is_right("Yes, no doubt", &no));
    }
}
