//! Customs cargo reports.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::messages::check_behind("UNB+UNOA:4+A+B+240501:1200+1'UNH+1+CUSCAR:D:95B:UN'", data));
