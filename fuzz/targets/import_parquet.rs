//! A table in Parquet, as Phoenix's data frames are written.
#![no_main]

use atr::import::records;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut all = vec![];
    records::parquet(bytes::Bytes::copy_from_slice(bytes), &mut |record| {
        all.extend(record);
        all.len() < 16
    });
    atr_fuzz::map("phoenix", &all);
});
