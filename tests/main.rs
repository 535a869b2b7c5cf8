//! The tests of the whole, in one binary.

mod backlog;
mod commands;
mod demo;
mod edges;
mod embedded;
mod faults;
mod first_start;
mod graphql;
mod health;
mod history;
mod hostile;
mod import;
mod ingest;
mod otlp;
mod permissions;
mod process;
mod queue;
mod schema;
mod topology;
mod traces;
mod world;
