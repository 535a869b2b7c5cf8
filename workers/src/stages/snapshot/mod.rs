//! Snapshots: from kept rows to files that never change.
//!
//! A snapshot is a directory: for each format `<format>.parquet` and `<format>.jsonl` with training columns only,
//! `provenance.parquet` and `provenance.jsonl` with where each row comes from, `decisions.jsonl` with why each candidate that
//! fell fell, `manifest.json` with what proves all that, and `build.json`, which nothing hashes. Equal input gives equal
//! bytes, save those of `build.json`.

mod assemble;
pub mod canonical;
mod formats;
mod handler;
mod manifest;
pub mod merkle;
mod origins;
mod provenance;
mod staging;
mod table;
#[cfg(test)]
mod tests;
mod verify;
mod write;

pub use assemble::AssembleError;
pub use formats::{Columns, Format, KtoRow, Message, PreferenceRow, RewardRow, Role, Row, SftRow, StepwiseRow};
pub use handler::rebuild;
pub(crate) use handler::run as handle;
pub use manifest::{Counts, Fell, File, Manifest, Rowless, StageCount};
pub use provenance::Provenance;
pub use table::{TableError, WRITER_VERSION};
pub use verify::{Mismatch, Verified, verify};
pub use write::{BUILD, Build, DECISIONS, Entry, Inputs, MANIFEST, WriteError, Writer, Written, write};
