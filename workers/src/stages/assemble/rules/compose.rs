//! Puts the spans of a trace together. In whichever order they came, the same spans make the same trace.

use std::collections::{BTreeSet, HashMap, HashSet};

use atr_core::domain::{
    new_trace::{ENTRIES, KEY, NAME, STEPS, StepInput, TEXT, TURNS, TraceInput, TurnInput},
    trace::{Signals, Speaker, StepKind},
};
use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use super::{
    message::{Call, Message, Part},
    names,
    reading::{Kind, Reading},
    span::{Attributes, Span},
    tree::{Node, answering, by_nearness, tree},
};

/// A trace put together.
#[derive(Debug, Clone)]
pub struct Composed {
    /// What is to be stored, without an external id.
    pub trace: TraceInput,
    /// Whether something says that it is wrong: an error, an answer that was cut off, an evaluation, a label.
    pub flagged: bool,
}

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// What was evaluated.
    pub name: String,
    /// The score.
    pub score: Option<f64>,
    /// The label.
    pub label: Option<String>,
}

impl Evaluation {
    /// Reads the attributes of an event.
    pub fn read(attributes: &Attributes) -> Option<Self> {
        Some(Self {
            name: names::text(attributes, names::EVALUATION_NAME)?,
            score: names::number(attributes, names::EVALUATION_SCORE),
            label: names::text(attributes, names::EVALUATION_LABEL),
        })
    }

    /// Whether it found the answer wanting. A label decides; without one a score below 0.5 does, or one above it where
    /// what is measured is a fault.
    pub fn is_bad(&self) -> bool {
        const BAD: &[&str] = &[
            "fail",
            "failed",
            "incorrect",
            "wrong",
            "false",
            "no",
            "bad",
            "negative",
            "thumbs_down",
            "hallucinated",
            "hallucination",
            "unfaithful",
            "irrelevant",
            "toxic",
            "unsafe",
            "biased",
            "ungrounded",
            "unsupported",
        ];
        const FAULTS: &[&str] = &["hallucination", "toxic", "bias", "harm", "unsafe", "refusal"];
        match (&self.label, self.score) {
            (Some(label), _) => BAD.contains(&label.trim().to_lowercase().as_str()),
            (None, Some(score)) => {
                let measures_a_fault = FAULTS.iter().any(|fault| self.name.to_lowercase().contains(fault));
                if measures_a_fault { score > 0.5 } else { score < 0.5 }
            }
            (None, None) => false,
        }
    }
}

