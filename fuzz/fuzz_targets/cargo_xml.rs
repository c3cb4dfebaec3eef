//! IATA Cargo-XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::messages::check_behind("<rsm:Waybill xmlns:rsm=\"iata:waybill:1\">", data));
