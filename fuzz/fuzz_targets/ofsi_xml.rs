//! The list of the UK's OFSI, XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("<ArrayOfFinancialSanctionsTarget><FinancialSanctionsTarget><GroupID>1</GroupID>", data));
