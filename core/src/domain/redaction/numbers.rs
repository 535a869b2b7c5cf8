//! What is told from other numbers by how it is grouped and by its checksum: payment cards and telephone numbers.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

/// Groups of digits, one space or hyphen apart.
static GROUPS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[0-9]+(?:[ -][0-9]+)*").expect("a regular expression"));

/// How many digits a card's number has.
const CARD: std::ops::RangeInclusive<usize> = 13..=19;

/// Telephone numbers in the forms that other numbers seldom have.
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    let forms = [
        // With a country code: +49 30 1234567, +1 (555) 123-4567, 0049 30 1234567.
        r"(?:\+|00)[1-9][0-9]{0,2}(?:[ ./-]?\(?[0-9]{1,14}\)?){2,6}",
        // North American: (555) 123-4567, 555-123-4567, 555.123.4567, 1-555-123-4567.
        r"(?:1[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[.-])[2-9][0-9]{2}[ .-][0-9]{4}",
        // National, with a leading 0 and an area code apart: 030/1234567, 0171 1234567, 020 7946 0958.
        r"\(?0[1-9][0-9]{1,3}\)?[ /-](?:[0-9]{5,8}|[0-9]{3,4}[ -][0-9]{3,5})",
        // In pairs: 01 23 45 67 89.
        r"0[1-9](?:[ .][0-9]{2}){4}",
    ];
    Regex::new(&forms.join("|")).expect("a regular expression")
});

/// The fewest and the most digits of a telephone number with its country code (ITU-T E.164: at most 15).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 8..=17;

/// Neighbours that make a number part of something else: an id, a decimal fraction, a version.
fn joined(neighbour: Option<char>, beyond: Option<char>) -> bool {
    match neighbour {
        Some('.' | ',' | ':') => beyond.is_some_and(|c| c.is_ascii_digit()),
        Some(c) => c.is_alphanumeric() || c == '_',
        None => false,
    }
}

fn stands_alone(text: &str, place: &Range<usize>) -> bool {
    let (mut before, mut after) = (text[..place.start].chars().rev(), text[place.end..].chars());
    !joined(before.next(), before.next()) && !joined(after.next(), after.next())
}

pub(super) fn cards(text: &str) -> Vec<Range<usize>> {
    let mut found = vec![];
    for run in GROUPS.find_iter(text) {
        // Where each group begins and ends.
        let mut groups: Vec<Range<usize>> = vec![];
        let mut from = run.start();
        for group in run.as_str().split([' ', '-']) {
            groups.push(from..from + group.len());
            from += group.len() + 1;
        }
        let mut first = 0;
        while first < groups.len() {
            let longest = (first..groups.len())
                .scan(0, |digits, last| {
                    *digits += groups[last].len();
                    (*digits <= *CARD.end()).then_some((last, *digits))
                })
                .filter(|(last, digits)| {
                    let place = groups[first].start..groups[*last].end;
                    // By chance the checksum of a telephone number is right too.
                    let international = text[..place.start].ends_with('+');
                    CARD.contains(digits)
                        && !international
                        && is_card(&text[place.clone()])
                        && stands_alone(text, &place)
                })
                .last();
            match longest {
                Some((last, _)) => {
                    found.push(groups[first].start..groups[last].end);
                    first = last + 1;
                }
                None => first += 1,
            }
        }
    }
    found
}

/// Whether the digits begin as a card's do and their Luhn checksum is right.
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit }).sum();
    matches!(digits.first(), Some(2..=6)) && sum.is_multiple_of(10)
}

pub(super) fn phones(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = vec![];
    let mut from = 0;
    while let Some(place) = PHONE.find_at(text, from).map(|place| place.range()) {
        let digits = text[place.clone()].bytes().filter(u8::is_ascii_digit).count();
        if PHONE_DIGITS.contains(&digits) && stands_alone(text, &place) {
            from = place.end;
            found.push(place);
        } else {
            // All it could begin with is a character of one byte.
            from = place.start + 1;
        }
    }
    found
}
