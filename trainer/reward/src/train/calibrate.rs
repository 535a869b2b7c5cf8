//! Platt's calibration (Platt 1999, with the smoothed targets and the Newton method of Lin, Lin and Weng 2007).

use super::logistic::{sigmoid, softplus};

/// Log-odds = `slope` × score + `offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Platt {
    pub slope: f64,
    pub offset: f64,
}

impl Platt {
    /// Leaves scores as they are.
    pub const IDENTITY: Self = Self { slope: 1.0, offset: 0.0 };

    /// Fits the curve to scores of rows that the scorer was not trained on, each counting once: weights that balance
    /// what is learnt would shift how likely it says that an answer is.
    pub fn fit(scores: &[f64], labels: &[bool]) -> Self {
        let positive = labels.iter().filter(|label| **label).count() as f64;
        let negative = labels.len() as f64 - positive;
        if positive <= 0.0 || negative <= 0.0 {
            return Self::IDENTITY;
        }
        // Never quite 0 or 1: a class seen n times is believed to (n + 1) / (n + 2).
        let (high, low) = ((positive + 1.0) / (positive + 2.0), 1.0 / (negative + 2.0));
        let target = |label: bool| if label { high } else { low };
        let loss = |p: Self| -> f64 {
            let rows = scores.iter().zip(labels);
            rows.map(|(s, l)| {
                let z = p.slope * s + p.offset;
                softplus(z) - target(*l) * z
            })
            .sum()
        };
        let mut now = Self { slope: 1.0, offset: 0.0 };
        let mut at = loss(now);
        for _ in 0..100 {
            let (mut g, mut h) = ([0.0; 2], [1e-9, 0.0, 1e-9]);
            for (s, l) in scores.iter().zip(labels) {
                let p = sigmoid(now.slope * s + now.offset);
                let (d, c) = (p - target(*l), p * (1.0 - p));
                g[0] += d * s;
                g[1] += d;
                h[0] += c * s * s;
                h[1] += c * s;
                h[2] += c;
            }
            let determinant = h[0] * h[2] - h[1] * h[1];
            if determinant.abs() < 1e-12 || g[0].abs().max(g[1].abs()) < 1e-9 {
                break;
            }
            let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
            let mut length = 1.0;
            let moved = loop {
                let next = Self { slope: now.slope - length * step[0], offset: now.offset - length * step[1] };
                let reached = loss(next);
                if reached < at {
                    break Some((next, reached));
                }
                length *= 0.5;
                if length < 1e-6 {
                    break None;
                }
            };
            let Some((next, reached)) = moved else { break };
            (now, at) = (next, reached);
        }
        // A scorer worse than chance has learned nothing; turned round it would still have learned nothing.
        if now.slope > 0.0 { now } else { Self { slope: 0.0, offset: (positive / negative).ln() } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_are_too_sure_are_pulled_back() {
        // Of the rows scored 4, three in four are true: log-odds of about 1.1 and not 4.
        let scores: Vec<f64> = (0..400).map(|i| if i % 2 == 0 { 4.0 } else { -4.0 }).collect();
        let labels: Vec<bool> = (0..400).map(|i| (i % 2 == 0) == (i % 8 < 6)).collect();
        let platt = Platt::fit(&scores, &labels);
        assert!((platt.slope * 4.0 + platt.offset - 3f64.ln()).abs() < 0.1, "{platt:?}");
    }

    #[test]
    fn scores_worse_than_chance_become_the_base_rate() {
        let scores: Vec<f64> = (0..100).map(|i| f64::from(i % 7)).collect();
        let labels: Vec<bool> = (0..100).map(|i| i % 7 < 3).collect();
        let platt = Platt::fit(&scores, &labels);
        assert_eq!(platt.slope, 0.0);
        assert!((sigmoid(platt.offset) - 0.44).abs() < 1e-9);
    }
}
