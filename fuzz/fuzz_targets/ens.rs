//! Entry summary declarations.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::messages::check_behind("<ie:CC315A xmlns:ie=\"http://ics.dgtaxud.ec/CC315A\">", data));
