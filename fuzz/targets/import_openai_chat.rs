//! An export of the format `openai-chat`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| atr_fuzz::import_json("openai-chat", bytes));
