//! Passenger name records, EDIFACT.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::messages::check_behind("UNB+UNOA:4+A+B+240501:1200+1'UNH+1+PNRGOV:15:1:IA'", data));
