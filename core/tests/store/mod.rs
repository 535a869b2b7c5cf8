//! What the store keeps: a file a noun.

mod experts;
mod grounding;
mod keys;
mod reviews;
mod traces;
