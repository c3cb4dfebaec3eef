//! Rows of Parquet and Arrow files.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_decode_fuzz::check_rows(data));
