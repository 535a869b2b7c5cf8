//! Quantities: numbers with their units, brought to base units so that "5 km" and "3.1 miles" can be held together.
//!
//! A unit is a vector of exponents over the base quantities with a factor (and an offset for temperatures), so that compound
//! units ("km/h", "metres per second", "square miles") need no table of their own. A counted noun ("8 planets") is a unit too.

use serde::Serialize;

use super::dates::{self, Date};
use super::numbers::{Number, numbers};
use super::units::{ANGLE, Dimension, K, MONEY, SHARE, one_unit};
use super::words::{Span, Word, covered, words};

/// What a number counts or measures.
#[derive(Debug, Clone, PartialEq)]
pub enum Unit {
    /// A bare number.
    None,
    /// A measure; values are kept in base units.
    Measure(Dimension, &'static str),
    /// A counted noun, as its stem.
    Count(String),
}

/// What the words before a number say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// As written, within rounding.
    Exact,
    /// "about", "roughly": within a twentieth.
    About,
    /// "more than", "at least".
    AtLeast,
    /// "less than", "up to".
    AtMost,
}

/// A number with its unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// In base units where there is a unit.
    pub value: f64,
    /// The number as it is written, whatever its unit.
    pub written: f64,
    /// How far rounding alone can have moved it, in the same units.
    pub slack: f64,
    /// The unit.
    pub unit: Unit,
    /// What the words before it say.
    pub bound: Bound,
    /// The number and its unit in the text.
    pub span: Span,
}

/// How two quantities stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// The same within what was written.
    Same,
    /// Of one kind, and different beyond what rounding explains.
    Different,
    /// Different, but near enough (within a twentieth) that rounding or another convention may explain it.
    Near,
    /// Of different kinds.
    Incomparable,
}

struct Found {
    unit: Unit,
    factor: f64,
    offset: f64,
    end: usize,
}

/// Quantities and dates of a text; a number that is part of a date is no quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    /// Numbers with their units, in order.
    pub quantities: Vec<Quantity>,
    /// Dates and years, in order.
    pub dates: Vec<Date>,
}

/// Finds the quantities and dates of `text`.
pub fn measures(text: &str) -> Measures {
    measures_among(text, &words(text))
}

/// The same, for a text whose words are known.
pub(super) fn measures_among(text: &str, all: &[Word]) -> Measures {
    let found = numbers(text);
    let dates = dates::dates(text, &found);
    let quantities = found
        .iter()
        .filter(|n| !n.ordinal && !covered(&dates, |d| d.span, n.span))
        .map(|n| quantity(text, n, all))
        .collect();
    Measures { quantities, dates }
}

fn quantity(text: &str, number: &Number, all: &[Word]) -> Quantity {
    let mut span = number.span;
    let before = text[..span.start].trim_end();
    let currency = before.chars().next_back().filter(|c| "$£€¥₹".contains(*c));
    let found = match currency {
        Some(sign) => {
            span.start = before.len() - sign.len_utf8();
            let name = match sign {
                '$' => "dollar",
                '£' => "pound sterling",
                '€' => "euro",
                '¥' => "yen",
                _ => "rupee",
            };
            Found { unit: Unit::Measure(MONEY, name), factor: 1.0, offset: 0.0, end: span.end }
        }
        None => unit_after(text, span.end, all),
    };
    span.end = found.end;
    Quantity {
        value: number.value * found.factor + found.offset,
        written: number.value,
        slack: number.half_unit * found.factor.abs(),
        bound: bound_before(text, span.start, all),
        unit: found.unit,
        span,
    }
}

