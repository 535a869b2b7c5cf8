//! The tests of the whole, in one binary.

mod audit;
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
mod keys;
mod otlp;
mod otlp_grpc;
mod permissions;
mod process;
mod queue;
mod redaction;
mod schema;
mod tls;
mod topology;
mod traces;
mod world;
