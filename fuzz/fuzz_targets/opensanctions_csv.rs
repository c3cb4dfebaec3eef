//! OpenSanctions, CSV.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("id,schema,name,aliases,birth_date,countries,identifiers,dataset\n", data));