fn unit_after(text: &str, at: usize, all: &[Word]) -> Found {
    let none = Found { unit: Unit::None, factor: 1.0, offset: 0.0, end: at };
    let rest = &text[at..];
    let tight = rest.trim_start_matches([' ', '\u{a0}', '\u{202f}', '-']);
    if rest.len() - tight.len() > 2 {
        return none;
    }
    let start = at + rest.len() - tight.len();
    for (mark, dimension, factor, offset, name) in [
        ("°C", K, 1.0, 273.15, "kelvin"),
        ("° C", K, 1.0, 273.15, "kelvin"),
        ("℃", K, 1.0, 273.15, "kelvin"),
        ("°F", K, 5.0 / 9.0, 459.67 * 5.0 / 9.0, "kelvin"),
        ("° F", K, 5.0 / 9.0, 459.67 * 5.0 / 9.0, "kelvin"),
        ("℉", K, 5.0 / 9.0, 459.67 * 5.0 / 9.0, "kelvin"),
        ("%", SHARE, 1.0, 0.0, "percent"),
        ("°", ANGLE, 1.0, 0.0, "degree"),
        ("degrees Celsius", K, 1.0, 273.15, "kelvin"),
        ("degrees Fahrenheit", K, 5.0 / 9.0, 459.67 * 5.0 / 9.0, "kelvin"),
        ("degrees celsius", K, 1.0, 273.15, "kelvin"),
        ("degrees fahrenheit", K, 5.0 / 9.0, 459.67 * 5.0 / 9.0, "kelvin"),
        ("degrees", ANGLE, 1.0, 0.0, "degree"),
        ("per cent", SHARE, 1.0, 0.0, "percent"),
    ] {
        if tight.starts_with(mark) {
            return Found { unit: Unit::Measure(dimension, name), factor, offset, end: start + mark.len() };
        }
    }
    let Ok(first) = all.binary_search_by_key(&start, |w| w.span.start) else { return none };
    let power: i8 = match all[first].lower.as_str() {
        "square" => 2,
        "cubic" => 3,
        _ => 1,
    };
    let mut index = first + usize::from(power > 1);
    let Some((name, mut dimension, mut factor, offset, mut end)) =
        all.get(index).and_then(|w| one_unit(text, w, power))
    else {
        return counted(text, all, first).unwrap_or(none);
    };
    // One denominator: "km/h", "metres per second".
    let after = &text[end..];
    let slash = after.starts_with('/') || after.starts_with(" / ");
    let per = all.get(index + 1).is_some_and(|w| w.lower == "per" && text[end..w.span.start].trim().is_empty());
    if slash || per {
        index += if per { 2 } else { 1 };
        if let Some((_, below, divisor, _, below_end)) = all.get(index).and_then(|w| one_unit(text, w, 1)) {
            for (exponent, minus) in dimension.iter_mut().zip(below) {
                *exponent -= minus;
            }
            factor /= divisor;
            end = below_end;
        }
    }
    Found { unit: Unit::Measure(dimension, name), factor, offset, end }
}

/// The noun that a number counts: the next one or two words that are no stop words, the last of them in the plural.
fn counted(text: &str, all: &[Word], first: usize) -> Option<Found> {
    for index in first..(first + 3).min(all.len()) {
        let word = &all[index];
        let gap = if index > first { &text[all[index - 1].span.end..word.span.start] } else { " " };
        if word.is_stop() || !gap.chars().all(|c| c == ' ' || c == '-') || !word.lower.chars().all(char::is_alphabetic)
        {
            return None;
        }
        let plural = word.stem != word.lower
            && (word.lower.ends_with('s')
                || ["people", "men", "women", "children", "feet", "teeth"].contains(&word.lower.as_str()));
        if plural {
            return Some(Found { unit: Unit::Count(word.stem.clone()), factor: 1.0, offset: 0.0, end: word.span.end });
        }
    }
    None
}

fn bound_before(text: &str, at: usize, all: &[Word]) -> Bound {
    let before = &all[..all.partition_point(|w| w.span.end <= at)];
    let back = |n: usize| before.len().checked_sub(n).map_or("", |i| before[i].lower.as_str());
    let last = back(1);
    let two = format!("{} {last}", back(2));
    let near = text[..at].trim_end().ends_with(['~', '≈']);
    match (last, two.as_str()) {
        ("over" | "exceeding" | "minimum" | "least", _)
        | (_, "more than" | "greater than" | "at least" | "larger than" | "excess of") => Bound::AtLeast,
        ("under" | "below" | "maximum", _) | (_, "less than" | "fewer than" | "up to" | "at most" | "smaller than") => {
            Bound::AtMost
        }
        ("about" | "approximately" | "around" | "roughly" | "nearly" | "almost" | "circa" | "some" | "approx", _) => {
            Bound::About
        }
        _ if near => Bound::About,
        _ => Bound::Exact,
    }
}

/// Compares two quantities. A bare number may be held against a counted noun; the caller knows whether the noun is named.
pub fn liken(a: &Quantity, b: &Quantity) -> Likeness {
    match (&a.unit, &b.unit) {
        (Unit::Measure(x, n), Unit::Measure(y, m)) if x == y && (*x != MONEY || same_money(n, m)) => {}
        (Unit::Count(x), Unit::Count(y)) if x == y => {}
        (Unit::None, Unit::None | Unit::Count(_)) | (Unit::Count(_), Unit::None) => {}
        _ => return Likeness::Incomparable,
    }
    // A temperature's size is told from the freezing point of water: kelvins would make 90 and 100 °C near neighbours.
    let size = |q: &Quantity| {
        if matches!(q.unit, Unit::Measure(d, _) if d == K) { (q.value - 273.15).abs() } else { q.value.abs() }
    };
    let scale = size(a).max(size(b));
    let gap = (a.value - b.value).abs();
    // A whole number of things is exact; a measure may be rounded.
    let countable = |q: &Quantity| {
        matches!(q.unit, Unit::Count(_) | Unit::None) && q.value.fract() == 0.0 && q.value.abs() < 1000.0
    };
    let slack = if countable(a) && countable(b) { 0.0 } else { a.slack.max(b.slack) };
    let loose = if a.bound == Bound::About || b.bound == Bound::About { 0.05 * scale } else { 0.0 };
    let tolerance = slack.max(loose).min(0.1 * scale) + 1e-9 * scale;
    let within = match (a.bound, b.bound) {
        (Bound::AtLeast, Bound::Exact | Bound::About) => b.value >= a.value - tolerance,
        (Bound::Exact | Bound::About, Bound::AtLeast) => a.value >= b.value - tolerance,
        (Bound::AtMost, Bound::Exact | Bound::About) => b.value <= a.value + tolerance,
        (Bound::Exact | Bound::About, Bound::AtMost) => a.value <= b.value + tolerance,
        _ => gap <= tolerance,
    };
    if within {
        Likeness::Same
    } else if gap <= 0.05 * scale && !(countable(a) && countable(b)) {
        Likeness::Near
    } else {
        Likeness::Different
    }
}

