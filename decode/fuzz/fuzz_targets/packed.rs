//! Compressed and archived input.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_decode_fuzz::check_packed(data));
