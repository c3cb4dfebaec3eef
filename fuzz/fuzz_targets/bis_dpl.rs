//! The denied persons list of the US.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("Name\tEffective_Date\tStandard_Order\n", data));
