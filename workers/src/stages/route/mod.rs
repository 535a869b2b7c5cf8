//! Route: the items of the week, for each expert the few whose judgement is worth most.

mod handler;
pub mod rules;
mod standing;

pub(crate) use handler::run;
