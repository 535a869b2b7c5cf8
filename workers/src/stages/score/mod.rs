//! Score: how good an answer is, each term of it kept.
//!
//! Rules: [`arithmetic`] recomputes written equations, [`logic`] looks through the graph of steps, [`flaws`] names what is wrong by one
//! taxonomy, [`reward`] weighs what they and the verdicts on claims say.

mod appraise;
pub mod arithmetic;
mod expression;
pub mod flaws;
mod handler;
pub mod logic;
mod names;
mod rational;
pub mod reward;
mod tokens;
pub mod worth;

pub(crate) use handler::run;

#[cfg(test)]
mod properties;
