//! IATA Cargo-IMP.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::messages::check_behind("FWB/16\n", data));
