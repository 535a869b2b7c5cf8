//! An answer that is asked about before, or without, its being stored.

use serde::Deserialize;

use super::{
    Rejection,
    new_trace::{ITEM_BYTES, NewTrace, StepInput, TraceInput, too_long},
    rejection,
    trace::{Signals, Step, Trace},
};

/// An answer on the wire: of a trace, what its judgement takes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerInput {
    /// What was asked.
    pub query: String,
    /// What is answered.
    pub answer: String,
    /// The reasoning, in order.
    pub steps: Option<Vec<StepInput>>,
    /// The field of knowledge; `general` by default.
    pub domain: Option<String>,
    /// Uncertainty signals by name: `mean_logprob`, `min_logprob` (natural logarithms) and the like.
    pub signals: Option<Signals>,
}

/// An answer that can be judged: as of a trace, every field is within its limits, every step rests on steps that are there.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What was asked.
    pub query: String,
    /// What is answered.
    pub answer: String,
    /// The field of knowledge.
    pub domain: String,
    /// The reasoning, in order.
    pub steps: Vec<AnswerStep>,
    /// Uncertainty signals by name.
    pub signals: Signals,
}

/// A step of an answer's reasoning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerStep {
    /// What it says.
    pub text: String,
    /// The places, from 0, of the steps it rests on.
    pub rests_on: Vec<usize>,
}

impl Answer {
    /// Reads an answer from JSON text.
    ///
    /// # Errors
    /// Names the field at fault (`steps[2].rests_on[0]`) and the remedy.
    pub fn parse(json: &[u8]) -> Result<Self, Rejection> {
        if json.len() > ITEM_BYTES {
            return Err(too_long(json.len()));
        }
        let AnswerInput { query, answer, steps, domain, signals } = rejection::read(json)?;
        // What a trace is held to, but for the name of its model.
        let model = "unnamed".to_owned();
        let trace = TraceInput { model, query, answer, steps, domain, signals, ..TraceInput::default() };
        NewTrace::try_from(trace).map(|trace| Self::from(&trace))
    }
}

impl Answer {
    /// The answer of a trace with its steps.
    pub fn of(trace: &Trace, steps: &[Step]) -> Self {
        let place = |at: &i32| usize::try_from(*at).ok();
        let step = |step: &Step| AnswerStep {
            text: step.text.clone(),
            rests_on: step.rests_on.iter().filter_map(place).collect(),
        };
        Self {
            query: trace.query.clone(),
            answer: trace.answer.clone(),
            domain: trace.domain.clone(),
            steps: steps.iter().map(step).collect(),
            signals: trace.signals.clone(),
        }
    }
}

impl From<&NewTrace> for Answer {
    fn from(trace: &NewTrace) -> Self {
        let place = |at: &i32| usize::try_from(*at).ok();
        let step = |step: &super::new_trace::NewStep| AnswerStep {
            text: step.text.clone(),
            rests_on: step.rests_on.iter().filter_map(place).collect(),
        };
        Self {
            query: trace.query.clone(),
            answer: trace.answer.clone(),
            domain: trace.domain.clone(),
            steps: trace.steps.iter().map(step).collect(),
            signals: trace.signals.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_held_to_what_a_trace_is_held_to() {
        let read = |json: &str| Answer::parse(json.as_bytes());
        let whole = read(
            r#"{"query": "q", "answer": "a", "steps": [{"id": "x", "text": "s"}, {"text": "t", "rests_on": ["x"]}]}"#,
        );
        assert_eq!(whole.expect("an answer").steps[1].rests_on, [0]);
        for (json, field) in [
            (r#"{"query": " ", "answer": "a"}"#, "query"),
            (r#"{"query": "q", "answer": "a", "steps": [{"text": "s", "rests_on": ["y"]}]}"#, "steps[0].rests_on[0]"),
            (r#"{"query": "q", "answer": "a", "external_id": "e"}"#, "external_id"),
            (r#"{"query": "q"}"#, "answer"),
        ] {
            assert_eq!(read(json).expect_err(json).field, field);
        }
    }
}