/// Whether a fact's quantity says as much as a claim's: the same, and neither bounded nor rounded where the claim is not. "365 days" and
/// "more than 300 days" are no ground for "365.24 days".
pub fn vouches(fact: &Quantity, claim: &Quantity) -> bool {
    if liken(claim, fact) != Likeness::Same {
        return false;
    }
    let gap = (claim.value - fact.value).abs();
    let equal = gap <= 1e-9 * claim.value.abs().max(fact.value.abs());
    // The next place written makes a number ten times as fine; other units may shift the last place by less.
    let finer = claim.slack <= 0.11 * fact.slack;
    match (fact.bound, claim.bound) {
        (Bound::AtLeast, Bound::AtLeast) => claim.value <= fact.value,
        (Bound::AtMost, Bound::AtMost) => claim.value >= fact.value,
        (Bound::AtLeast | Bound::AtMost, _) => false,
        (Bound::Exact | Bound::About, Bound::Exact) => equal || (!finer && gap <= claim.slack.max(fact.slack)),
        (Bound::Exact | Bound::About, _) => true,
    }
}

fn same_money(a: &str, b: &str) -> bool {
    let code = |n: &str| if matches!(n, "dollar" | "usd" | "cent") { "dollar".to_owned() } else { n.to_owned() };
    code(a) == code(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Quantity {
        let found = measures(text).quantities;
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found[0].clone()
    }

    #[test]
    fn the_same_measure_in_other_units_is_the_same() {
        for (a, b) in [
            ("8849 m", "29,032 feet"),
            ("100 °C", "212 degrees Fahrenheit"),
            ("36 km/h", "10 metres per second"),
            ("about 300,000 km/s", "299,792.458 kilometres per second"),
            ("2 hours", "120 minutes"),
            ("1 square kilometre", "1 km²"),
            ("1,000 kg", "1000 kilograms"),
            ("twelve planets", "12 planets"),
            ("50%", "50 percent"),
        ] {
            assert_eq!(liken(&one(a), &one(b)), Likeness::Same, "{a} and {b}: {:?} {:?}", one(a), one(b));
        }
    }

    #[test]
    fn other_values_differ_and_other_kinds_are_not_compared() {
        assert_eq!(liken(&one("9 planets"), &one("8 planets")), Likeness::Different);
        assert_eq!(liken(&one("0 °C"), &one("100 °C")), Likeness::Different);
        assert_eq!(liken(&one("5 kg"), &one("5 km")), Likeness::Incomparable);
        assert_eq!(liken(&one("5%"), &one("5 apples")), Likeness::Incomparable);
        assert_eq!(liken(&one("more than 5 apples"), &one("7 apples")), Likeness::Same);
        assert_eq!(liken(&one("less than 5 apples"), &one("7 apples")), Likeness::Different);
        assert_eq!(liken(&one("3.10 m"), &one("3.14 m")), Likeness::Near);
    }

    #[test]
    fn a_fact_vouches_for_what_is_no_more_precise_than_it() {
        for (claim, fact) in [
            ("365 days", "365 days"),
            ("about 365 days", "365.24 days"),
            ("29,032 feet", "8,849 metres"),
            ("384,000 km", "about 384,400 km"),
            ("more than 5 apples", "more than 5 apples"),
            ("more than 5 apples", "7 apples"),
        ] {
            assert!(vouches(&one(fact), &one(claim)), "{claim} by {fact}");
        }
        for (claim, fact) in [
            ("365.24 days", "365 days"),
            ("1,441 minutes", "1,440 minutes"),
            ("380 days", "about 365 days"),
            ("7 apples", "more than 5 apples"),
            ("more than 6 apples", "more than 5 apples"),
            ("8.2 planets", "8 planets"),
        ] {
            assert!(!vouches(&one(fact), &one(claim)), "{claim} by {fact}");
        }
    }

    #[test]
    fn a_year_is_a_date_and_no_quantity() {
        let found = measures("In 1969 the mission took 8 days.");
        assert_eq!(found.dates.len(), 1);
        assert_eq!(found.quantities.len(), 1);
    }
}
