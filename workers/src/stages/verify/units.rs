//! Units of measure: their written forms, dimensions and factors to base units.

use super::words::{Word, stem};

/// Exponents over length, mass, time, temperature, electric charge, data, money, share, angle.
pub(super) type Dimension = [i8; 9];

pub(super) const L: Dimension = [1, 0, 0, 0, 0, 0, 0, 0, 0];
pub(super) const M: Dimension = [0, 1, 0, 0, 0, 0, 0, 0, 0];
pub(super) const T: Dimension = [0, 0, 1, 0, 0, 0, 0, 0, 0];
pub(super) const K: Dimension = [0, 0, 0, 1, 0, 0, 0, 0, 0];
pub(super) const DATA: Dimension = [0, 0, 0, 0, 0, 1, 0, 0, 0];
pub(super) const MONEY: Dimension = [0, 0, 0, 0, 0, 0, 1, 0, 0];
pub(super) const SHARE: Dimension = [0, 0, 0, 0, 0, 0, 0, 1, 0];
pub(super) const ANGLE: Dimension = [0, 0, 0, 0, 0, 0, 0, 0, 1];
pub(super) const AREA: Dimension = [2, 0, 0, 0, 0, 0, 0, 0, 0];
pub(super) const VOLUME: Dimension = [3, 0, 0, 0, 0, 0, 0, 0, 0];
pub(super) const SPEED: Dimension = [1, 0, -1, 0, 0, 0, 0, 0, 0];
pub(super) const PER_TIME: Dimension = [0, 0, -1, 0, 0, 0, 0, 0, 0];
pub(super) const FORCE: Dimension = [1, 1, -2, 0, 0, 0, 0, 0, 0];
pub(super) const ENERGY: Dimension = [2, 1, -2, 0, 0, 0, 0, 0, 0];
pub(super) const POWER: Dimension = [2, 1, -3, 0, 0, 0, 0, 0, 0];
pub(super) const PRESSURE: Dimension = [-1, 1, -2, 0, 0, 0, 0, 0, 0];
pub(super) const VOLT: Dimension = [2, 1, -2, 0, -1, 0, 0, 0, 0];
pub(super) const AMPERE: Dimension = [0, 0, -1, 0, 1, 0, 0, 0, 0];

