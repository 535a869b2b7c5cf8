//! Answers as text. Parts of an answer are written as soon as they are known and stand in its tree as they are: the engine's
//! values are a map and many small strings for each record, made to be written and thrown away.

use async_graphql::{Response, Value};
use serde::Serialize;

/// JSON that is written already, as the engine carries it: no field of this schema has bytes as its value.
pub(super) fn written(json: Vec<u8>) -> Value {
    Value::Binary(json.into())
}

/// How many bytes of a value are written already.
pub(super) fn written_length(value: &Value) -> usize {
    match value {
        Value::Binary(json) => json.len(),
        Value::Object(fields) => fields.values().map(written_length).sum(),
        _ => 0,
    }
}

/// Writes a value.
pub(super) fn write(value: &Value, to: &mut Vec<u8>) {
    match value {
        Value::Null => to.extend_from_slice(b"null"),
        Value::Number(number) => plain(number, to),
        Value::String(text) => plain(text, to),
        Value::Boolean(yes) => plain(yes, to),
        Value::Enum(name) => plain(name.as_str(), to),
        Value::Binary(json) => to.extend_from_slice(json),
        Value::List(values) => {
            let mut list = Sequence::begin(b'[', to);
            for value in values {
                write(value, list.next());
            }
            list.end(b']');
        }
        Value::Object(fields) => {
            let mut object = Sequence::begin(b'{', to);
            for (name, value) in fields {
                write(value, object.field(name));
            }
            object.end(b'}');
        }
    }
}

/// Writes what cannot fail to be written.
pub(super) fn plain(value: &(impl Serialize + ?Sized), to: &mut Vec<u8>) {
    serde_json::to_writer(to, value)
        .expect("a vector takes all that is written, and numbers, texts and errors are JSON");
}

/// A list or an object that is being written.
pub(super) struct Sequence<'a> {
    to: &'a mut Vec<u8>,
    begun: bool,
}

impl<'a> Sequence<'a> {
    pub(super) fn begin(bracket: u8, to: &'a mut Vec<u8>) -> Self {
        to.push(bracket);
        Self { to, begun: false }
    }

    /// Where the next item is written.
    pub(super) fn next(&mut self) -> &mut Vec<u8> {
        if std::mem::replace(&mut self.begun, true) {
            self.to.push(b',');
        }
        self.to
    }

    /// Where the value of the next field is written.
    pub(super) fn field(&mut self, name: &str) -> &mut Vec<u8> {
        let to = self.next();
        // A name of GraphQL has nothing to escape.
        to.push(b'"');
        to.extend_from_slice(name.as_bytes());
        to.extend_from_slice(b"\":");
        to
    }

    /// Writes the next field, if there is a value for it.
    pub(super) fn field_if(&mut self, name: &str, value: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
        let (before, begun) = (self.to.len(), self.begun);
        let there = value(self.field(name));
        if !there {
            self.to.truncate(before);
            self.begun = begun;
        }
        there
    }

    pub(super) fn end(self, bracket: u8) {
        self.to.push(bracket);
    }
}

/// The JSON of an answer, with `data` or without.
pub fn body(answer: &Response, with_data: bool) -> Vec<u8> {
    // With room for what stands around it: a text that grows is copied.
    let mut json = Vec::with_capacity(written_length(&answer.data) + 256);
    let mut fields = Sequence::begin(b'{', &mut json);
    if with_data {
        write(&answer.data, fields.field("data"));
    }
    if !answer.extensions.is_empty() {
        plain(&answer.extensions, fields.field("extensions"));
    }
    if !answer.errors.is_empty() {
        plain(&answer.errors, fields.field("errors"));
    }
    fields.end(b'}');
    json
}
