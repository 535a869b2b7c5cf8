//! Fitting the model: a multinomial logistic regression with a Gaussian prior, by gradient descent with momentum (Nesterov 1983).

use atr_workers::stages::verify::veracity::model::Model;
use atr_workers::stages::verify::veracity::{FEATURES, Features};

const STEPS: usize = 400;
const RATE: f64 = 0.5;

/// Fits `rows` of features and kinds; `prior` holds the weights back, in rows.
pub fn fit(rows: &[(Features, usize)], prior: f64) -> Model {
    let n = rows.len() as f64;
    let (mut mean, mut spread) = ([0.0; FEATURES], [1.0; FEATURES]);
    for at in 0..FEATURES {
        mean[at] = rows.iter().map(|(f, _)| f.0[at]).sum::<f64>() / n;
        let variance = rows.iter().map(|(f, _)| (f.0[at] - mean[at]).powi(2)).sum::<f64>() / n;
        spread[at] = if variance > 1e-12 { variance.sqrt() } else { 1.0 };
    }
    let zero = Model { mean, spread, weights: [[0.0; FEATURES]; 3], bias: [0.0; 3], raise: [1.0; 3] };
    let (mut model, mut before) = (zero, zero);
    for step in 0..STEPS {
        let momentum = step as f64 / (step as f64 + 3.0);
        let mut ahead = model;
        for kind in 0..3 {
            ahead.bias[kind] += momentum * (model.bias[kind] - before.bias[kind]);
            for at in 0..FEATURES {
                ahead.weights[kind][at] += momentum * (model.weights[kind][at] - before.weights[kind][at]);
            }
        }
        let mut next = ahead;
        for (features, label) in rows {
            let found = ahead.likelihood(features);
            for (kind, likely) in [found.true_, found.false_, found.open].into_iter().enumerate() {
                let slope = RATE * (likely - f64::from(u8::from(kind == *label))) / n;
                next.bias[kind] -= slope;
                for at in 0..FEATURES {
                    next.weights[kind][at] -= slope * (features.0[at] - mean[at]) / spread[at];
                }
            }
        }
        for kind in 0..3 {
            for at in 0..FEATURES {
                next.weights[kind][at] -= RATE * prior / n * ahead.weights[kind][at];
            }
        }
        (before, model) = (model, next);
    }
    model
}

/// The model as the constants that `workers/src/stages/verify/veracity/fitted.rs` holds.
pub fn source(model: &Model) -> String {
    let list = |values: &[f64]| values.iter().map(|v| format!("{v:.4}")).collect::<Vec<_>>().join(", ");
    let weights: Vec<String> = model
        .weights
        .iter()
        .map(|w| {
            format!(
                "        [{}],
",
                list(w)
            )
        })
        .collect();
    format!(
        "pub const FITTED: Model = Model {{
    mean: [{}],
    spread: [{}],
    weights: [
{}    ],
    bias: [{}],
    raise: [{}],
}};
",
        list(&model.mean),
        list(&model.spread),
        weights.concat(),
        list(&model.bias),
        list(&model.raise)
    )
}
