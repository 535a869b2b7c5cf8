//! Numbers as people write them: digits, thousands separators, powers of ten, "1.5 million", and words.

use std::sync::LazyLock;

use regex::Regex;

use super::scripts::Plain;
use super::words::{Span, covered, last_word, words};

/// A number found in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// Its value.
    pub value: f64,
    /// Half a unit of the last place written: how far rounding alone can have moved it.
    pub half_unit: f64,
    /// Where it stands.
    pub span: Span,
    /// "3rd", "20th".
    pub ordinal: bool,
    /// Digits without separators, decimals or powers: what a year looks like.
    pub plain: bool,
}

static DIGITS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?P<mantissa> [0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)? | [0-9]+(?:\.[0-9]+)? | \.[0-9]+ )
        (?P<power> [eE][+-]?[0-9]{1,3}\b | \s?[×x*·]\s?10 (?: \s?\^\s?(?P<exponent>[-−+]?[0-9]{1,3}) | (?P<raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}) ) )?
        (?P<ordinal> (?:st|nd|rd|th)\b )?
        (?P<scale> \s?(?i:hundred|thousand|million|billion|trillion|bn)\b )?",
    )
    .expect("a constant pattern")
});

/// The numbers of `text`, in order, whatever script their digits are of; those inside words ("H2O", "B12") are no numbers.
pub fn numbers(text: &str) -> Vec<Number> {
    let Some(plain) = Plain::of(text) else { return written(text) };
    let mut found = written(&plain.text);
    for number in &mut found {
        number.span = Span::new(plain.place(number.span.start), plain.place(number.span.end));
    }
    found
}

fn written(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    for caught in DIGITS.captures_iter(text) {
        let whole = caught.get(0).expect("group 0");
        let before = text[..whole.start()].chars().next_back();
        // Scripts that part no words write a number right after one.
        if before.is_some_and(|c| (c.is_alphanumeric() && !parts_no_words(c)) || c == '_') {
            continue;
        }
        let mantissa = &caught["mantissa"];
        if mantissa.starts_with('.') && before.is_some_and(|c| c.is_alphanumeric() || c == '.') {
            continue;
        }
        let plain_digits = mantissa.replace(',', "");
        let exponent = match (caught.name("exponent").or(caught.name("raised")), caught.name("power")) {
            (Some(exponent), _) => ascii_digits(exponent.as_str()),
            (None, Some(power)) => power.as_str()[1..].trim_start_matches('+').to_owned(),
            (None, None) => "0".to_owned(),
        };
        let Ok(exponent) = exponent.parse::<i32>() else { continue };
        // Read as one literal: multiplying by a power afterwards would round twice.
        let Ok(mut value) = format!("{plain_digits}e{exponent}").parse::<f64>() else { continue };
        let mut scale_factor = 1.0;
        if let Some(scale) = caught.name("scale") {
            scale_factor = scale_of(scale.as_str().trim().to_lowercase().as_str()).unwrap_or(1.0);
        }
        let half_unit = half_unit(&plain_digits) * 10f64.powi(exponent) * scale_factor;
        value *= scale_factor;
        let mut start = whole.start();
        if let Some(sign) = before.filter(|c| matches!(c, '-' | '−')) {
            let at = start - sign.len_utf8();
            let earlier = text[..at].chars().next_back();
            if earlier.is_none_or(|c| c.is_whitespace() || "(=$£€+*/×".contains(c)) {
                value = -value;
                start = at;
            }
        }
        if let Some(sign) = minus_before(text, start) {
            value = -value;
            start = sign;
        }
        if !value.is_finite() || !half_unit.is_finite() {
            continue;
        }
        found.push(Number {
            value,
            half_unit,
            span: Span::new(start, whole.end()),
            ordinal: caught.name("ordinal").is_some(),
            plain: !mantissa.contains([',', '.']) && caught.name("power").is_none() && caught.name("scale").is_none(),
        });
    }
    let digits = found.len();
    for word in spelled(text) {
        if !covered(&found[..digits], |d| d.span, word.span) {
            found.push(word);
        }
    }
    found.sort_by_key(|n| n.span);
    found
}