/// Puts spans together; `None` where no span says what was asked and none what was answered.
pub fn compose(spans: &[Span], evaluations: &[Evaluation]) -> Option<Composed> {
    let nodes = tree(spans);
    let answering = answering(&nodes)?;
    let (asked, query) = std::iter::once(&nodes[answering])
        .chain(&nodes)
        .find_map(|node| node.reading.query().map(|query| (&node.reading, query)))?;
    let answer = nodes[answering].reading.answer().unwrap_or_default();
    let near = by_nearness(&nodes, answering);
    let nearest = |names: &[&str]| near.iter().find_map(|at| names::text(&nodes[*at].span.attributes, names));
    let told = |names: &[&str]| near.iter().find_map(|at| names::told(nodes[*at].span, names));
    let number = |names: &[&str]| near.iter().find_map(|at| names::number(&nodes[*at].span.attributes, names));

    let mut signals = Signals::new();
    let logprobs = near.iter().find_map(|at| nodes[*at].reading.logprobs);
    signals.extend(logprobs.map(|(mean, _)| ("mean_logprob".to_owned(), mean)));
    signals.extend(logprobs.map(|(_, least)| ("min_logprob".to_owned(), least)));
    signals.extend(number(names::ENTROPY).map(|entropy| ("entropy".to_owned(), entropy)));
    signals.extend(number(names::INPUT_TOKENS).map(|tokens| ("input_tokens".to_owned(), tokens)));
    signals.extend(number(names::OUTPUT_TOKENS).map(|tokens| ("output_tokens".to_owned(), tokens)));

    let mut flaws: BTreeSet<String> = nodes
        .iter()
        .flat_map(|node| names::list(&node.span.attributes, names::FLAW_LABELS))
        .map(|label| names::as_text(&label))
        .collect();
    let found = nodes.iter().flat_map(|node| &node.span.events).filter(|event| event.name == names::EVALUATION);
    let on_spans = nodes.iter().filter_map(|node| Evaluation::read(&node.span.attributes));
    let mut evaluations: Vec<Evaluation> = found
        .filter_map(|event| Evaluation::read(&event.attributes))
        .chain(on_spans)
        .chain(evaluations.to_vec())
        .collect();
    evaluations.sort_by(|a, b| (&a.name, &a.label).cmp(&(&b.name, &b.label)).then(order(a.score, b.score)));
    for evaluation in &evaluations {
        if let Some(score) = evaluation.score {
            // Of several the worst is not known: the last in order stands.
            signals.insert(cut(&format!("evaluation.{}", evaluation.name), NAME), score);
        }
        if evaluation.is_bad() {
            flaws.insert(format!("evaluation.{}", evaluation.name));
        }
    }
    let stopped = near.iter().map(|at| &nodes[*at].reading.finish_reasons).find(|reasons| !reasons.is_empty());
    for reason in stopped.into_iter().flatten() {
        match reason.to_ascii_lowercase().as_str() {
            "length" | "max_tokens" | "model_length" => flaws.insert("cut_off".to_owned()),
            "content_filter" | "safety" | "refusal" => flaws.insert("content_filter".to_owned()),
            "error" => flaws.insert("error".to_owned()),
            _ => false,
        };
    }
    if nodes.iter().any(|node| node.span.failed && node.reading.kind != Kind::Other) {
        flaws.insert("error".to_owned());
    }
    let flaws: Vec<String> =
        flaws.iter().map(|label| cut(label.trim(), NAME)).filter(|label| !label.is_empty()).take(ENTRIES).collect();
    signals = signals.into_iter().filter(|(_, value)| value.is_finite()).take(ENTRIES).collect();

    let certain = number(names::CONFIDENCE).filter(|value| (0.0..=1.0).contains(value));
    let trace = TraceInput {
        external_id: None,
        model: nearest(names::MODEL).map_or_else(|| "unknown".to_owned(), |model| cut(&model, NAME)),
        context: Some(context(asked)),
        query: cut(&query, TEXT),
        answer: cut(&answer, TEXT),
        steps: Some(steps(&nodes, answering, &answer)),
        group: told(names::GROUP).map(|group| cut(&group, KEY)),
        split: None,
        pillar: None,
        domain: told(names::DOMAIN).map(|domain| cut(&domain, NAME)),
        language: told(names::LANGUAGE),
        confidence: certain.or_else(|| logprobs.map(|(mean, _)| mean.exp())),
        signals: Some(signals),
        flaw_labels: Some(flaws.clone()),
        attachments: None,
        source: told(names::SOURCE).map(|source| cut(&source, NAME)),
        licence: told(names::LICENCE),
        occurred_at: time(nodes[answering].span.end),
    };
    Some(Composed { trace, flagged: !flaws.is_empty() })
}

/// The turns before the question, at most the last of them; what tools said stands in the steps.
fn context(asked: &Reading) -> Vec<TurnInput> {
    let turn = |(role, text): (&str, String)| {
        let role = match role.to_ascii_lowercase().as_str() {
            "system" | "developer" => Speaker::System,
            "user" | "human" => Speaker::User,
            "assistant" | "ai" | "model" => Speaker::Assistant,
            _ => return None,
        };
        let text = cut(&text, TEXT);
        (!text.trim().is_empty()).then_some(TurnInput { role, text })
    };
    let turns: Vec<TurnInput> = asked.context().into_iter().filter_map(turn).collect();
    let more = turns.len().saturating_sub(TURNS);
    turns.into_iter().skip(more).collect()
}

fn order(a: Option<f64>, b: Option<f64>) -> std::cmp::Ordering {
    a.unwrap_or(f64::MIN).total_cmp(&b.unwrap_or(f64::MIN))
}

/// A step that is being put together.
struct Draft<'a> {
    text: String,
    kind: StepKind,
    by: &'a Span,
    call: Option<(Call, Option<String>)>,
    mean_logprob: Option<f64>,
}

