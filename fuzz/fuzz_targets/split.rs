//! Mixed input, and the cuts of the source.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::messages::check_cut(data));
