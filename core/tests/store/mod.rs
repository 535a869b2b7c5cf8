//! What the store keeps: a file a noun.

mod experts;
mod grounding;
mod reviews;
mod traces;
