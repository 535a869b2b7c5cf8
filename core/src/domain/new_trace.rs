//! Traces as they come in: the wire form, and what is left of it once it was checked.

mod attached;
mod input;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use serde::Serialize;

use super::{
    Rejection,
    attachment::{AttachmentRef, Refers, There},
    check, rejection,
    trace::{Pillar, Signals, Split, StepKind, Turn, circular},
};
use crate::hash::{self, Digest};

use attached::{NewAttachment, attachments};

pub use input::{AttachmentInput, StepInput, TraceInput, TurnInput};

/// The most characters that a query, an answer or a step has.
pub const TEXT: usize = 1 << 20;
/// The most bytes that a whole trace has as JSON.
pub const ITEM_BYTES: usize = 8 << 20;
/// The most steps.
pub const STEPS: usize = 2000;
/// The most earlier turns of a conversation.
pub const TURNS: usize = 500;
/// The most characters of a sender's id, of a group's name and of a step's.
pub const KEY: usize = 500;
/// The most characters of a name: a model's, a domain's, a signal's, a label's, a file's.
pub const NAME: usize = 200;
/// The most signals, flaw labels and attachments, each.
pub const ENTRIES: usize = 64;

/// A trace that can be stored: every field is within its limits, every step rests on steps that are there. Its
/// serialised form is the canonical content, a trace on the wire again: defaults filled in, what is not there left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewTrace {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<String>,
    pub(crate) model: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) context: Vec<Turn>,
    pub(crate) query: String,
    pub(crate) answer: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) steps: Vec<NewStep>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    pub(crate) split: Split,
    pub(crate) pillar: Pillar,
    pub(crate) domain: String,
    pub(crate) language: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confidence: Option<f64>,
    #[serde(skip_serializing_if = "Signals::is_empty")]
    pub(crate) signals: Signals,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) flaw_labels: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) attachments: Vec<NewAttachment>,
    pub(crate) source: String,
    pub(crate) licence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) occurred_at: Option<DateTime<Utc>>,
}

/// A step that can be stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct NewStep {
    #[serde(rename = "id")]
    pub(crate) key: String,
    pub(crate) text: String,
    pub(crate) kind: StepKind,
    /// Ordinals of the steps it rests on.
    #[serde(skip)]
    pub(crate) rests_on: Vec<i32>,
    /// The names of the same.
    #[serde(rename = "rests_on", skip_serializing_if = "Vec::is_empty")]
    supports: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) span_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) called_by_span_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mean_logprob: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) attachments: Vec<AttachmentRef>,
}

impl NewTrace {
    /// Reads a trace from JSON text.
    ///
    /// # Errors
    /// Names the field at fault (`steps[2].rests_on[0]`) and the remedy.
    pub fn parse(json: &[u8]) -> Result<Self, Rejection> {
        if json.len() > ITEM_BYTES {
            return Err(too_long(json.len()));
        }
        rejection::read::<TraceInput>(json)?.try_into()
    }

    /// How many bytes of text it has where there may be many: in what was said, in the answer and in the steps.
    pub fn text_bytes(&self) -> usize {
        let steps = self.steps.iter().map(|step| &step.text);
        let turns = self.context.iter().map(|turn| &turn.text);
        [&self.query, &self.answer].into_iter().chain(steps).chain(turns).map(String::len).sum()
    }

    /// The name of the model that answered.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The same as chains of one group: of the first's, or, where it names none, of one that is named by what they say. Those
    /// without a sender's id are named by it too, so that chains which are sent again are not stored again.
    pub fn grouped(mut chains: Vec<Self>) -> Vec<Self> {
        let own = format!("compared-{}", hash::of_json(&chains).to_hex());
        let group = chains.first().and_then(|chain| chain.group.clone()).unwrap_or_else(|| own.clone());
        for (at, chain) in chains.iter_mut().enumerate() {
            chain.group = Some(group.clone());
            chain.external_id.get_or_insert_with(|| format!("{own}-{at}"));
        }
        chains
    }

    /// The contents that came with it, in order.
    pub(crate) fn attached(&self) -> Vec<Digest> {
        self.attachments.iter().map(|file| file.digest).collect()
    }

    /// Hash of the canonical content: the same external id with another hash is a conflict.
    pub fn content_hash(&self) -> Digest {
        hash::of_json(self)
    }

    /// Whether its steps rest on each other in a circle: stored, and flagged.
    pub fn circular_support(&self) -> bool {
        let rests_on: Vec<_> = self.steps.iter().map(|step| step.rests_on.clone()).collect();
        circular(&rests_on)
    }

