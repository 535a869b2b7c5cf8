//! Spans of OpenTelemetry, as far as they are told apart before their trace is put together.

use std::{fmt, str::FromStr};

use super::{Rejection, new_trace::ITEM_BYTES};

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
    /// A `ResourceSpans` message of OTLP with this one span.
    pub content: Vec<u8>,
}

impl NewSpan {
    /// A span that has the ids and the length it must have.
    ///
    /// # Errors
    /// Names the field at fault.
    pub fn new(trace: &[u8], span: &[u8], content: Vec<u8>) -> Result<Self, Rejection> {
        if content.len() > ITEM_BYTES {
            let message = format!("has {} bytes: {ITEM_BYTES} is the most; send shorter attributes", content.len());
            return Err(Rejection::new(".", message));
        }
        Ok(Self { trace: SpanTraceId::from_bytes(trace)?, span: SpanId::from_bytes(span)?, content })
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
