//! A line of a door for NDJSON: a trace.
#![no_main]

use atr_core::domain::new_trace::NewTrace;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| drop(NewTrace::parse(bytes)));
