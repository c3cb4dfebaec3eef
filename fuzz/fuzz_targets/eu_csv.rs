//! The list of the European Union, CSV.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::lists::check_list_behind("Entity_LogicalId;Entity_SubjectType;NameAlias_WholeName;NameAlias_LastName;BirthDate_BirthDate;Identification_Number;Citizenship_CountryIso2Code;BirthDate_City\n", data));
