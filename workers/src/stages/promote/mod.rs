//! Promote: decides whether an evaluated model comes into use, and records it either way.

pub mod gate;
mod handler;

pub(crate) use handler::run;
