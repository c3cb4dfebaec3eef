//! OFAC's advanced XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("<Sanctions><ReferenceValueSets><PartySubTypeValues><PartySubType ID=\"4\" PartyTypeID=\"1\">x</PartySubType></PartySubTypeValues></ReferenceValueSets><Locations><Location ID=\"1\"/></Locations><DistinctParties><DistinctParty FixedRef=\"1\"><Profile ID=\"1\" PartySubTypeID=\"4\"><Identity ID=\"1\">", data));
