//! Train: runs a trainer as its own process on a sealed snapshot, keeps what it reports, and stores the model it made.

mod handler;
mod specification;
mod trainer;

pub(crate) use handler::run;
pub use specification::check_hyperparameters;
