//! The list of the European Union, XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("<export xmlns=\"fsd/export\"><sanctionEntity logicalId=\"1\"><nameAlias wholeName=\"A\"/>", data));
