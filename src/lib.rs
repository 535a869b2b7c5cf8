//! The top floor of the Adaptive Training Repository: its doors, its command line and what they need to run.

pub mod app;
pub mod commands;
pub mod config;
pub mod console;
pub mod embedded;
pub mod graphql;
pub mod http;
pub mod import;
pub mod oidc;