/// The steps in the order of their spans: what was thought, what was said before the answer, the tools that were used
/// and what was looked up. A call that a model made and the span of the tool that did it are one step.
fn steps(nodes: &[Node<'_>], answering: usize, answer: &str) -> Vec<StepInput> {
    let mut drafts = Drafts::default();
    for (at, node) in nodes.iter().enumerate() {
        let mean_logprob = node.reading.logprobs.map(|(mean, _)| mean);
        let draft = |text: String, kind| Draft { text, kind, by: node.span, call: None, mean_logprob };
        for part in node.reading.output.iter().flat_map(|message| &message.parts) {
            match part {
                // An agent repeats what its model thought.
                Part::Reasoning(thought) => drafts.say(draft(thought.clone(), StepKind::Reasoning)),
                Part::Text(said) if at != answering && said.trim() != answer.trim() => {
                    drafts.say(draft(said.clone(), StepKind::Reasoning));
                }
                Part::Call(call) => {
                    let made = draft(String::new(), StepKind::Tool);
                    drafts.call(call, || Draft { mean_logprob: None, ..made });
                }
                Part::Text(_) | Part::Response { .. } => {}
            }
        }
        if let Some((call, result)) = &node.reading.tool
            && let Some(known) = drafts.call(call, || draft(String::new(), StepKind::Tool))
        {
            known.by = node.span;
            known.answered(result.clone());
        }
        if let Some((query, found)) = &node.reading.retrieval {
            let text = query.iter().chain(found).map(String::as_str).collect::<Vec<_>>().join("\n");
            drafts.push(draft(text, StepKind::Retrieval));
        }
    }
    // What a tool gave stands in what the model was given next.
    for response in nodes.iter().flat_map(|node| &node.reading.input).flat_map(|message: &Message| &message.parts) {
        if let Part::Response { id: Some(id), result } = response
            && let Some(at) = drafts.by_id.get(id)
        {
            drafts.all[*at].answered(Some(result.clone()));
        }
    }
    drafts.all.into_iter().filter_map(Draft::step).collect()
}

/// Steps that are being put together, at most as many as a trace has, and where to find them.
#[derive(Default)]
struct Drafts<'a> {
    all: Vec<Draft<'a>>,
    said: HashSet<String>,
    by_id: HashMap<String, usize>,
    /// By what is called with what.
    by_call: HashMap<(String, String), usize>,
    /// The same of those that have no id.
    nameless: HashMap<(String, String), usize>,
}

impl<'a> Drafts<'a> {
    fn push(&mut self, draft: Draft<'a>) -> Option<usize> {
        let blank = draft.call.is_none() && draft.text.trim().is_empty();
        if blank || self.all.len() >= STEPS {
            return None;
        }
        self.all.push(draft);
        Some(self.all.len() - 1)
    }

    /// Adds what was said or thought, unless it was before.
    fn say(&mut self, draft: Draft<'a>) {
        if self.said.insert(draft.text.clone()) {
            self.push(draft);
        }
    }

    /// The step that is this call: by its id; where one has none, by what is called with what. A new one where there is
    /// none yet.
    fn call(&mut self, call: &Call, made: impl FnOnce() -> Draft<'a>) -> Option<&mut Draft<'a>> {
        let key = (call.name.clone(), canonical(&call.arguments));
        let known = match &call.id {
            Some(id) => [self.by_id.get(id), self.nameless.get(&key)].into_iter().flatten().min().copied(),
            None => self.by_call.get(&key).copied(),
        };
        if known.is_none() {
            let at = self.push(Draft { call: Some((call.clone(), None)), ..made() })?;
            match &call.id {
                Some(id) => drop(self.by_id.insert(id.clone(), at)),
                None => drop(self.nameless.insert(key.clone(), at)),
            }
            self.by_call.entry(key).or_insert(at);
            return self.all.get_mut(at);
        }
        self.all.get_mut(known?)
    }
}

impl Draft<'_> {
    /// Notes what the tool gave, unless it is known.
    fn answered(&mut self, result: Option<String>) {
        if let Some((_, known)) = &mut self.call
            && known.is_none()
        {
            *known = result;
        }
    }

    fn step(self) -> Option<StepInput> {
        let text = match self.call {
            Some((call, result)) => {
                let mut text = format!("{}({})", call.name, call.arguments);
                if let Some(result) = result {
                    text.push('\n');
                    text += &result;
                }
                text
            }
            None => self.text,
        };
        let text = cut(&text, TEXT);
        (!text.trim().is_empty()).then(|| StepInput {
            id: None,
            text,
            kind: Some(self.kind),
            rests_on: None,
            span_id: Some(self.by.id.clone()),
            called_by_span_id: self.by.parent.clone(),
            mean_logprob: self.mean_logprob,
            attachments: None,
        })
    }
}

/// A text of JSON in the form that all that say the same have; any other as it is.
fn canonical(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            value.sort_all_objects();
            value.to_string()
        }
        Err(_) => text.to_owned(),
    }
}

/// At most so many characters, and none that cannot be stored.
fn cut(text: &str, most: usize) -> String {
    text.chars().map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c }).take(most).collect()
}

fn time(nanoseconds: u64) -> Option<String> {
    let micros = i64::try_from(nanoseconds / 1000).ok()?;
    let at = DateTime::from_timestamp_micros(micros)?;
    // What is earlier is no time at which a model answered.
    (at.timestamp() >= 946_684_800).then(|| at.to_rfc3339_opts(SecondsFormat::Micros, true))
}
