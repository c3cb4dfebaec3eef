//! The consolidated screening list of the US.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("_id,source,name,type,alt_names,ids,dates_of_birth,nationalities,addresses\n", data));
