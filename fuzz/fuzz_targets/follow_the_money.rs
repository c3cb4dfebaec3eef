//! OpenSanctions, FollowTheMoney.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("{\"id\":\"a\",\"schema\":\"Person\",\"properties\":{\"name\":[\"A B\"]},\"target\":true}\n", data));
