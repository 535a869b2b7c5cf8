//! Spans of OpenTelemetry, as far as they are told apart before their trace is put together.

use std::{fmt, str::FromStr};

use super::{
    Rejection,
    new_trace::{ITEM_BYTES, KEY},
};

macro_rules! hex_ids {
    ($($(#[$doc:meta])* $name:ident $bytes:literal $digits:literal $field:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// Takes the bytes that came.
            ///
            /// # Errors
            /// If they are too few or too many, or all zero, which W3C Trace Context takes for no id.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, Rejection> {
                match bytes.try_into() {
                    Ok(bytes) if bytes != [0; $bytes] => Ok(Self(bytes)),
                    _ => Err(Rejection::new(
                        $field,
                        concat!("has ", $bytes, " bytes (", $digits, " hex digits in JSON), not all of them 0"),
                    )),
                }
            }

            /// Its bytes.
            pub fn bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl FromStr for $name {
            type Err = Rejection;
            fn from_str(text: &str) -> Result<Self, Rejection> {
                let digits = text.as_bytes();
                let byte = |at: usize| {
                    let digit = |at: usize| digits.get(at).and_then(|digit| (*digit as char).to_digit(16));
                    Some((digit(2 * at)? * 16 + digit(2 * at + 1)?) as u8)
                };
                let whole = digits.len() == 2 * $bytes;
                let bytes: Vec<u8> = if whole { (0..$bytes).map_while(byte).collect() } else { vec![] };
                Self::from_bytes(&bytes)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )* };
}

hex_ids! {
    /// The id that a sender gave a trace of spans.
    SpanTraceId 16 32 "trace_id";
    /// The id of a span within its trace.
    SpanId 8 16 "span_id";
}

/// A span that can be staged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSpan {
    /// The trace it belongs to.
    pub trace: SpanTraceId,
    /// Its id in that trace.
    pub span: SpanId,
    /// The id that the model's provider gave its response.
    pub response: Option<String>,
    /// A `ResourceSpans` message of OTLP with this one span.
    pub content: Vec<u8>,
}

/// An event that can be staged: an evaluation, or a message of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The trace it tells of.
    pub trace: Option<SpanTraceId>,
    /// The response it tells of.
    pub response: Option<String>,
    /// A `ResourceLogs` message of OTLP with this one record.
    pub content: Vec<u8>,
}

impl NewEvent {
    /// An event that says what it tells of.
    ///
    /// # Errors
    /// Names the field at fault.
    pub fn new(trace: &[u8], response: Option<String>, content: Vec<u8>) -> Result<Self, Rejection> {
        let content = short(content)?;
        let response = response.filter(|id| is_key(id));
        // Log records leave it out where they belong to no trace.
        let trace = if trace.iter().all(|byte| *byte == 0) { None } else { Some(SpanTraceId::from_bytes(trace)?) };
        if trace.is_none() && response.is_none() {
            let message = "is missing: give the trace that the event tells of, or the attribute gen_ai.response.id";
            return Err(Rejection::new("trace_id", message));
        }
        Ok(Self { trace, response, content })
    }
}

/// Whether a name is one that can be looked up.
fn is_key(name: &str) -> bool {
    !name.trim().is_empty() && !name.contains('\0') && name.chars().count() <= KEY
}

fn short(content: Vec<u8>) -> Result<Vec<u8>, Rejection> {
    if content.len() > ITEM_BYTES {
        let message = format!("has {} bytes: {ITEM_BYTES} is the most; send shorter attributes", content.len());
        return Err(Rejection::new(".", message));
    }
    Ok(content)
}

impl NewSpan {
    /// A span that has the ids and the length it must have.
    ///
    /// # Errors
    /// Names the field at fault.
    pub fn new(trace: &[u8], span: &[u8], response: Option<String>, content: Vec<u8>) -> Result<Self, Rejection> {
        let content = short(content)?;
        let response = response.filter(|id| is_key(id));
        Ok(Self { trace: SpanTraceId::from_bytes(trace)?, span: SpanId::from_bytes(span)?, response, content })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_id_is_refused() {
        for wrong in ["", "0", "00000000000000000000000000000000", "zz000000000000000000000000000001", "é"] {
            assert_eq!(wrong.parse::<SpanTraceId>().unwrap_err().field, "trace_id", "{wrong}");
        }
        assert_eq!(SpanId::from_bytes(&[1; 16]).unwrap_err().field, "span_id");
    }

    proptest! {
        #[test]
        fn an_id_is_read_as_it_is_written_in_either_case(bytes in any::<[u8; 8]>()) {
            prop_assume!(bytes != [0; 8]);
            let id = SpanId::from_bytes(&bytes).unwrap();
            prop_assert_eq!(id.to_string().parse::<SpanId>().unwrap(), id);
            prop_assert_eq!(id.to_string().to_uppercase().parse::<SpanId>().unwrap(), id);
        }
    }
}
