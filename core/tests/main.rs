//! The tests of `core` against a real PostgreSQL, in one binary: it links once.

mod finished;
mod pause;
mod queue;
mod schema;
mod snapshot;
mod start;
mod store;
mod support;
mod tenancy;
mod training;
