//! Logistic regression with a Gaussian prior: the weights that are likeliest a posteriori.
//!
//! The log-posterior is strictly concave, and Newton's method finds its one maximum (iteratively reweighted least squares:
//! T. Hastie, R. Tibshirani and J. Friedman, "The Elements of Statistical Learning", 2nd ed. 2009, section 4.4.1; the ridge
//! penalty in it: S. le Cessie and J. C. van Houwelingen, "Ridge Estimators in Logistic Regression", 1992).

/// What is believed of a weight before the first row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prior {
    /// Its mean, in log-odds for each unit of its signal.
    pub mean: f64,
    /// Its standard deviation, above 0.
    pub deviation: f64,
}

/// The signals of a row that are not 0, by the place of their weight.
pub(super) type Row = Vec<(usize, f64)>;

/// The most rounds of Newton's method; it takes fewer than ten.
const MOST_ROUNDS: usize = 100;
/// A step shorter than this ends it.
const SHORT: f64 = 1e-9;

/// The weights by rows and whether each is positive. Without rows they are the prior's means.
pub(super) fn fit(prior: &[Prior], rows: &[(Row, bool)]) -> Vec<f64> {
    let mut weights: Vec<f64> = prior.iter().map(|of| of.mean).collect();
    let mut likelihood = log_posterior(prior, rows, &weights);
    for _ in 0..MOST_ROUNDS {
        let step = newton_step(prior, rows, &weights);
        // Halved until it is uphill: far from the maximum a whole step may overshoot.
        let mut length = 1.0;
        let risen = loop {
            let further: Vec<f64> = weights.iter().zip(&step).map(|(weight, step)| weight + length * step).collect();
            let reached = log_posterior(prior, rows, &further);
            if reached >= likelihood {
                break Some((further, reached));
            }
            length /= 2.0;
            if length < SHORT {
                break None;
            }
        };
        let Some((further, reached)) = risen else { break };
        (weights, likelihood) = (further, reached);
        if step.iter().all(|step| (length * step).abs() < SHORT) {
            break;
        }
    }
    weights
}

/// The chance that a row is positive.
pub(super) fn chance(weights: &[f64], row: &Row) -> f64 {
    logistic(sum(weights, row))
}

fn sum(weights: &[f64], row: &Row) -> f64 {
    row.iter().map(|(at, signal)| weights[*at] * signal).sum()
}

fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

fn log_posterior(prior: &[Prior], rows: &[(Row, bool)], weights: &[f64]) -> f64 {
    let penalty: f64 =
        prior.iter().zip(weights).map(|(of, weight)| ((weight - of.mean) / of.deviation).powi(2) / 2.0).sum();
    let likelihood: f64 = rows
        .iter()
        .map(|(row, positive)| {
            let log_odds = sum(weights, row);
            let against = if *positive { -log_odds } else { log_odds };
            // ln(1 + e^x), without overflow.
            -(against.max(0.0) + (-against.abs()).exp().ln_1p())
        })
        .sum();
    likelihood - penalty
}

fn newton_step(prior: &[Prior], rows: &[(Row, bool)], weights: &[f64]) -> Vec<f64> {
    let size = prior.len();
    let mut gradient: Vec<f64> =
        prior.iter().zip(weights).map(|(of, weight)| (of.mean - weight) / of.deviation.powi(2)).collect();
    let mut curvature = vec![0.0; size * size];
    for (at, of) in prior.iter().enumerate() {
        curvature[at * size + at] = 1.0 / of.deviation.powi(2);
    }
    for (row, positive) in rows {
        let chance = chance(weights, row);
        let (missed, spread) = (f64::from(u8::from(*positive)) - chance, chance * (1.0 - chance));
        for (at, signal) in row {
            gradient[*at] += missed * signal;
            for (beside, other) in row {
                curvature[at * size + beside] += spread * signal * other;
            }
        }
    }
    solve(curvature, gradient)
}

/// Solves a positive definite system by the factors of Cholesky; the prior makes it positive definite.
fn solve(mut matrix: Vec<f64>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for row in 0..size {
        for column in 0..=row {
            let known: f64 = (0..column).map(|at| matrix[row * size + at] * matrix[column * size + at]).sum();
            let rest = matrix[row * size + column] - known;
            matrix[row * size + column] =
                if row == column { rest.sqrt() } else { rest / matrix[column * size + column] };
        }
    }
    for row in 0..size {
        let known: f64 = (0..row).map(|at| matrix[row * size + at] * right[at]).sum();
        right[row] = (right[row] - known) / matrix[row * size + row];
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|at| matrix[at * size + row] * right[at]).sum();
        right[row] = (right[row] - known) / matrix[row * size + row];
    }
    right
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOOSE: Prior = Prior { mean: 0.0, deviation: 100.0 };

    #[test]
    fn without_rows_the_prior_is_what_is_believed() {
        assert_eq!(fit(&[Prior { mean: -2.0, deviation: 0.5 }, LOOSE], &[]), [-2.0, 0.0]);
    }

    #[test]
    fn with_many_rows_the_share_of_the_positive_ones_is_found_whatever_was_believed() {
        let rows: Vec<_> = (0..4000).map(|n| (vec![(0, 1.0)], n % 4 == 0)).collect();
        let weights = fit(&[Prior { mean: 2.0, deviation: 0.5 }], &rows);
        assert!((chance(&weights, &vec![(0, 1.0)]) - 0.25).abs() < 0.02, "{weights:?}");
    }

    #[test]
    fn two_shares_are_found_at_the_two_values_of_a_signal() {
        // Of those with the signal three of four are positive, of those without one of four.
        let row = |signal| vec![(0, 1.0), (1, signal)];
        let rows: Vec<_> = (0..800)
            .map(|n| {
                let with = n % 2 == 0;
                (row(f64::from(u8::from(with))), (n / 2 % 4 == 0) != with)
            })
            .collect();
        let weights = fit(&[LOOSE, LOOSE], &rows);
        assert!((chance(&weights, &row(0.0)) - 0.25).abs() < 1e-3, "{weights:?}");
        assert!((chance(&weights, &row(1.0)) - 0.75).abs() < 1e-3, "{weights:?}");
    }

    proptest! {
        #[test]
        fn the_gradient_is_nought_at_what_is_found(
            signals in prop::collection::vec((-3.0..3.0f64, -3.0..3.0f64, any::<bool>()), 0..60),
            mean in -3.0..3.0f64,
        ) {
            let prior = [Prior { mean, deviation: 0.7 }, Prior { mean: 0.0, deviation: 1.5 }, LOOSE];
            let rows: Vec<_> = signals.iter().map(|(a, b, y)| (vec![(0, *a), (1, *b), (2, 1.0)], *y)).collect();
            let weights = fit(&prior, &rows);
            for (at, of) in prior.iter().enumerate() {
                let slope: f64 = rows
                    .iter()
                    .map(|(row, positive)| (f64::from(u8::from(*positive)) - chance(&weights, row)) * row[at].1)
                    .sum();
                let slope = slope + (of.mean - weights[at]) / of.deviation.powi(2);
                prop_assert!(slope.abs() < 1e-5, "{slope} at {at} of {weights:?}");
            }
        }
    }
}
