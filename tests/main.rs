//! The tests of the whole, in one binary.

mod demo;
mod edges;
mod embedded;
mod faults;
mod graphql;
mod hostile;
mod ingest;
mod process;
mod schema;
mod world;
