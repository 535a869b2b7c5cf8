//! The store against a real PostgreSQL: a database of its own for each test.

mod experts;
mod grounding;
mod neighbours;
mod reviews;
mod support;
mod traces;
