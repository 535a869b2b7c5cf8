//! The words of the domain, as GraphQL enums.

mod access;
mod intake;
mod learning;

pub use access::*;
pub use intake::*;
pub use learning::*;
