//! Derive: a settled review becomes candidate examples, or a case that measures models.

mod handler;
pub mod rules;

pub(crate) use handler::run;
