//! OFAC's edition of four files, which stand one behind the other with 0x1c between them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_edition(data));