    /// Refuses a time that cannot be: a clock a day ahead of ours is wrong, whatever its time zone.
    ///
    /// # Errors
    /// If the model answered more than a day after `now`.
    pub fn check_time(&self, now: DateTime<Utc>) -> Result<(), Rejection> {
        match self.occurred_at {
            Some(at) if at > now + TimeDelta::days(1) => Err(Rejection::new(
                "occurred_at",
                format!(
                    "{} is more than a day ahead of this server's clock: correct it, or leave it out",
                    at.to_rfc3339()
                ),
            )),
            _ => Ok(()),
        }
    }
}

impl Refers for NewTrace {
    fn named(&self) -> Vec<AttachmentRef> {
        let steps = self.steps.iter().flat_map(|step| &step.attachments).copied();
        let left_out = self.attachments.iter().filter(|file| file.leaves_out().is_some());
        steps.chain(left_out.map(|file| AttachmentRef::Content(file.digest))).collect()
    }

    fn settle(&mut self, there: &There) -> Result<(), Rejection> {
        for (at, step) in self.steps.iter_mut().enumerate() {
            AttachmentRef::settle(&mut step.attachments, there)
                .map_err(|refused| refused.within(&format!("steps[{at}]")))?;
        }
        for (at, file) in self.attachments.iter_mut().enumerate() {
            file.settle(there).map_err(|refused| refused.within(&format!("attachments[{at}]")))?;
        }
        Ok(())
    }
}

/// The refusal of an item that is too long to be read at all.
pub fn too_long(bytes: usize) -> Rejection {
    Rejection::new(".", format!("has {bytes} bytes: {ITEM_BYTES} is the most; send long documents as attachments"))
}

impl TryFrom<TraceInput> for NewTrace {
    type Error = Rejection;
    fn try_from(sent: TraceInput) -> Result<Self, Rejection> {
        let labels = check::words("flaw_labels", sent.flaw_labels.unwrap_or_default(), ENTRIES, NAME)?;
        Ok(Self {
            external_id: optional("external_id", sent.external_id, KEY)?,
            model: check::text("model", sent.model, NAME)?,
            context: context(sent.context.unwrap_or_default())?,
            query: check::text("query", sent.query, TEXT)?,
            answer: check::blank_or_text("answer", sent.answer, TEXT)?,
            steps: steps(sent.steps.unwrap_or_default())?,
            group: optional("group", sent.group, KEY)?,
            split: sent.split.unwrap_or(Split::Train),
            pillar: sent.pillar.unwrap_or(Pillar::Text),
            domain: optional("domain", sent.domain, NAME)?.unwrap_or_else(|| "general".to_owned()),
            language: sent.language.map_or_else(|| Ok("und".to_owned()), |tag| language("language", &tag))?,
            confidence: sent.confidence.map(|value| share("confidence", value)).transpose()?,
            signals: signals(sent.signals.unwrap_or_default())?,
            flaw_labels: labels,
            attachments: attachments(sent.attachments.unwrap_or_default())?,
            source: optional("source", sent.source, NAME)?.unwrap_or_else(|| "unknown".to_owned()),
            licence: sent.licence.map_or_else(|| Ok("unknown".to_owned()), |terms| licence("licence", terms))?,
            occurred_at: sent.occurred_at.map(|at| time("occurred_at", &at)).transpose()?,
        })
    }
}

/// A text that may be left out, but not be given blank.
fn optional(field: &str, value: Option<String>, most: usize) -> Result<Option<String>, Rejection> {
    value.map(|value| check::text(field, value, most)).transpose()
}

fn at_most<T>(field: &str, entries: &[T], most: usize) -> Result<(), Rejection> {
    if entries.len() > most {
        return Err(Rejection::new(field, format!("has {} entries: {most} is the most", entries.len())));
    }
    Ok(())
}

fn context(sent: Vec<TurnInput>) -> Result<Vec<Turn>, Rejection> {
    at_most("context", &sent, TURNS)?;
    (0..)
        .zip(sent)
        .map(|(at, TurnInput { role, text }): (usize, _)| {
            Ok(Turn { role, text: check::text(&format!("context[{at}].text"), text, TEXT)? })
        })
        .collect()
}

fn steps(sent: Vec<StepInput>) -> Result<Vec<NewStep>, Rejection> {
    at_most("steps", &sent, STEPS)?;
    let mut ordinals = HashMap::with_capacity(sent.len());
    let mut keys = Vec::with_capacity(sent.len());
    for (at, step) in (0i32..).zip(&sent) {
        let field = format!("steps[{at}].id");
        let key = optional(&field, step.id.clone(), KEY)?.unwrap_or_else(|| at.to_string());
        if let Some(earlier) = ordinals.insert(key.clone(), at) {
            let message = format!("`{key}` is the id of steps[{earlier}] already: give each step an id of its own");
            return Err(Rejection::new(field, message));
        }
        keys.push(key);
    }
    (0..)
        .zip(sent.into_iter().zip(keys))
        .map(|(at, (step, key)): (i32, _)| {
            self::step(step, key, &ordinals).map_err(|refused| refused.within(&format!("steps[{at}]")))
        })
        .collect()
}

