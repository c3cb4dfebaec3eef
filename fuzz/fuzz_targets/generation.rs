//! Lists of any content, compiled, written and opened again.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_generation(data));
