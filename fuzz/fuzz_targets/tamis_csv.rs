//! The CSV of Tamis.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("entity_id,name,list,name_kind,entity_kind,birth_dates,nationalities,sex,documents\n", data));
