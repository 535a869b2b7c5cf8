//! How good scores are, and how sure one may be of it.

mod bootstrap;

pub use bootstrap::{Bootstrap, Interval};

/// An answer's score and whether the answer is right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The score; higher is better.
    pub score: f64,
    /// Whether the answer is right.
    pub right: bool,
}

/// Probabilities are kept this far from 0 and 1 before their logarithm is taken.
const NEAREST: f64 = 1e-12;

/// The chance that a right answer scores higher than a wrong one, a tie counting half (area under the ROC curve, by
/// the rank sum of Mann and Whitney). `None` unless there are answers of both kinds, as many labels as scores, and no
/// score is NaN.
pub fn auroc(scores: &[f64], labels: &[bool]) -> Option<f64> {
    if scores.len() != labels.len() || scores.iter().any(|s| s.is_nan()) {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let right = labels.iter().filter(|l| **l).count() as f64;
    let wrong = labels.len() as f64 - right;
    if right == 0.0 || wrong == 0.0 {
        return None;
    }
    let mut sum = 0.0;
    let mut at = 0;
    while at < order.len() {
        // `==` and not the order's own equality: -0.0 and 0.0 tie.
        let end = at + order[at..].iter().take_while(|i| scores[**i] == scores[order[at]]).count();
        let rank = (at + end + 1) as f64 / 2.0;
        sum += rank * order[at..end].iter().filter(|i| labels[**i]).count() as f64;
        at = end;
    }
    Some((sum - right * (right + 1.0) / 2.0) / (right * wrong))
}

/// The mean negative logarithm of the probability given to what was the case. `None` for nothing or unequal lengths.
pub fn log_loss(probabilities: &[f64], labels: &[bool]) -> Option<f64> {
    mean_of(probabilities, labels, |p, label| {
        let p = p.clamp(NEAREST, 1.0 - NEAREST);
        -(if label { p } else { 1.0 - p }).ln()
    })
}

/// The mean squared distance of the probability from what was the case (Brier 1950).
pub fn brier(probabilities: &[f64], labels: &[bool]) -> Option<f64> {
    mean_of(probabilities, labels, |p, label| (p - f64::from(u8::from(label))).powi(2))
}

fn mean_of(probabilities: &[f64], labels: &[bool], each: impl Fn(f64, bool) -> f64) -> Option<f64> {
    if probabilities.is_empty() || probabilities.len() != labels.len() {
        return None;
    }
    let sum: f64 = probabilities.iter().zip(labels).map(|(p, l)| each(*p, *l)).sum();
    Some(sum / labels.len() as f64)
}

/// Where the best score of a group stands. Of equal scores the first wins, so the caller's order decides; NaN loses
/// to everything. `None` for an empty group.
pub fn pick(group: &[Scored]) -> Option<usize> {
    let value = |i: usize| if group[i].score.is_nan() { f64::NEG_INFINITY } else { group[i].score };
    (0..group.len()).reduce(|best, i| if value(i) > value(best) { i } else { best })
}

/// The share of groups whose best-scored answer is right; empty groups do not count. `None` without groups.
pub fn pick_accuracy<G: AsRef<[Scored]>>(groups: &[G]) -> Option<f64> {
    let picked: Vec<bool> = groups.iter().filter_map(|g| pick(g.as_ref()).map(|at| g.as_ref()[at].right)).collect();
    (!picked.is_empty()).then(|| picked.iter().filter(|right| **right).count() as f64 / picked.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auroc_is_the_chance_that_right_scores_above_wrong() {
        assert_eq!(auroc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), Some(0.75));
        assert_eq!(auroc(&[1.0, 2.0], &[false, true]), Some(1.0));
        assert_eq!(auroc(&[2.0, 1.0], &[false, true]), Some(0.0));
    }

    #[test]
    fn auroc_counts_a_tie_as_half() {
        assert_eq!(auroc(&[0.5; 4], &[true, false, true, false]), Some(0.5));
        assert_eq!(auroc(&[0.0, -0.0], &[true, false]), Some(0.5));
        assert_eq!(auroc(&[0.2, 0.5, 0.5], &[false, false, true]), Some(0.75));
    }

    #[test]
    fn auroc_of_one_kind_is_nothing() {
        assert_eq!(auroc(&[0.1, 0.2], &[true, true]), None);
        assert_eq!(auroc(&[], &[]), None);
        assert_eq!(auroc(&[f64::NAN, 0.2], &[true, false]), None);
        assert_eq!(auroc(&[0.2], &[true, false]), None);
    }

    #[test]
    fn certain_and_wrong_is_a_large_but_finite_loss() {
        assert_eq!(log_loss(&[0.5, 0.5], &[true, false]), Some(std::f64::consts::LN_2));
        assert!(log_loss(&[0.0], &[true]).is_some_and(|l| l.is_finite() && l > 20.0));
        assert!(brier(&[0.8, 0.0], &[true, false]).is_some_and(|b| (b - 0.02).abs() < 1e-12));
        assert_eq!(log_loss(&[], &[]), None);
    }

    #[test]
    fn the_first_of_equal_scores_is_picked_and_nan_never() {
        let group = |scores: &[(f64, bool)]| -> Vec<Scored> {
            scores.iter().map(|(score, right)| Scored { score: *score, right: *right }).collect()
        };
        assert_eq!(pick(&group(&[(0.5, false), (0.5, true)])), Some(0));
        assert_eq!(pick(&group(&[(f64::NAN, false), (-9.0, true)])), Some(1));
        assert_eq!(pick(&[]), None);
        let groups = [group(&[(0.1, false), (0.9, true)]), group(&[(0.3, true), (0.7, false)]), vec![]];
        assert_eq!(pick_accuracy(&groups), Some(0.5));
        assert_eq!(pick_accuracy::<Vec<Scored>>(&[]), None);
    }
}