fn step(sent: StepInput, key: String, ordinals: &HashMap<String, i32>) -> Result<NewStep, Rejection> {
    let mut rests_on = BTreeMap::new();
    for (at, support) in sent.rests_on.unwrap_or_default().iter().enumerate() {
        let Some(ordinal) = ordinals.get(support) else {
            let name: String = support.chars().take(80).collect();
            let message = format!("no step has the id `{name}`: name a step of this trace, or leave it out");
            return Err(Rejection::new(format!("rests_on[{at}]"), message));
        };
        rests_on.insert(*ordinal, support.clone());
    }
    Ok(NewStep {
        key,
        text: check::text("text", sent.text, TEXT)?,
        kind: sent.kind.unwrap_or(StepKind::Reasoning),
        supports: rests_on.values().cloned().collect(),
        rests_on: rests_on.into_keys().collect(),
        span_id: sent.span_id.map(|id| span("span_id", &id)).transpose()?,
        called_by_span_id: sent.called_by_span_id.map(|id| span("called_by_span_id", &id)).transpose()?,
        mean_logprob: sent.mean_logprob.map(|value| log_probability("mean_logprob", value)).transpose()?,
        attachments: AttachmentRef::list(sent.attachments.unwrap_or_default())?,
    })
}

/// A span id as W3C Trace Context has it.
fn span(field: &str, id: &str) -> Result<String, Rejection> {
    if id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) && id.bytes().any(|byte| byte != b'0') {
        return Ok(id.to_ascii_lowercase());
    }
    Err(Rejection::new(field, "is no span id: it has 16 hex digits, not all of them 0"))
}

/// A finite number; -0 becomes 0, so that equal content has one hash.
fn finite(field: &str, value: f64) -> Result<f64, Rejection> {
    if value.is_finite() { Ok(value + 0.0) } else { Err(Rejection::new(field, "is no finite number: leave it out")) }
}

fn share(field: &str, value: f64) -> Result<f64, Rejection> {
    let value = finite(field, value)?;
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(Rejection::new(field, format!("is {value}: give a number from 0 to 1")))
}

fn log_probability(field: &str, value: f64) -> Result<f64, Rejection> {
    let value = finite(field, value)?;
    if value <= 0.0 {
        return Ok(value);
    }
    Err(Rejection::new(field, format!("is {value}: the logarithm of a probability is 0 or less")))
}

fn signals(sent: Signals) -> Result<Signals, Rejection> {
    if sent.len() > ENTRIES {
        return Err(Rejection::new("signals", format!("has {} entries: {ENTRIES} is the most", sent.len())));
    }
    sent.into_iter()
        .map(|(name, value)| {
            let shown: String = name.chars().take(NAME).collect();
            let field = format!("signals.{shown}");
            Ok((check::text(&field, name, NAME)?, finite(&field, value)?))
        })
        .collect()
}

/// A language tag, well formed by RFC 5646 and in the case it recommends.
fn language(field: &str, tag: &str) -> Result<String, Rejection> {
    oxilangtag::LanguageTag::parse_and_normalize(tag)
        .ok()
        .filter(|tag| tag.len() <= NAME)
        .map(oxilangtag::LanguageTag::into_inner)
        .ok_or_else(|| {
            Rejection::new(field, "is no BCP 47 language tag: it looks like `en` or `pt-BR`; `und` is not known")
        })
}

/// An SPDX expression by its characters; the list of licences grows, and is not checked.
fn licence(field: &str, terms: String) -> Result<String, Rejection> {
    let terms = check::text(field, terms, NAME)?;
    if terms.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.+:() ".contains(&byte)) {
        return Ok(terms);
    }
    Err(Rejection::new(field, "is no SPDX expression: it looks like `CC-BY-4.0` or `MIT OR Apache-2.0`"))
}

/// A time from 2000 on, to the microsecond.
fn time(field: &str, text: &str) -> Result<DateTime<Utc>, Rejection> {
    let at = DateTime::parse_from_rfc3339(text).map_err(|error| {
        Rejection::new(field, format!("is no RFC 3339 time ({error}): it looks like 2026-11-24T09:30:00Z"))
    })?;
    // Through microseconds since 1970: what is finer is cut, and a leap second becomes the one after it.
    match Utc.timestamp_micros(at.timestamp_micros()).single() {
        Some(at) if at >= DateTime::UNIX_EPOCH + TimeDelta::days(10_957) => Ok(at),
        _ => Err(Rejection::new(field, format!("{text} is before the year 2000: correct it, or leave it out"))),
    }
}

#[cfg(test)]
mod tests;
