//! What claims say once they are made to stand alone.

mod pronouns;
mod questions;
