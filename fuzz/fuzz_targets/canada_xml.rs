//! Canada's list.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("<data-set><record><Country>A</Country><Schedule>1</Schedule><Item>1</Item><LastName>A</LastName>", data));
