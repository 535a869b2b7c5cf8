//! Assemble: spans of OpenTelemetry become one error trace, once their trace is quiet.
//!
//! Rules, none of which reads or writes anything: [`rules::span`] decodes what was staged, [`rules::names`] is the table
//! of the attributes that are read, [`rules::genai`] and [`rules::openinference`] read a dialect each,
//! [`rules::compose`] puts the spans together, [`rules::keep`] applies the project's rule of what is kept.

mod handler;
pub mod rules;

pub(crate) use handler::run;
