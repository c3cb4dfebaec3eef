//! OpenSanctions, Senzing.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("{\"DATA_SOURCE\":\"A\",\"RECORD_ID\":\"1\",\"RECORD_TYPE\":\"PERSON\"}\n", data));
