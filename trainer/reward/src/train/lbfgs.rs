//! L-BFGS (Nocedal 1980; Liu and Nocedal 1989): a full-batch minimiser that takes no step size and no randomness.

use std::collections::VecDeque;

const MEMORY: usize = 10;
const ARMIJO: f64 = 1e-4;

/// Minimises a smooth convex function from `x` on; `value` returns it and writes the gradient. `each` hears the
/// number of the iteration and the value. Ends at `most` iterations or when an iteration gains less than `tolerance`
/// of the value.
pub(crate) fn minimise(
    x: &mut [f64],
    most: usize,
    tolerance: f64,
    mut value: impl FnMut(&[f64], &mut [f64]) -> f64,
    mut each: impl FnMut(usize, f64),
) -> f64 {
    let mut gradient = vec![0.0; x.len()];
    let mut now = value(x, &mut gradient);
    let mut pairs: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::with_capacity(MEMORY);
    let mut next = x.to_vec();
    let mut next_gradient = gradient.clone();
    for iteration in 1..=most {
        let mut direction = two_loops(&gradient, &pairs);
        let mut slope = dot(&gradient, &direction);
        if slope >= 0.0 {
            pairs.clear();
            direction = gradient.iter().map(|g| -g).collect();
            slope = dot(&gradient, &direction);
        }
        if slope == 0.0 {
            break;
        }
        // Without a curvature pair the length of the gradient means nothing.
        let mut step = if pairs.is_empty() { 1.0 / dot(&gradient, &gradient).sqrt().max(1.0) } else { 1.0 };
        let mut reached = f64::INFINITY;
        for _ in 0..40 {
            for ((n, x), d) in next.iter_mut().zip(x.iter()).zip(&direction) {
                *n = x + step * d;
            }
            reached = value(&next, &mut next_gradient);
            if reached <= now + ARMIJO * step * slope {
                break;
            }
            step *= 0.5;
        }
        if reached.is_nan() || reached >= now {
            break;
        }
        let s: Vec<f64> = next.iter().zip(x.iter()).map(|(n, x)| n - x).collect();
        let y: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(n, g)| n - g).collect();
        let curvature = dot(&s, &y);
        if curvature > 1e-12 * dot(&y, &y) {
            if pairs.len() == MEMORY {
                pairs.pop_front();
            }
            pairs.push_back((s, y, 1.0 / curvature));
        }
        x.copy_from_slice(&next);
        gradient.copy_from_slice(&next_gradient);
        let gained = now - reached;
        now = reached;
        each(iteration, now);
        if gained <= tolerance * now.abs().max(1e-9) {
            break;
        }
    }
    now
}

/// The inverse Hessian's product with the gradient, negated.
fn two_loops(gradient: &[f64], pairs: &VecDeque<(Vec<f64>, Vec<f64>, f64)>) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(pairs.len());
    for (s, y, rho) in pairs.iter().rev() {
        let alpha = rho * dot(s, &q);
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= alpha * y);
        alphas.push(alpha);
    }
    if let Some((_, y, rho)) = pairs.back() {
        let scale = 1.0 / (rho * dot(y, y));
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((s, y, rho), alpha) in pairs.iter().zip(alphas.into_iter().rev()) {
        let beta = rho * dot(y, &q);
        q.iter_mut().zip(s).for_each(|(q, s)| *q += (alpha - beta) * s);
    }
    q
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_point_of_a_bowl_is_found() {
        let centre = [3.0, -2.0, 0.5];
        let steep = [1.0, 100.0, 0.01];
        let mut x = [0.0; 3];
        let lowest = minimise(
            &mut x,
            200,
            1e-14,
            |x, gradient| {
                let mut sum = 1.0;
                for i in 0..3 {
                    gradient[i] = 2.0 * steep[i] * (x[i] - centre[i]);
                    sum += steep[i] * (x[i] - centre[i]).powi(2);
                }
                sum
            },
            |_, _| (),
        );
        assert!((lowest - 1.0).abs() < 1e-9);
        assert!(x.iter().zip(centre).all(|(x, c)| (x - c).abs() < 1e-3), "{x:?}");
    }

    #[test]
    fn the_lowest_point_itself_is_kept() {
        let mut x = [0.0];
        minimise(
            &mut x,
            10,
            1e-9,
            |x, g| {
                g[0] = 2.0 * x[0];
                x[0] * x[0]
            },
            |_, _| (),
        );
        assert_eq!(x, [0.0]);
    }
}
