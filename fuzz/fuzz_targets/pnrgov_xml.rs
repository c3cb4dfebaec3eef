//! Passenger name records, XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::messages::check_behind("<IATA_PNRGOV_NotifRQ>", data));
