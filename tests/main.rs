//! The tests of the whole, in one binary.

mod demo;
mod embedded;
mod faults;
mod graphql;
mod health;
mod ingest;
mod permissions;
mod process;
mod schema;
mod world;
