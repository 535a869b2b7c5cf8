//! Logistic regression with a Gaussian prior on its weights.

use super::encode::Matrix;
use super::lbfgs;

/// The bias is all but free; this keeps it finite where every label is the same.
const BIAS_PENALTY: f64 = 1e-3;
const MOST_ITERATIONS: usize = 150;
const TOLERANCE: f64 = 1e-6;

/// The weights of the columns, and the bias.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights {
    pub columns: Vec<f64>,
    pub bias: f64,
}

pub(crate) fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 { 1.0 / (1.0 + (-z).exp()) } else { z.exp() / (1.0 + z.exp()) }
}

/// ln(1 + e^z) without overflow.
pub(crate) fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// Fits the weights. `scale` multiplies a column: at 0 it is out, at 2 its weight is held back a quarter as much.
/// `start` continues from another fit of the same columns. `each` hears the numbers read and the loss.
pub(crate) fn fit(
    matrix: &Matrix,
    labels: &[bool],
    row_weights: &[f64],
    l2: f64,
    scale: &[f64],
    start: Option<&Weights>,
    mut each: impl FnMut(usize, f64),
) -> Weights {
    let columns = matrix.columns;
    let total: f64 = row_weights.iter().sum();
    // Weights are relative: together they count as many rows as there are.
    let norm = if total > 0.0 { matrix.rows() as f64 / total } else { 0.0 };
    let mut x = vec![0.0; columns + 1];
    if let Some(start) = start {
        for ((x, w), s) in x.iter_mut().zip(&start.columns).zip(scale) {
            *x = if *s > 0.0 { w / s } else { 0.0 };
        }
        x[columns] = start.bias;
    }
    let mut scaled = vec![0.0; columns + 1];
    let value = |x: &[f64], gradient: &mut [f64]| {
        for ((scaled, x), s) in scaled.iter_mut().zip(x).zip(scale.iter().chain([&1.0])) {
            *scaled = x * s;
        }
        gradient.fill(0.0);
        let mut loss = 0.0;
        for row in 0..matrix.rows() {
            let z = margin_of(matrix, row, &scaled);
            let weight = row_weights[row] * norm;
            let target = f64::from(u8::from(labels[row]));
            loss += weight * (softplus(z) - target * z);
            let slope = weight * (sigmoid(z) - target);
            let dense = &matrix.dense[row * matrix.width..(row + 1) * matrix.width];
            gradient.iter_mut().zip(dense).for_each(|(g, v)| *g += slope * f64::from(*v));
            for (column, v) in &matrix.sparse[matrix.starts[row]..matrix.starts[row + 1]] {
                gradient[*column as usize] += slope * f64::from(*v);
            }
            gradient[columns] += slope;
        }
        for ((g, s), x) in gradient.iter_mut().zip(scale).zip(x) {
            *g = *g * s + l2 * x;
            loss += 0.5 * l2 * x * x;
        }
        gradient[columns] += BIAS_PENALTY * x[columns];
        loss + 0.5 * BIAS_PENALTY * x[columns] * x[columns]
    };
    let rows = matrix.rows().max(1) as f64;
    lbfgs::minimise(&mut x, MOST_ITERATIONS, TOLERANCE, value, |_, loss| each(matrix.numbers(), loss / rows));
    let bias = x[columns];
    x.truncate(columns);
    x.iter_mut().zip(scale).for_each(|(x, s)| *x *= s);
    Weights { columns: x, bias }
}

fn margin_of(matrix: &Matrix, row: usize, weights: &[f64]) -> f64 {
    let dense = &matrix.dense[row * matrix.width..(row + 1) * matrix.width];
    let mut z = weights[matrix.columns];
    z += dense.iter().zip(weights).map(|(v, w)| f64::from(*v) * w).sum::<f64>();
    for (column, v) in &matrix.sparse[matrix.starts[row]..matrix.starts[row + 1]] {
        z += f64::from(*v) * weights[*column as usize];
    }
    z
}

/// The log-odds of every row.
pub(crate) fn margins(matrix: &Matrix, weights: &Weights) -> Vec<f64> {
    let mut all = weights.columns.clone();
    all.push(weights.bias);
    (0..matrix.rows()).map(|row| margin_of(matrix, row, &all)).collect()
}
