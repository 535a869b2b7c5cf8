//! Numbers of arithmetic: fractions that are exact as long as they fit, with the nearest floating-point number beside them.
//!
//! A sum of decimals is what it is: `0.1 + 0.2` is `0.3`, which binary floating point does not say. What does not fit a fraction of
//! 128-bit integers, or is none (a root), is known nearly only.

/// A fraction in lowest terms; what is below the line is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fraction {
    over: i128,
    under: i128,
}

fn divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Fraction {
    /// `over / under` in lowest terms; nothing where it is no number or does not fit.
    fn new(over: i128, under: i128) -> Option<Self> {
        let common = i128::try_from(divisor(over.unsigned_abs(), under.unsigned_abs())).ok().filter(|c| *c != 0)?;
        let (over, under) = (over / common, under / common);
        match under.signum() {
            1 => Some(Self { over, under }),
            -1 => Some(Self { over: over.checked_neg()?, under: under.checked_neg()? }),
            _ => None,
        }
    }

    fn plus(self, other: Self) -> Option<Self> {
        // By the least common multiple: what fits in the end should fit on the way.
        let common = i128::try_from(divisor(self.under.unsigned_abs(), other.under.unsigned_abs())).ok()?;
        let (left, right) = (other.under / common, self.under / common);
        let over = self.over.checked_mul(left)?.checked_add(other.over.checked_mul(right)?)?;
        Self::new(over, self.under.checked_mul(left)?)
    }

    fn times(self, other: Self) -> Option<Self> {
        let (one, two) = (Self::new(self.over, other.under)?, Self::new(other.over, self.under)?);
        Self::new(one.over.checked_mul(two.over)?, one.under.checked_mul(two.under)?)
    }

    fn inverse(self) -> Option<Self> {
        Self::new(self.under, self.over)
    }

    fn power(self, exponent: i128) -> Option<Self> {
        let times = u32::try_from(exponent.unsigned_abs()).ok()?;
        let base = if exponent < 0 { self.inverse()? } else { self };
        Self::new(base.over.checked_pow(times)?, base.under.checked_pow(times)?)
    }
}

/// A value: exact where it is a fraction that fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Value {
    exact: Option<Fraction>,
    near: f64,
}

impl Value {
    /// A whole number.
    pub fn whole(number: i32) -> Self {
        Self { exact: Fraction::new(i128::from(number), 1), near: f64::from(number) }
    }

    /// Digits with at most one point among them; nothing where they are none.
    pub fn decimal(digits: &str) -> Option<Self> {
        let near = digits.parse().ok()?;
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let exact = u32::try_from(part.len())
            .ok()
            .and_then(|places| 10i128.checked_pow(places))
            .and_then(|under| Fraction::new(format!("{whole}{part}").parse().ok()?, under));
        Some(Self { exact, near })
    }

    /// As a floating-point number.
    pub fn near(self) -> f64 {
        self.exact.map_or(self.near, |f| f.over as f64 / f.under as f64)
    }

    pub fn plus(self, other: Self) -> Self {
        self.with(other, Fraction::plus, |a, b| a + b)
    }

    pub fn minus(self, other: Self) -> Self {
        self.plus(other.negated())
    }

    pub fn times(self, other: Self) -> Self {
        self.with(other, Fraction::times, |a, b| a * b)
    }

    pub fn over(self, other: Self) -> Self {
        self.with(other, |a, b| a.times(b.inverse()?), |a, b| a / b)
    }

    pub fn power(self, other: Self) -> Self {
        self.with(other, |a, b| if b.under == 1 { a.power(b.over) } else { None }, f64::powf)
    }

    pub fn negated(self) -> Self {
        self.times(Self::whole(-1))
    }

    fn with(
        self,
        other: Self,
        exactly: impl Fn(Fraction, Fraction) -> Option<Fraction>,
        nearly: impl Fn(f64, f64) -> f64,
    ) -> Self {
        let exact = self.exact.zip(other.exact).and_then(|(a, b)| exactly(a, b));
        Self { exact, near: nearly(self.near(), other.near()) }
    }

    /// How far the two are apart; where one is known nearly only, as far as that shows.
    pub fn gap(self, other: Self) -> f64 {
        let apart = self.minus(other);
        if apart.exact.is_some() {
            return apart.near().abs();
        }
        let (a, b) = (self.near(), other.near());
        let slack = 1e-9 * a.abs().max(b.abs()).max(1.0);
        let apart = (a - b).abs();
        if apart <= slack { 0.0 } else { apart }
    }

    /// Whether the two are one number.
    pub fn is(self, other: Self) -> bool {
        self.gap(other) == 0.0
    }

    /// Whether it ends at the decimal place `places`.
    pub fn ends_at(self, places: u32) -> bool {
        match self.exact {
            Some(exact) => 10i128.checked_pow(places).is_some_and(|unit| unit % exact.under == 0),
            None => {
                let scaled = self.near * 10f64.powi(i32::try_from(places).unwrap_or(i32::MAX));
                (scaled.round() - scaled).abs() < 1e-9
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(digits: &str) -> Value {
        Value::decimal(digits).unwrap()
    }

    #[test]
    fn decimals_add_up_exactly() {
        assert!(of("0.1").plus(of("0.2")).is(of("0.3")));
        assert!(of("1").over(of("3")).times(of("3")).is(of("1")));
        assert!(!of("10000000000000001").is(of("10000000000000002")));
        assert!(of("2").power(of("10")).is(of("1024")) && of("2").power(of("2").negated()).is(of("0.25")));
    }

    #[test]
    fn what_does_not_fit_is_known_nearly() {
        let big = of("99999999999999999999999999999999999999999999");
        assert!(big.exact.is_none() && big.is(big) && !big.is(of("1")));
        assert!(of("2").power(of("0.5")).times(of("2").power(of("0.5"))).is(of("2")));
        assert!(of("3").power(of("1000")).exact.is_none());
        assert!(!of("1").over(of("0")).near().is_finite());
    }

    #[test]
    fn a_number_ends_at_its_last_decimal_place() {
        assert!(of("0.25").ends_at(2) && !of("0.25").ends_at(1) && of("7").ends_at(0));
        assert!(!of("1").over(of("3")).ends_at(30));
    }
}
