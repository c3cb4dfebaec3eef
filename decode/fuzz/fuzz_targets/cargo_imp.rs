//! IATA Cargo-IMP.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_decode_fuzz::check_behind("FWB/16\n", data));
