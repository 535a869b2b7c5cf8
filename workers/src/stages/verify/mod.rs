//! Verify: what an answer claims, held against grounding facts.
//!
//! Rules, none of which reads or writes anything: [`claims`] splits an answer, [`resolve`] makes a short one a statement, [`search_terms`]
//! and [`search_plan`] say which facts to ask for, [`fuse`] makes one ranking of several, [`compare`] holds one against a claim, [`decide`]
//! gives the verdict, [`veracity`] weighs all that was found, [`citations`] checks what is quoted from where, [`consensus`] merges several
//! chains for one query. [`judge`] asks the store for facts and goes through these; what they leave open, a judge may be asked about, and
//! [`opinion`] says what that is and what of its answer counts.
//!
//! English, and made for precision: what the rules are unsure of is unverifiable. Of a claim in a script without capitals nothing is understood
//! but its numbers: a fact with the same words in the same order supports it, and contradicts it where one number is another.

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
pub mod opinion;
pub mod parsed_facts;
mod proposals;
mod quotes;
pub mod resolve;
mod scripts;
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
mod hostile;
#[cfg(test)]
mod properties;
