//! JSON, one object a line or in an array.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::messages::check_behind("{\"surname\":\"A\",\"given_names\":\"B\",\"birth_date\":\"1980-01-01\"}\n", data));
