//! From spans to a trace, without reading or writing anything.

pub mod compose;
pub mod genai;
pub mod keep;
pub mod message;
pub mod names;
pub mod openinference;
#[cfg(test)]
mod properties;
pub mod reading;
pub mod span;
pub mod thought;
mod tree;
