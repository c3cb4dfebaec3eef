//! A compiled generation, changed behind its seal.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_compiled(data));
