//! The tests of the whole, in one binary.

mod asking;
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
mod ingest;
mod otlp;
mod permissions;
mod process;
mod queue;
mod schema;
mod subscriptions;
mod topology;
mod traces;
mod world;
