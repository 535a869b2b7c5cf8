//! What the store keeps: a file a noun.

mod experts;
mod fact_search;
mod grounding;
mod keys;
mod reviews;
mod traces;
