//! An export of the format `label-studio`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| atr_fuzz::import_json("label-studio", bytes));
