//! The tests of the whole, in one binary.

mod backlog;
mod commands;
mod demo;
mod edges;
mod embedded;
mod faults;
mod feedback;
mod first_start;
mod graphql;
mod health;
mod history;
mod hostile;
mod ingest;
mod otlp;
mod permissions;
mod process;
mod queue;
mod resume;
mod schema;
mod sending;
mod topology;
mod traces;
mod world;
