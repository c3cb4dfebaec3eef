//! Mixed input, and the cuts of the source.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_decode_fuzz::check_cut(data));
