//! Verify: what an answer claims, held against grounding facts.
//!
//! Rules, none of which reads or writes anything: [`claims`] splits an answer, [`resolve`] makes a short one a statement, [`search_terms`]
//! and [`search_plan`] say which facts to ask for, [`fuse`] makes one ranking of several, [`compare`] holds one against a claim, [`decide`]
//! gives the verdict, [`veracity`] weighs all that was found, [`citations`] checks what is quoted from where, [`consensus`] merges several
//! chains for one query. [`judge`] asks the store for facts and goes through these.
//!
//! English only, and made for precision: what the rules are unsure of is unverifiable. A claim in another script is
//! split and stays unverifiable.

mod align;
pub mod citations;
pub mod claims;
mod clause;
pub mod compare;
pub mod consensus;
mod contrast;
pub mod dates;
pub mod decide;
pub mod fuse;
mod handler;
pub mod judge;
mod lexicon;
pub mod measure;
pub mod numbers;
pub mod parsed_facts;
pub mod resolve;
pub mod search;
pub mod search_plan;
pub mod search_terms;
mod slot;
pub mod sources;
mod units;
pub mod veracity;
pub mod words;

pub(crate) use handler::run;

#[cfg(test)]
mod properties;
