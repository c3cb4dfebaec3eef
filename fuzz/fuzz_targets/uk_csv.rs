//! The UK sanctions list, CSV.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("Unique ID,Name 6,Name 1,Name type,Designation Type,D.O.B,Nationality(/ies),Passport number,National Identifier number,Other Information,IMO number\n", data));
