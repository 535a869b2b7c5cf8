//! The ground floor of the Adaptive Training Repository: ids, clock, the domain's types and transitions, the store
//! (all SQL), the task queue and the blobs. It knows nothing of HTTP, GraphQL, brokers or stages.
#![deny(missing_docs)]

pub mod blobs;
pub mod clock;
pub mod domain;
pub mod hash;
pub mod ids;
pub mod picture;
pub mod queue;
pub mod store;
pub mod trace_context;

// The harness of the tests names this crate as the other crates do.
#[cfg(test)]
extern crate self as atr_core;
