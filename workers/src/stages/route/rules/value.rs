//! What a judgement of an item is worth.
//!
//! ```text
//! value = chance that the answer is wrong × what judging it teaches × what is left to learn of its fault
//! ```
//!
//! A wrong answer that is found becomes an example to learn from, however sure the machine was that it is wrong; one that is
//! right becomes none. What it teaches is a weighted mean, of a part that any judgement has, of how uncertain the answer is
//! (uncertainty sampling: D. Lewis and W. Gale 1994, "A Sequential Algorithm for Training Text Classifiers"), how far the
//! terms of its reward contradict each other, how many traces have its fault, how little of its domain is reviewed, and how
//! far users found it bad.

use std::collections::HashMap;

use atr_core::{domain::assignment::RoutingReason, ids::TraceId};
use uuid::Uuid;

use super::{Item, Reviewed, Week, faults::Faults, signals::Calibration, words};

/// What any judgement teaches.
const ANY: f64 = 0.4;
const UNCERTAINTY: f64 = 0.1;
const CONFLICT: f64 = 0.1;
const REACH: f64 = 0.2;
const NOVELTY: f64 = 0.1;
const COMPLAINT: f64 = 0.1;

/// What is left to learn of a fault with each judgement of a trace that has it.
const LEFT_OF_FAULT: f64 = 0.2;
/// What is left to learn of a question with each judgement of another answer to it: its correction is there.
const LEFT_OF_QUESTION: f64 = 0.5;
/// After so many reviews in a domain a further one is half as new.
const HALF_KNOWN: f64 = 10.0;

/// What an item is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Valued {
    /// The trace.
    pub trace: TraceId,
    /// Expected value, 0 to 1.
    pub value: f64,
    /// Why.
    pub reason: RoutingReason,
}

/// Values every open item, beside what is reviewed and nothing else; the best first, ties to the older.
pub fn value(week: &Week) -> Vec<Valued> {
    let worth = Worth::of(week);
    let judged = worth.judged.clone();
    let mut valued: Vec<Valued> = (0..worth.open.len())
        .map(|at| {
            let (value, reason) = worth.appraise(worth.open[at], worth.traces_with_fault(at));
            Valued { trace: worth.open[at].of.trace, value: value * worth.left(at, &judged), reason }
        })
        .collect();
    valued.sort_by(|one, other| other.value.total_cmp(&one.value).then(one.trace.cmp(&other.trace)));
    valued
}

/// What was judged, or is about to be.
#[derive(Debug, Clone, Default)]
pub(super) struct Judged {
    of_fault: HashMap<usize, i32>,
    of_question: HashMap<Uuid, i32>,
    /// Of a question those with this fault.
    of_both: HashMap<(Uuid, usize), i32>,
}

impl Judged {
    fn add(&mut self, question: Uuid, fault: usize) {
        *self.of_fault.entry(fault).or_default() += 1;
        *self.of_question.entry(question).or_default() += 1;
        *self.of_both.entry((question, fault)).or_default() += 1;
    }
}

/// All that the value of items depends on.
pub(super) struct Worth<'a> {
    /// The open items, by id.
    pub open: Vec<&'a Item>,
    /// What is reviewed.
    pub judged: Judged,
    faults: Faults,
    calibration: Calibration,
    reviewed_of_domain: &'a HashMap<String, i64>,
}

impl<'a> Worth<'a> {
    pub fn of(week: &'a Week) -> Self {
        let mut open: Vec<&Item> = week.open.iter().collect();
        open.sort_by_key(|item| item.of.trace);
        let mut reviewed: Vec<&Reviewed> = week.reviewed.iter().collect();
        reviewed.sort_by_key(|reviewed| reviewed.item.of.trace);
        // What is asked about already is about to be judged.
        let mut asked: Vec<&Item> = week.asked.iter().collect();
        asked.sort_by_key(|item| item.of.trace);
        let all: Vec<&Item> =
            open.iter().copied().chain(asked).chain(reviewed.iter().map(|reviewed| &reviewed.item)).collect();
        let faults = Faults::find(&all);
        let mut judged = Judged::default();
        for (item, fault) in all.iter().zip(&faults.of).skip(open.len()) {
            judged.add(item.of.question, *fault);
        }
        let calibration = Calibration::fit(&reviewed);
        Self { open, judged, faults, calibration, reviewed_of_domain: &week.reviewed_of_domain }
    }

    /// How many traces have the fault of an open item, itself included.
    pub fn traces_with_fault(&self, at: usize) -> u32 {
        self.faults.traces[self.faults.of[at]]
    }

    /// What an item is worth by itself, of whose fault there are so many traces.
    pub fn appraise(&self, item: &Item, traces: u32) -> (f64, RoutingReason) {
        let chance = self.calibration.chance_wrong(item);
        let reviewed = self.reviewed_of_domain.get(&item.of.domain).copied().unwrap_or(0).max(0);
        let mut reason = RoutingReason {
            chance_wrong: Some(chance),
            uncertainty: 1.0 - (2.0 * chance - 1.0).abs(),
            conflict: conflict(item),
            reach: 1.0 - 1.0 / f64::from(traces.max(1)),
            traces: Some(traces),
            novelty: HALF_KNOWN / (HALF_KNOWN + reviewed as f64),
            complaint: item.of.feedback.map_or(0.0, |said| (-said).clamp(0.0, 1.0)),
            explored: false,
            carried_over: !item.asked_before.is_empty(),
            words: String::new(),
        };
        reason.words = words::of(item, &reason, &self.calibration.evidence(item));
        let teaches = ANY
            + UNCERTAINTY * reason.uncertainty
            + CONFLICT * reason.conflict
            + REACH * reason.reach
            + NOVELTY * reason.novelty
            + COMPLAINT * reason.complaint;
        (chance * teaches, reason)
    }

    /// What is left to learn of an open item after what was judged, 0 to 1. It falls with each judgement, so that the value
    /// of a choice is submodular (see [`super::choice`]).
    pub fn left(&self, at: usize, judged: &Judged) -> f64 {
        let (question, fault) = (self.open[at].of.question, self.faults.of[at]);
        let count = |found: Option<&i32>| found.copied().unwrap_or(0);
        let same_fault = count(judged.of_fault.get(&fault));
        let beside = count(judged.of_question.get(&question)) - count(judged.of_both.get(&(question, fault)));
        LEFT_OF_FAULT.powi(same_fault) * LEFT_OF_QUESTION.powi(beside)
    }

    /// Notes that an open item is about to be judged.
    pub fn add(&self, at: usize, judged: &mut Judged) {
        judged.add(self.open[at].of.question, self.faults.of[at]);
    }
}

/// How far facts, reasoning and the reward model are apart, 0 to 1, as far as each says something.
fn conflict(item: &Item) -> f64 {
    let of = &item.of;
    let facts = (of.support != 0.0).then_some((of.support + 1.0) / 2.0);
    let reasoning = (!of.reasoning.is_empty()).then_some(of.consistency);
    let said: Vec<f64> = [facts, reasoning, of.model].into_iter().flatten().collect();
    let high = said.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let low = said.iter().copied().fold(f64::INFINITY, f64::min);
    (high - low).clamp(0.0, 1.0)
}
