//! The UK sanctions list, spreadsheet: the content, which is put into an archive.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_spreadsheet(data));
