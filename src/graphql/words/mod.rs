//! The words of the domain, as GraphQL enums.

mod intake;
mod learning;

pub use intake::*;
pub use learning::*;
