//! The UK sanctions list, XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("<Designations><Designation><UniqueID>1</UniqueID><IndividualEntityShip>Individual</IndividualEntityShip>", data));