/// Written form (symbols keep their case, words are stems), dimension, factor to base, offset.
type Row = (&'static str, Dimension, f64, f64);

const SYMBOLS: &[Row] = &[
    ("m", L, 1.0, 0.0),
    ("km", L, 1e3, 0.0),
    ("cm", L, 1e-2, 0.0),
    ("mm", L, 1e-3, 0.0),
    ("nm", L, 1e-9, 0.0),
    ("µm", L, 1e-6, 0.0),
    ("μm", L, 1e-6, 0.0),
    ("ft", L, 0.3048, 0.0),
    ("mi", L, 1609.344, 0.0),
    ("yd", L, 0.9144, 0.0),
    ("AU", L, 1.495_978_707e11, 0.0),
    ("kg", M, 1.0, 0.0),
    ("g", M, 1e-3, 0.0),
    ("mg", M, 1e-6, 0.0),
    ("lb", M, 0.453_592_37, 0.0),
    ("lbs", M, 0.453_592_37, 0.0),
    ("oz", M, 0.028_349_523_125, 0.0),
    ("s", T, 1.0, 0.0),
    ("sec", T, 1.0, 0.0),
    ("ms", T, 1e-3, 0.0),
    ("min", T, 60.0, 0.0),
    ("mins", T, 60.0, 0.0),
    ("h", T, 3600.0, 0.0),
    ("hr", T, 3600.0, 0.0),
    ("hrs", T, 3600.0, 0.0),
    ("K", K, 1.0, 0.0),
    ("mph", SPEED, 0.447_04, 0.0),
    ("kph", SPEED, 1.0 / 3.6, 0.0),
    ("kmh", SPEED, 1.0 / 3.6, 0.0),
    ("Hz", PER_TIME, 1.0, 0.0),
    ("kHz", PER_TIME, 1e3, 0.0),
    ("MHz", PER_TIME, 1e6, 0.0),
    ("GHz", PER_TIME, 1e9, 0.0),
    ("N", FORCE, 1.0, 0.0),
    ("J", ENERGY, 1.0, 0.0),
    ("kJ", ENERGY, 1e3, 0.0),
    ("kcal", ENERGY, 4184.0, 0.0),
    ("kWh", ENERGY, 3.6e6, 0.0),
    ("eV", ENERGY, 1.602_176_634e-19, 0.0),
    ("W", POWER, 1.0, 0.0),
    ("kW", POWER, 1e3, 0.0),
    ("MW", POWER, 1e6, 0.0),
    ("GW", POWER, 1e9, 0.0),
    ("hp", POWER, 745.7, 0.0),
    ("Pa", PRESSURE, 1.0, 0.0),
    ("kPa", PRESSURE, 1e3, 0.0),
    ("hPa", PRESSURE, 1e2, 0.0),
    ("atm", PRESSURE, 101_325.0, 0.0),
    ("psi", PRESSURE, 6894.757, 0.0),
    ("V", VOLT, 1.0, 0.0),
    ("kV", VOLT, 1e3, 0.0),
    ("mA", AMPERE, 1e-3, 0.0),
    ("L", VOLUME, 1e-3, 0.0),
    ("l", VOLUME, 1e-3, 0.0),
    ("ml", VOLUME, 1e-6, 0.0),
    ("mL", VOLUME, 1e-6, 0.0),
    ("ha", AREA, 1e4, 0.0),
    ("KB", DATA, 1e3, 0.0),
    ("MB", DATA, 1e6, 0.0),
    ("GB", DATA, 1e9, 0.0),
    ("TB", DATA, 1e12, 0.0),
];

const NAMES: &[Row] = &[
    ("meter", L, 1.0, 0.0),
    ("kilometer", L, 1e3, 0.0),
    ("centimeter", L, 1e-2, 0.0),
    ("millimeter", L, 1e-3, 0.0),
    ("micrometer", L, 1e-6, 0.0),
    ("nanometer", L, 1e-9, 0.0),
    ("foot", L, 0.3048, 0.0),
    ("inch", L, 0.0254, 0.0),
    ("mil", L, 1609.344, 0.0),
    ("yard", L, 0.9144, 0.0),
    ("light-year", L, 9.460_730_472_580_8e15, 0.0),
    ("parsec", L, 3.085_677_58e16, 0.0),
    ("kilogram", M, 1.0, 0.0),
    ("gram", M, 1e-3, 0.0),
    ("milligram", M, 1e-6, 0.0),
    ("tonn", M, 1e3, 0.0),
    ("ton", M, 907.184_74, 0.0),
    ("pound", M, 0.453_592_37, 0.0),
    ("ounc", M, 0.028_349_523_125, 0.0),
    ("second", T, 1.0, 0.0),
    ("millisecond", T, 1e-3, 0.0),
    ("minut", T, 60.0, 0.0),
    ("hour", T, 3600.0, 0.0),
    ("day", T, 86_400.0, 0.0),
    ("week", T, 604_800.0, 0.0),
    ("year", T, 31_557_600.0, 0.0),
    ("month", T, 2_629_800.0, 0.0),
    ("decad", T, 315_576_000.0, 0.0),
    ("century", T, 3.155_76e9, 0.0),
    ("kelvin", K, 1.0, 0.0),
    ("liter", VOLUME, 1e-3, 0.0),
    ("milliliter", VOLUME, 1e-6, 0.0),
    ("gallon", VOLUME, 3.785_411_784e-3, 0.0),
    ("pint", VOLUME, 4.731_764_73e-4, 0.0),
    ("acr", AREA, 4_046.856_422_4, 0.0),
    ("hectar", AREA, 1e4, 0.0),
    ("newton", FORCE, 1.0, 0.0),
    ("joul", ENERGY, 1.0, 0.0),
    ("kilojoul", ENERGY, 1e3, 0.0),
    ("calori", ENERGY, 4184.0, 0.0),
    ("watt", POWER, 1.0, 0.0),
    ("kilowatt", POWER, 1e3, 0.0),
    ("megawatt", POWER, 1e6, 0.0),
    ("horsepower", POWER, 745.7, 0.0),
    ("pascal", PRESSURE, 1.0, 0.0),
    ("volt", VOLT, 1.0, 0.0),
    ("hertz", PER_TIME, 1.0, 0.0),
    ("megahertz", PER_TIME, 1e6, 0.0),
    ("byt", DATA, 1.0, 0.0),
    ("bit", DATA, 0.125, 0.0),
    ("kilobyt", DATA, 1e3, 0.0),
    ("megabyt", DATA, 1e6, 0.0),
    ("gigabyt", DATA, 1e9, 0.0),
    ("percent", SHARE, 1.0, 0.0),
    ("dollar", MONEY, 1.0, 0.0),
    ("usd", MONEY, 1.0, 0.0),
    ("cent", MONEY, 0.01, 0.0),
    ("knot", SPEED, 0.514_444, 0.0),
];

pub(super) type OneUnit = (&'static str, Dimension, f64, f64, usize);

pub(super) fn one_unit(text: &str, word: &Word, power: i8) -> Option<OneUnit> {
    let (body, mut power) = match word.text.strip_suffix(['2', '3']) {
        Some(body) if power == 1 && !body.is_empty() => (body, if word.text.ends_with('2') { 2 } else { 3 }),
        _ => (word.text.as_str(), power),
    };
    let lower = body.to_lowercase();
    let base = stem(&lower);
    let row = SYMBOLS.iter().find(|r| r.0 == body).or_else(|| NAMES.iter().find(|r| r.0 == base || r.0 == lower))?;
    let mut end = word.span.end;
    if power == 1 {
        for (mark, n) in [("²", 2), ("³", 3), ("^2", 2), ("^3", 3)] {
            if text[end..].starts_with(mark) {
                power = n;
                end += mark.len();
                break;
            }
        }
    }
    let dimension = row.1.map(|e| e * power);
    Some((row.0, dimension, row.2.powi(i32::from(power)), row.3, end))
}
