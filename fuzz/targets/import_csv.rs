//! A table in CSV, as Langfuse exports them.
#![no_main]

use atr::import::records;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut all = vec![];
    records::csv(bytes, records::cell, &mut |record| {
        all.extend(record);
        all.len() < 16
    });
    atr_fuzz::map("langfuse", &all);
});
