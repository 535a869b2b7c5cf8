//! The coefficients, fitted: those likeliest a posteriori, by Newton's method.
//!
//! A question is a case for each one, two, three and four of its models' chains, without and with their records, so that the same
//! coefficients serve few chains and many, and models known and unknown. Each chain counts as much. How far chains
//! err alike is chosen by likelihood. The damping depends on the weights: it is held while the rest is fitted, and computed anew.

use atr_workers::stages::verify::consensus::{
    Record, candidates,
    evidence::Signal,
    weight::{Candidate, Coefficients, TERMS},
};

use super::solutions::{MODELS, Question};

/// A subset of a question's chains: its groups, the models in each, and which group is right.
struct Case {
    groups: Vec<(Vec<usize>, Candidate)>,
    right: Option<usize>,
    weight: f64,
}

/// By question its cases.
pub struct Cases(Vec<Vec<Case>>);

impl Cases {
    /// What the rules tell of each case.
    pub fn of(questions: &[Question]) -> Self {
        Self(questions.iter().map(cases).collect())
    }
}

fn cases(question: &Question) -> Vec<Case> {
    let all = (1..=MODELS.len()).sum::<usize>();
    (1u32..1 << MODELS.len())
        .map(|subset| {
            let models: Vec<usize> = (0..MODELS.len()).filter(|model| subset & (1 << model) != 0).collect();
            let alike = (1u32..1 << MODELS.len()).filter(|other| other.count_ones() == subset.count_ones()).count();
            let groups: Vec<(Vec<usize>, Candidate)> = candidates(&question.text, &question.chains(&models, None))
                .into_iter()
                .map(|(chains, candidate)| (chains.into_iter().map(|at| models[at]).collect(), candidate))
                .collect();
            let right = groups.iter().position(|(of, _)| of.iter().any(|model| question.right[*model]));
            let weight = models.len() as f64 / (all * 2 * alike) as f64;
            Case { groups, right, weight }
        })
        .collect()
}

/// A case with its terms worked out.
struct Worked {
    terms: Vec<[f64; TERMS]>,
    right: Option<usize>,
    weight: f64,
}

/// What is believed before the first case: mean and standard deviation, by term. What the data does not vary (log-probabilities,
/// facts) stays at its mean, of which `Coefficients::FITTED` says whence it is.
fn prior() -> ([f64; TERMS], [f64; TERMS]) {
    let (mut mean, mut deviation) = ([0.0; TERMS], [1.0; TERMS]);
    // An answer's and a chain's own terms are as the data have them.
    (deviation[0], deviation[1]) = (100.0, 100.0);
    let at = |signal: Signal| 2 + signal as usize;
    mean[at(Signal::Likelihood)] = 0.5;
    mean[at(Signal::Contradicted)] = -10.4;
    mean[at(Signal::Supported)] = 5.4;
    (mean, deviation)
}

const CORRELATIONS: [f64; 6] = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3];

/// Fits on some questions.
pub fn fit(cases: &Cases, of: &[usize], records: &[Record]) -> Coefficients {
    let known: Vec<(Vec<Candidate>, &Case)> = of
        .iter()
        .flat_map(|at| &cases.0[*at])
        .flat_map(|case| {
            let with = case.groups.iter().map(|(models, candidate)| {
                let mut candidate = candidate.clone();
                for (model, chain) in models.iter().zip(&mut candidate.chains) {
                    chain[Signal::Record as usize] = records[*model].signal();
                }
                candidate
            });
            [(case.groups.iter().map(|(_, candidate)| candidate.clone()).collect(), case), (with.collect(), case)]
        })
        .collect();
    let fitted = CORRELATIONS.iter().map(|correlation| {
        let mut by = Coefficients { correlation: *correlation, ..Coefficients::FITTED };
        let mut likelihood = f64::NEG_INFINITY;
        for _ in 0..6 {
            let worked: Vec<Worked> = known.iter().map(|(groups, case)| worked(&by, groups, case)).collect();
            let (vector, reached) = newton(&worked, by.vector());
            by = by.with(&vector);
            if (reached - likelihood).abs() < 1e-6 {
                break;
            }
            likelihood = reached;
        }
        (by, likelihood)
    });
    fitted.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(Coefficients::FITTED, |(by, _)| by)
}

fn worked(by: &Coefficients, groups: &[Candidate], case: &Case) -> Worked {
    let damping = by.damping(groups);
    let terms = groups.iter().map(|group| Coefficients::terms(group, damping)).collect();
    Worked { terms, right: case.right, weight: case.weight }
}

/// The maximum of the posterior, which is concave, and its logarithm there.
fn newton(cases: &[Worked], from: [f64; TERMS]) -> ([f64; TERMS], f64) {
    let mut vector = from;
    for _ in 0..30 {
        let (step, _) = step(cases, &vector);
        vector.iter_mut().zip(step).for_each(|(at, step)| *at += step);
        if step.iter().all(|step| step.abs() < 1e-7) {
            break;
        }
    }
    (vector, step(cases, &vector).1)
}

/// Newton's step, and the logarithm of the posterior where it starts.
fn step(cases: &[Worked], vector: &[f64; TERMS]) -> ([f64; TERMS], f64) {
    let (mean, deviation) = prior();
    let (mut gradient, mut curvature) = ([0.0; TERMS], [[0.0; TERMS]; TERMS]);
    let mut posterior = 0.0;
    for term in 0..TERMS {
        let off = vector[term] - mean[term];
        posterior -= (off / deviation[term]).powi(2) / 2.0;
        gradient[term] -= off / deviation[term].powi(2);
        curvature[term][term] += 1.0 / deviation[term].powi(2);
    }
    for case in cases {
        let evidence: Vec<f64> =
            case.terms.iter().map(|terms| terms.iter().zip(vector).map(|(term, by)| term * by).sum()).collect();
        let all = 1.0 + evidence.iter().map(|of: &f64| of.exp()).sum::<f64>();
        let chances: Vec<f64> = evidence.iter().map(|of| of.exp() / all).collect();
        posterior += case.weight * (case.right.map_or(0.0, |right| evidence[right]) - all.ln());
        let mut expected = [0.0; TERMS];
        for (terms, chance) in case.terms.iter().zip(&chances) {
            for (sum, term) in expected.iter_mut().zip(terms) {
                *sum += chance * term;
            }
        }
        for term in 0..TERMS {
            let seen = case.right.map_or(0.0, |right| case.terms[right][term]);
            gradient[term] += case.weight * (seen - expected[term]);
            for beside in 0..TERMS {
                let mut product = -expected[term] * expected[beside];
                for (terms, chance) in case.terms.iter().zip(&chances) {
                    product += chance * terms[term] * terms[beside];
                }
                curvature[term][beside] += case.weight * product;
            }
        }
    }
    (solve(curvature, gradient), posterior)
}

/// Solves a positive definite system by elimination.
fn solve(mut matrix: [[f64; TERMS]; TERMS], mut right: [f64; TERMS]) -> [f64; TERMS] {
    for pivot in 0..TERMS {
        let row = matrix[pivot];
        for below in pivot + 1..TERMS {
            let factor = matrix[below][pivot] / row[pivot];
            for (entry, above) in matrix[below].iter_mut().zip(row).skip(pivot) {
                *entry -= factor * above;
            }
            right[below] -= factor * right[pivot];
        }
    }
    for row in (0..TERMS).rev() {
        let known: f64 = (row + 1..TERMS).map(|at| matrix[row][at] * right[at]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}
