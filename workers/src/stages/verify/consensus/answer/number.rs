//! Numbers and measures as answers: fractions, mixed numbers, shares, money, units.

use std::{cmp::Ordering, fmt, sync::LazyLock};

use regex::{Captures, Regex};

use super::{
    super::super::{
        measure::{Quantity, Unit, measures},
        units::{self, Dimension, MONEY, SHARE},
        words::{Span, words},
    },
    Answer,
};

/// A finite number of twelve digits: conversions and decimals that mean the same value meet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(f64);

impl Number {
    /// Rounds to twelve digits; nothing where it is not finite.
    pub fn new(value: f64) -> Option<Self> {
        let value = format!("{value:.11e}").parse::<f64>().ok().filter(|value| value.is_finite())?;
        Some(Self(if value == 0.0 { 0.0 } else { value }))
    }

    /// Its value.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        if size != 0.0 && !(1e-6..1e15).contains(&size) { write!(f, "{:e}", self.0) } else { write!(f, "{}", self.0) }
    }
}

/// What a base unit is written as, by its dimension; each is read as exactly one of its kind.
const WRITTEN: [(&str, Dimension); 18] = [
    ("m", units::L),
    ("kg", units::M),
    ("s", units::T),
    ("K", units::K),
    ("bytes", units::DATA),
    ("degrees", units::ANGLE),
    ("m²", units::AREA),
    ("m³", units::VOLUME),
    ("m/s", units::SPEED),
    ("Hz", units::PER_TIME),
    ("N", units::FORCE),
    ("J", units::ENERGY),
    ("W", units::POWER),
    ("Pa", units::PRESSURE),
    ("V", units::VOLT),
    ("dollars", MONEY),
    ("m/s²", [1, 0, -2, 0, 0, 0, 0, 0, 0]),
    ("mA", units::AMPERE),
];

fn written(dimension: Dimension) -> Option<String> {
    if let Some((name, _)) = WRITTEN.iter().find(|(name, of)| *of == dimension && *name != "mA") {
        return Some((*name).to_owned());
    }
    let simple = || WRITTEN.iter().filter(|(name, _)| !name.contains('/') && *name != "mA" && *name != "degrees");
    simple().find_map(|(above, of)| {
        let (below, _) = simple().find(|(_, below)| {
            of.iter().zip(below).zip(dimension).all(|((above, below), whole)| above - below == whole)
        })?;
        Some(format!("{above}/{below}"))
    })
}

/// A value in base units as an answer; nothing where its unit has no written form.
pub(super) fn measure(value: f64, unit: &Unit) -> Option<Answer> {
    match unit {
        // What is counted comes and goes between chains ("12", "12 apples"), and a dollar sign too: the value is what they
        // agree on.
        Unit::None | Unit::Count(_) => Number::new(value).map(Answer::Number),
        Unit::Measure(MONEY, "dollar" | "usd" | "cent") => Number::new(value).map(Answer::Number),
        Unit::Measure(MONEY, name) => {
            let sign = match *name {
                "pound sterling" => '£',
                "euro" => '€',
                "yen" => '¥',
                _ => '₹',
            };
            Some(Answer::Text(format!("{sign}{}", Number::new(value)?)))
        }
        Unit::Measure(SHARE, _) => Number::new(value / 100.0).map(Answer::Number),
        Unit::Measure(dimension, _) => Some(Answer::Measure(Number::new(value)?, written(*dimension)?)),
    }
}

pub(super) fn of_quantity(quantity: &Quantity) -> Option<Answer> {
    measure(quantity.value, &quantity.unit)
}

/// The unit of that name, and its factor to base units; of those without an offset.
pub(super) fn unit_named(name: &str) -> Option<(Unit, f64)> {
    let one = measures(&format!("1 {name}"));
    let two = measures(&format!("2 {name}"));
    let ([one], [two]) = (&one.quantities[..], &two.quantities[..]) else { return None };
    let straight = (two.value - 2.0 * one.value).abs() <= 1e-9 * one.value.abs();
    (straight && matches!(one.unit, Unit::Measure(..))).then(|| (one.unit.clone(), one.value))
}

/// Whether it is written as a share: then a question for percents needs no other reading of it.
pub(super) fn says_share(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.contains('%')
        || lower.contains('٪')
        || lower.contains('％')
        || lower.contains("percent")
        || lower.contains("per cent")
}

static FRACTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?P<sign>^|[^0-9A-Za-z.,/:-]-?)(?:(?P<whole>[0-9]{1,9})(?:\s+(?:and\s+)?|-|\s*&\s*))?(?P<over>[0-9]{1,9})\s?/\s?(?P<under>[0-9]{1,9})(?P<end>[^0-9/.]|\.?$|\.\s)")
        .expect("a constant pattern")
});
static SPELLED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?ix)\b (?: (?P<whole>[0-9]{1,9}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) \s+ and \s+ )?
        (?P<over>an?|one|two|three|four|five) [\s-]+ (?P<under>hal(?:f|ves)|thirds?|quarters?|fourths?|fifths?|sixths?|eighths?|tenths?) \b")
    .expect("a constant pattern")
});

/// Fractions and mixed numbers made decimals: "1 1/2", "3/4", "two thirds", "three and a half".
pub(super) fn without_fractions(text: &str) -> String {
    // A date such as 3/5/2020 has two strokes, and is no fraction.
    let text = FRACTION.replace_all(text, |found: &Captures<'_>| {
        let number = |name: &str| found.name(name).and_then(|m| m.as_str().parse::<f64>().ok());
        let (whole, over, under) = (number("whole"), number("over").unwrap_or(0.0), number("under").unwrap_or(0.0));
        // "24 7/365" may be anything; a mixed number's fraction is below one.
        if under == 0.0 || whole.is_some() && over >= under {
            return found[0].to_owned();
        }
        format!("{}{}{}", &found["sign"], whole.unwrap_or(0.0) + over / under, &found["end"])
    });
    SPELLED
        .replace_all(&text, |found: &Captures<'_>| {
            let small = |word: &str| match word {
                "a" | "an" => Some(1.0),
                digits => digits.parse().ok().or_else(|| super::super::super::numbers::small(digits)),
            };
            let value = |name: &str| found.name(name).and_then(|m| small(&m.as_str().to_lowercase()));
            let under = match &found["under"].to_lowercase()[..3] {
                "hal" => 2.0,
                "thi" => 3.0,
                "qua" | "fou" => 4.0,
                "fif" => 5.0,
                "six" => 6.0,
                "eig" => 8.0,
                _ => 10.0,
            };
            (value("whole").unwrap_or(0.0) + value("over").unwrap_or(1.0) / under).to_string()
        })
        .into_owned()
}

/// Words beside a number that do not make it another.
fn idle(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "a"
            | "an"
            | "about"
            | "approximately"
            | "around"
            | "roughly"
            | "exactly"
            | "is"
            | "it"
            | "was"
            | "are"
            | "of"
            | "or"
            | "in"
            | "total"
            | "so"
            | "equals"
            | "only"
            | "per"
            | "each"
            | "altogether"
            | "one"
            | "dollar"
            | "dollars"
            | "usd"
            | "year"
    )
}

/// One number or measure with nothing beside it that matters.
pub(super) fn whole(text: &str) -> Option<Answer> {
    let all = words(text);
    if let [word] = &all[..] {
        match word.lower.as_str() {
            "one" => return Number::new(1.0).map(Answer::Number),
            "half" => return Number::new(0.5).map(Answer::Number),
            "none" | "nothing" => return Number::new(0.0).map(Answer::Number),
            _ => {}
        }
    }
    // What follows the last equals sign is what it comes to.
    let text = text.rsplit_once('=').map_or(text, |(_, result)| result);
    let (answer, span) = single(text)?;
    let beside = words(text).iter().any(|word| !word.span.overlaps(&span) && !idle(&word.lower));
    (!beside).then_some(answer)
}

/// The one number of a sentence, whatever is beside it: after the last equals sign, if there is one.
pub(super) fn only(text: &str) -> Option<Answer> {
    let text = without_fractions(text.rsplit_once('=').map_or(text, |(_, result)| result));
    single(&text).map(|(answer, _)| answer)
}

fn single(text: &str) -> Option<(Answer, Span)> {
    let found = measures(text);
    if found.dates.len() + found.quantities.len() != 1 {
        return None;
    }
    if let [year] = &found.dates[..] {
        let value = year.year.filter(|of| *of > 0 && year.month.is_none())?;
        return Some((Answer::Number(Number::new(f64::from(value))?), year.span));
    }
    let quantity = &found.quantities[0];
    Some((of_quantity(quantity)?, quantity.span))
}
