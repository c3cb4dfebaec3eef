//! X12 manifests, consists and bills.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tamis_fuzz::messages::check_behind("ISA*00*          *00*          *ZZ*CARRIER        *ZZ*CBP            *240301*0930*U*00401*000000077*0*P*>~GS*SO*APP*CBP*20240301*0930*5*X*004010~ST*309*0001~", data));
