//! Scalars, ids and small shapes that many types share.

use async_graphql::{ID, InputValueError, InputValueResult, Number, Result, Scalar, ScalarType, SimpleObject, Value};
use atr_core::ids::{AnyId, Id, IdError};

use super::fault::invalid;

/// A whole number of up to 64 bits, as a JSON number. Languages whose numbers are doubles lose what is beyond 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Int64(pub i64);

/// A whole number of up to 64 bits, as a JSON number. Languages whose numbers are doubles lose what is beyond 2^53.
#[Scalar]
impl ScalarType for Int64 {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => number.as_i64().map(Self),
            _ => None,
        }
        .ok_or_else(|| InputValueError::custom("give a whole number of up to 64 bits"))
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0))
    }
}

/// A place in a text, as byte offsets in UTF-8.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct Span {
    /// Where it begins.
    begin: i32,
    /// The byte after its end.
    end: i32,
}

impl From<(i32, i32)> for Span {
    fn from((begin, end): (i32, i32)) -> Self {
        Self { begin, end }
    }
}

/// The global id of a record: its one text form.
pub(super) trait IntoId {
    /// As GraphQL has it.
    fn into_id(self) -> ID;
}

impl<I: Id> IntoId for I {
    fn into_id(self) -> ID {
        ID(self.to_string())
    }
}

/// An id given as an argument; what is none is refused.
pub(super) fn parse_id<I: Id>(field: &str, text: &str) -> Result<I> {
    text.parse().map_err(|error: IdError| invalid(field, &error.to_string()))
}

/// An id that may be given as an argument.
pub(super) fn maybe_id<I: Id>(field: &str, text: Option<&ID>) -> Result<Option<I>> {
    text.map(|text| parse_id(field, text)).transpose()
}

/// An id of any kind, given as an argument.
pub(super) fn any_id(field: &str, text: &str) -> Result<AnyId> {
    text.parse().map_err(|error: IdError| invalid(field, &error.to_string()))
}
