//! The reasoning graph: whether its steps hold together.
//!
//! Found are steps that rest on themselves in a circle, steps that others rest on and that rest on nothing themselves, steps that
//! contradict each other or the premises in the question, written arithmetic that does not hold, expressions that are not those
//! asked for, inferences that are not valid, and a conclusion that no step reaches. Each finding names its steps and says why.
//!
//! Measured by `make bench NAME=steps`.

mod circles;
mod conclusion;
mod contradictions;
mod orders;
mod support;
mod syllogisms;
mod terms;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::arithmetic::{Arithmetic, Chain, Posed, shown};
use crate::stages::verify::consensus::final_answer;
use crate::stages::verify::words::Span;

/// A step of reasoning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    /// What it says.
    pub text: &'a str,
    /// The steps it says it rests on, by index; an index beyond the steps is one that is not there.
    pub rests_on: &'a [usize],
}

/// What is wrong with the reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Steps that rest on each other in a circle.
    CircularSupport,
    /// A step that others rest on and that nothing supports, or one that rests on a step that is not there.
    Unsupported,
    /// Two steps that cannot both be true.
    Contradiction,
    /// A written equation that does not hold.
    WrongArithmetic,
    /// An expression that is not the one that it is said to be.
    MisreadExpression,
    /// A step that says what cannot be so where the premises are.
    PremiseContradicted,
    /// An inference from what stands before it that does not follow.
    InvalidInference,
    /// A step that says what may be so and does not follow yet.
    UnsupportedJump,
    /// A final answer whose value no step reaches, or that is not what the expression asked for comes to.
    ConclusionDoesNotFollow,
}

impl FaultKind {
    /// The share of consistency that one such finding takes away.
    pub fn weight(self) -> f64 {
        match self {
            FaultKind::CircularSupport | FaultKind::InvalidInference | FaultKind::ConclusionDoesNotFollow => 0.4,
            FaultKind::Unsupported | FaultKind::UnsupportedJump => 0.2,
            FaultKind::Contradiction
            | FaultKind::WrongArithmetic
            | FaultKind::MisreadExpression
            | FaultKind::PremiseContradicted => 0.5,
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What it is.
    pub kind: FaultKind,
    /// The steps it concerns, by index, ascending; none where it is about the conclusion alone.
    pub steps: Vec<usize>,
    /// Where in the first of those steps, if it is in one place.
    pub span: Option<Span>,
    /// Why, in words; steps are counted from 1.
    pub reason: String,
}

impl Finding {
    fn at(kind: FaultKind, step: usize, span: Option<Span>, reason: String) -> Self {
        Self { kind, steps: vec![step], span, reason }
    }

    /// The step that it speaks against: of two that contradict each other the later; none where it is about the conclusion alone.
    pub fn suspect(&self) -> Option<usize> {
        match self.kind {
            FaultKind::Contradiction => self.steps.last().copied(),
            _ => self.steps.first().copied(),
        }
    }
}

/// What the graph of steps came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Logic {
    /// What is wrong, by the first step concerned.
    pub findings: Vec<Finding>,
    /// 1 where nothing was found; each finding takes its kind's share of what is left.
    pub consistency: f64,
    /// How many written equations could be computed again.
    pub equations: usize,
    /// The step, by index, in which the first mistake was made, as far as it was found; none where nothing was.
    pub first_suspect: Option<usize>,
}

/// Looks through `steps` and the `conclusion` (the final answer) they lead to; `question` is what may be taken as given.
pub fn examine(question: &str, steps: &[Step], conclusion: Option<&str>) -> Logic {
    let mut findings = circles::circles(steps);
    support::unsupported(question, steps, &mut findings);
    contradictions::contradictions(steps, &mut findings);
    orders::against_orders(question, steps, conclusion, &mut findings);
    syllogisms::invalid_inferences(question, steps, conclusion, &mut findings);
    let posed = Posed::read(question);
    let equations = recomputed(posed.clone(), steps, &mut findings);
    if let Some(conclusion) = conclusion
        && !findings.iter().any(|f| f.kind == FaultKind::ConclusionDoesNotFollow)
    {
        let missed = posed.and_then(|posed| not_the_value(&posed, conclusion));
        findings.extend(missed.or_else(|| conclusion::does_not_follow(question, steps, conclusion)));
    }
    findings.sort_by_key(|f| (f.steps.first().copied().unwrap_or(usize::MAX), f.kind));
    let consistency = findings.iter().map(|f| 1.0 - f.kind.weight()).product::<f64>().clamp(0.0, 1.0);
    let first_suspect = findings.iter().filter_map(|f| f.suspect().or(steps.len().checked_sub(1))).min();
    Logic { findings, consistency, equations, first_suspect }
}

/// Computes the steps' equations; gives how many there were.
fn recomputed(posed: Option<Posed>, steps: &[Step], findings: &mut Vec<Finding>) -> usize {
    let mut chain = Chain::answering(posed);
    let mut equations = 0;
    for (at, step) in steps.iter().enumerate() {
        let Arithmetic { checked, wrong, misread } = chain.read(step.text);
        equations += checked;
        if let Some(wrong) = wrong.first() {
            let reason = format!(
                "step {}: \"{}\" does not hold, the left side is {}",
                at + 1,
                wrong.span.of(step.text),
                shown(wrong.computed)
            );
            findings.push(Finding::at(FaultKind::WrongArithmetic, at, Some(wrong.span), reason));
        }
        if let Some(other) = misread.first() {
            let reason = format!("step {} has \"{}\", but {}", at + 1, other.span.of(step.text), other.instead_of);
            findings.push(Finding::at(FaultKind::MisreadExpression, at, Some(other.span), reason));
        }
    }
    equations
}

/// A final answer that is not the value of the expression which the question poses.
fn not_the_value(posed: &Posed, conclusion: &str) -> Option<Finding> {
    let answer = final_answer(conclusion);
    posed.is_missed_by(answer).then(|| Finding {
        kind: FaultKind::ConclusionDoesNotFollow,
        steps: Vec::new(),
        span: None,
        reason: format!(
            "the final answer \"{answer}\" is not what {} comes to: {}",
            posed.written(),
            shown(posed.value())
        ),
    })
}
