//! `POST /v1/traces` and `/v1/logs` in protobuf.
#![no_main]

use atr::http::otlp::Encoding;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| atr_fuzz::otlp(Encoding::Protobuf, bytes));
