//! A line of a door for NDJSON: a review.
#![no_main]

use atr_core::domain::review::NewReview;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| drop(NewReview::parse(bytes)));
