//! Shares of a whole in whole items.

use rand::{Rng, RngExt as _};

/// A share of so many in whole items: one of the two next to it, each as likely as brings the share itself in the long run.
/// Of ten items one in twenty is none in one week and one in the next.
pub(super) fn whole(share: f64, of: usize, chance: &mut impl Rng) -> usize {
    let exact = share * of as f64;
    let drawn = chance.random::<f64>() < exact.fract();
    (exact as usize + usize::from(drawn)).min(of)
}

/// How many of so many items each part gets at least: `floor` of them in proportion to the parts' sizes, and one in any case;
/// none gets more than its size.
pub(super) fn floors(floor: f64, of: usize, sizes: &[usize]) -> Vec<usize> {
    let all: usize = sizes.iter().sum();
    let proportional = |size: usize| (floor * of as f64 * size as f64 / all.max(1) as f64) as usize;
    sizes.iter().map(|size| proportional(*size).max(1).min(*size)).collect()
}
