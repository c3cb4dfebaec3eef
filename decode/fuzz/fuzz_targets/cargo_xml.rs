//! IATA Cargo-XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_decode_fuzz::check_behind("<rsm:Waybill xmlns:rsm=\"iata:waybill:1\">", data));
