//! Separated values, by mapping and by canonical names.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::messages::check_behind("surname,given_names,birth_date,document_number\n", data));
