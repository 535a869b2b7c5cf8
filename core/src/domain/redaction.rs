//! Personal data and secrets in texts: what a project wants replaced before anything of it is stored.
//!
//! Patterns are recognised by their shape alone, in time that is linear in the text. What is replaced is gone: a
//! placeholder says of which kind it was. A text without any is left byte for byte, and one that was redacted stays as it is.

mod numbers;
mod shapes;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{feedback::NewFeedback, grounding::NewGrounding, new_trace::NewTrace, review::NewReview};

words! {
    /// What can be recognised in a text and replaced.
    Pattern {
        /// An e-mail address.
        Email = "email",
        /// A telephone number: with a country code, or in a usual national form.
        Phone = "phone",
        /// The number of a payment card whose checksum is right.
        Card = "card",
        /// A key, a token or a private key of a well-known form.
        Secret = "secret",
    }
}

impl Pattern {
    /// What stands in its place.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Email => "[e-mail]",
            Self::Phone => "[phone]",
            Self::Card => "[payment card]",
            Self::Secret => "[secret]",
        }
    }
}

/// How many of each were replaced.
pub type Replaced = BTreeMap<Pattern, u64>;

/// Replaces what a project wants replaced, and counts it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redactor {
    patterns: BTreeSet<Pattern>,
    replaced: Replaced,
}

/// Something whose free texts can be redacted. Its ids and names are not: they must be found again.
pub trait Redact {
    /// Redacts every free text of it.
    fn redact(&mut self, by: &mut Redactor);
}

/// How deep JSON within texts of JSON is read.
const NESTED: u8 = 4;

impl Redactor {
    /// For a project that wants these replaced.
    pub fn new(patterns: BTreeSet<Pattern>) -> Self {
        Self { patterns, replaced: Replaced::new() }
    }

    /// Whether there is nothing to do.
    pub fn is_idle(&self) -> bool {
        self.patterns.is_empty()
    }

    /// What was replaced up to now.
    pub fn replaced(&self) -> &Replaced {
        &self.replaced
    }

    /// Redacts a text.
    pub fn text(&mut self, text: &mut String) {
        // What is replaced may have stood between two parts of something else, hence again until nothing is found. Each
        // replacement leaves fewer of @, of digits or of characters, so that this ends.
        while self.once(text) {}
    }

    /// Redacts a text that may be JSON, as attributes of spans are: its values, numbers too, so that it is JSON still.
    pub fn json(&mut self, text: &mut String) {
        self.nested(text, NESTED);
    }

    fn nested(&mut self, text: &mut String, depth: u8) {
        if depth == 0 || self.is_idle() || !text.trim_start().starts_with(['{', '[']) {
            return self.text(text);
        }
        let Ok(mut value) = serde_json::from_str::<Value>(text) else { return self.text(text) };
        let before: u64 = self.replaced.values().sum();
        self.value(&mut value, depth - 1);
        if self.replaced.values().sum::<u64>() > before {
            *text = value.to_string();
        }
    }

    fn value(&mut self, value: &mut Value, depth: u8) {
        match value {
            Value::String(text) => self.nested(text, depth),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, depth)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.value(field, depth)),
            Value::Number(number) => {
                let written = number.to_string();
                let mut text = written.clone();
                self.text(&mut text);
                if text != written {
                    *value = text.into();
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Each pattern once, the longest forms first; whether anything was replaced.
    fn once(&mut self, text: &mut String) -> bool {
        let mut any = false;
        for pattern in [Pattern::Secret, Pattern::Email, Pattern::Card, Pattern::Phone] {
            if !self.patterns.contains(&pattern) {
                continue;
            }
            let found = match pattern {
                Pattern::Secret => shapes::secrets(text),
                Pattern::Email => shapes::emails(text),
                Pattern::Card => numbers::cards(text),
                Pattern::Phone => numbers::phones(text),
            };
            if found.is_empty() {
                continue;
            }
            *self.replaced.entry(pattern).or_default() += found.len() as u64;
            let mut redacted = String::with_capacity(text.len());
            let mut from = 0;
            for place in found {
                redacted.push_str(&text[from..place.start]);
                redacted.push_str(pattern.placeholder());
                from = place.end;
            }
            redacted.push_str(&text[from..]);
            *text = redacted;
            any = true;
        }
        any
    }
}

/// How many placeholders stand in texts, of each kind.
pub fn placeholders<'a>(texts: impl IntoIterator<Item = &'a str>) -> Replaced {
    let mut found = Replaced::new();
    for text in texts {
        for pattern in Pattern::ALL {
            let count = text.matches(pattern.placeholder()).count() as u64;
            if count > 0 {
                *found.entry(*pattern).or_default() += count;
            }
        }
    }
    found
}

impl Redact for NewTrace {
    fn redact(&mut self, by: &mut Redactor) {
        self.context.iter_mut().for_each(|turn| by.text(&mut turn.text));
        by.text(&mut self.query);
        by.text(&mut self.answer);
        self.steps.iter_mut().for_each(|step| by.text(&mut step.text));
        self.attachments.iter_mut().filter_map(|file| file.name.as_mut()).for_each(|name| by.text(name));
    }
}

impl Redact for NewReview {
    fn redact(&mut self, by: &mut Redactor) {
        let said = &mut self.judgement;
        let answer = said.corrected_answer.iter_mut().chain(&mut said.rationale);
        let quoted = said.citations.iter_mut().filter_map(|cited| cited.quoted.as_mut());
        let notes = self.step_marks.iter_mut().map(|mark| &mut mark.note);
        let notes = notes.chain(said.claim_marks.iter_mut().map(|mark| &mut mark.note)).flatten();
        let corrected = said.corrected_steps.iter_mut().flatten();
        answer.chain(corrected).chain(quoted).chain(notes).for_each(|text| by.text(text));
    }
}

impl Redact for NewFeedback {
    fn redact(&mut self, by: &mut Redactor) {
        self.said.correction.iter_mut().chain(&mut self.said.comment).for_each(|text| by.text(text));
    }
}

impl Redact for NewGrounding {
    /// Of a fact what it says and quotes. A publisher, a title and an address say where it is found, and stay.
    fn redact(&mut self, by: &mut Redactor) {
        if let Self::Fact(fact) = self {
            by.text(&mut fact.statement);
            fact.quote.iter_mut().for_each(|quote| by.text(quote));
        }
    }
}
