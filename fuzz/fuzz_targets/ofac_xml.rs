//! OFAC's XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("<sdnList><publshInformation/><sdnEntry>", data));
