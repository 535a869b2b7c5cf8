//! A line of a door for NDJSON: a line of grounding.
#![no_main]

use atr_core::domain::grounding::NewGrounding;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| drop(NewGrounding::parse(bytes)));
