//! A picture as it is attached: what is kept of it is kept the same when it is sent again, and can be read.
#![no_main]

use atr_core::picture;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(kept) = picture::clean(bytes::Bytes::copy_from_slice(bytes)) else { return };
    assert_eq!(picture::clean(kept.bytes.clone()), Ok(kept.clone()), "sent again it is another one");
    picture::for_reading(kept.media_type, &kept.bytes).expect("what is kept is read");
});
