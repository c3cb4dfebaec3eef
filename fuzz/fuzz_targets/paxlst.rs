//! Passenger and crew lists, EDIFACT and US-EDIFACT.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::messages::check_behind("UNB+UNOA:4+A+B+240501:1200+1'UNH+1+PAXLST:D:05B:UN:IATA'", data));