/// A letter of a script whose words are not parted: Chinese, Japanese, Thai, Lao, Burmese, Khmer.
fn parts_no_words(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Where the word is that makes a number at `start` negative: "minus 40" is a number, "50 minus 40" and "x minus 40" are calculations.
fn minus_before(text: &str, start: usize) -> Option<usize> {
    let head = text[..start].trim_end();
    let sign = ["minus", "Minus", "negative", "Negative"].iter().find_map(|word| head.strip_suffix(word))?;
    let before = sign.trim_end();
    let word = last_word(before);
    let calculation = before.ends_with(|c: char| c.is_ascii_digit() || "²³)%°".contains(c))
        || small(&word).is_some()
        || (word.chars().count() == 1 && before.ends_with(char::is_alphabetic));
    let apart = head.len() < start && !sign.ends_with(char::is_alphanumeric);
    (apart && !calculation).then_some(sign.len())
}

fn ascii_digits(exponent: &str) -> String {
    exponent
        .chars()
        .filter_map(|c| match c {
            '⁻' | '−' | '-' => Some('-'),
            '⁺' | '+' => None,
            '⁰' => Some('0'),
            '¹' => Some('1'),
            '²' => Some('2'),
            '³' => Some('3'),
            '⁴'..='⁹' => char::from_digit(c as u32 - '⁰' as u32, 10),
            other => Some(other),
        })
        .collect()
}

/// Half a unit of the last place written: trailing zeros of a whole number count as rounded away, up to a hundredth of it.
fn half_unit(digits: &str) -> f64 {
    match digits.split_once('.') {
        Some((_, decimals)) => 0.5 * 10f64.powi(-(decimals.len() as i32)),
        None => {
            let zeros = digits.len() - digits.trim_end_matches('0').len();
            let hundredth = digits.parse::<f64>().unwrap_or(0.0) * 0.01;
            (0.5 * 10f64.powi(zeros as i32)).min(hundredth).max(0.5)
        }
    }
}

/// The value of a number word below one hundred.
pub(super) fn small(word: &str) -> Option<f64> {
    const UNITS: [&str; 20] = [
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
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    if let Some(at) = UNITS.iter().position(|u| *u == word) {
        return Some(at as f64);
    }
    if let Some(at) = TENS.iter().position(|t| *t == word) {
        return Some((at as f64 + 2.0) * 10.0);
    }
    (word == "dozen").then_some(12.0)
}

fn scale_of(word: &str) -> Option<f64> {
    Some(match word {
        "hundred" => 1e2,
        "thousand" => 1e3,
        "million" => 1e6,
        "billion" | "bn" => 1e9,
        "trillion" => 1e12,
        _ => return None,
    })
}

/// Numbers in words. "one" by itself is a pronoun or an article more often than a number, and is left out.
fn spelled(text: &str) -> Vec<Number> {
    let all = words(text);
    let mut out = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let (mut total, mut group, mut end, mut seen) = (0.0, 0.0, at, 0usize);
        while end < all.len() {
            let word = all[end].lower.as_str();
            let gap = if end > at { &text[all[end - 1].span.end..all[end].span.start] } else { "" };
            if end > at && !gap.chars().all(|c| c == '-' || c == ' ') {
                break;
            }
            if let Some(value) = small(word) {
                // "two three" is two numbers, "twenty-three" and "hundred five" are one.
                let joins = seen == 0
                    || group == 0.0
                    || (group % 100.0 == 0.0)
                    || (group % 10.0 == 0.0 && group % 100.0 >= 20.0 && value < 10.0);
                if !joins || (word == "dozen" && seen > 0) {
                    if word == "dozen" {
                        group *= 12.0;
                        end += 1;
                    }
                    break;
                }
                group += value;
            } else if word == "hundred" && seen > 0 {
                group = group.max(1.0) * 100.0;
            } else if let Some(scale) = scale_of(word).filter(|_| seen > 0) {
                total += group.max(1.0) * scale;
                group = 0.0;
            } else if word == "and"
                && seen > 0
                && all.get(end + 1).is_some_and(|w| small(&w.lower).is_some())
                && group % 100.0 == 0.0
            {
            } else {
                break;
            }
            seen += 1;
            end += 1;
        }
        if seen > 0 {
            let value = total + group;
            let alone = end - at == 1 && all[at].lower == "one";
            if !alone {
                out.push(Number {
                    value,
                    half_unit: 0.5,
                    span: Span::new(all[at].span.start, all[end - 1].span.end),
                    ordinal: false,
                    plain: false,
                });
            }
        }
        at = end.max(at + 1);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<f64> {
        numbers(text).iter().map(|n| n.value).collect()
    }

    #[test]
    fn numbers_are_read_in_the_ways_they_are_written() {
        assert_eq!(values("299,792.458 km/s"), [299_792.458]);
        assert_eq!(values("3 × 10^8 and 6.02e23"), [3e8, 6.02e23]);
        assert_eq!(values("1.5 million, 7 billion"), [1.5e6, 7e9]);
        assert_eq!(values("twenty-one, one hundred and five, three thousand two hundred"), [21.0, 105.0, 3200.0]);
        assert_eq!(values("−40 degrees and (-3.5)"), [-40.0, -3.5]);
        assert_eq!(values("Absolute zero is minus 273.15 degrees."), [0.0, -273.15]);
        assert_eq!(values("50 minus 40, x minus 3 and ten minus 4"), [50.0, 40.0, 3.0, 10.0, 4.0]);
        assert_eq!(values("two dozen eggs"), [24.0]);
        assert_eq!(values("10⁻³"), [10.0]);
        assert_eq!(values("2 × 10⁻³"), [0.002]);
        // A product is no power of ten.
        assert_eq!(values("13*100 and 6 x 10"), [13.0, 100.0, 6.0, 10.0]);
    }

    #[test]
    fn digits_of_any_script_are_read() {
        assert_eq!(values("٣٫٥ و ١٢٬٣٤٥"), [3.5, 12345.0]);
        assert_eq!(values("१२३ मीटर"), [123.0]);
        assert_eq!(values("高度８８４９米，人口１２３，４５６。"), [8849.0, 123_456.0]);
        assert_eq!(values("光速是299792公里每秒"), [299_792.0]);
        assert_eq!(values("สูง๑๒๓เมตร"), [123.0]);
        let text = "высота ٨٨٤٩ م";
        assert_eq!(numbers(text)[0].span.of(text), "٨٨٤٩");
    }

    #[test]
    fn digits_inside_a_word_and_a_lone_one_are_no_numbers() {
        assert_eq!(values("H2O and B12, one of them"), Vec::<f64>::new());
    }
}
