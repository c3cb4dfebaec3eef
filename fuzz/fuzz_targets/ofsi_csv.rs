//! The list of the UK's OFSI, CSV.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("Name 6,Name 1,DOB,Town of Birth,Country of Birth,Nationality,Passport Number,Other Information,Group Type,Alias Type,Group ID\n", data));
