//! Evaluate: measures the model that a job made on what is held out, beside the one before it.

mod handler;
pub mod measure;

pub(crate) use handler::run;
