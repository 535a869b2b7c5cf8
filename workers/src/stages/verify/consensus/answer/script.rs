//! Writing brought to one form: compatibility characters, digits of other scripts, marks of LaTeX.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization as _;

use super::super::super::scripts;

static FRACTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\\[dt]?frac\s*\{\s*([^{}]{1,40})\}\s*\{\s*([^{}]{1,40})\}").expect("a constant pattern")
});
static COMMAND: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\\(?:text|mathrm|mathbf|textbf|boxed)\s*\{([^{}]*)\}").expect("a constant pattern"));

/// The first `most` characters in one form: NFKC, ASCII digits, no LaTeX around the value.
pub(super) fn plain(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in text.trim().chars().take(most) {
        // NFKC would make "10³" the number 103 and "1½" the number 11/2.
        match superscript(c) {
            Some(digit) if before.is_ascii_digit() => {
                out.push('^');
                out.push(digit);
            }
            Some(digit) if superscript(before).is_some() && out.contains('^') => out.push(digit),
            _ => {
                if before.is_ascii_digit() && is_vulgar_fraction(c) {
                    out.push(' ');
                }
                out.extend([c].into_iter().nfkc().map(ascii));
            }
        }
        before = c;
    }
    // Composed again: marks may follow the letter they belong to.
    let out: String =
        out.nfkc().filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}')).take(2 * most).collect();
    let out = if out.contains('\\') { without_latex(&out) } else { out };
    chinese(out.trim()).map_or(out, |value| value.to_string())
}

fn without_latex(text: &str) -> String {
    let text = FRACTION.replace_all(text, "$1/$2");
    let text = COMMAND.replace_all(&text, "$1");
    text.replace("\\%", "%")
        .replace("\\$", "\u{1}")
        .replace('$', "")
        .replace('\u{1}', "$")
        .replace("\\,", "")
        .replace("\\!", "")
        .replace("\\times", "×")
        .replace("\\cdot", "·")
}

fn superscript(c: char) -> Option<char> {
    Some(match c {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴'..='⁹' => char::from_digit(u32::from(c) - u32::from('⁰'), 10)?,
        '⁻' => '-',
        _ => return None,
    })
}

fn is_vulgar_fraction(c: char) -> bool {
    matches!(c, '¼'..='¾' | '⅐'..='⅞')
}

fn ascii(c: char) -> char {
    match c {
        '\u{2044}' | '\u{2215}' => '/',
        '−' | '\u{2010}' | '\u{2011}' => '-',
        '\u{2019}' => '\'',
        _ => scripts::ascii(c).unwrap_or(c),
    }
}

/// A lower-case word as it is compared: sharp s and the dotted i in their common form, without the space that a mark by itself
/// stands on.
pub(super) fn folded(lower: &str) -> String {
    lower.trim().replace('ß', "ss").replace("i\u{307}", "i")
}

/// A whole number in Chinese numerals with nothing beside it but a measure word: "十二", "三百零五元".
fn chinese(text: &str) -> Option<u64> {
    let text = text.trim_end_matches(['。', '.', '!', '！']);
    let text =
        text.strip_suffix(['个', '個', '元', '人', '年', '天', '只', '本', '块', '岁', '次', '米']).unwrap_or(text);
    if text.is_empty() || text.chars().count() > 16 {
        return None;
    }
    let (mut total, mut section, mut digit) = (0u64, 0u64, None::<u64>);
    for c in text.chars() {
        let (ten, myriad) = match c {
            '〇' | '零' => {
                digit = None;
                continue;
            }
            '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '两' | '兩' => {
                // Two digits in a row are a year or a code, read digit by digit, and no number like these.
                if digit.is_some() {
                    return None;
                }
                digit =
                    "一二三四五六七八九".chars().position(|d| d == c).map_or(Some(2), |at| u64::try_from(at + 1).ok());
                continue;
            }
            '十' => (10, false),
            '百' => (100, false),
            '千' => (1_000, false),
            '万' | '萬' => (10_000, true),
            '亿' | '億' => (100_000_000, true),
            _ => return None,
        };
        if myriad {
            let whole = section + digit.take().unwrap_or(0);
            total = total.checked_add(whole.max(1).checked_mul(ten)?)?;
            section = 0;
        } else {
            section += digit.take().unwrap_or(1) * ten;
        }
    }
    total.checked_add(section + digit.unwrap_or(0))
}
