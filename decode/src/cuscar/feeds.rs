//! What feeds the columns of a consignment in CUSCAR and CUSREP.

use tamis_records::schema::RecordKind;

use super::super::feeds::Feed;

macro_rules! feed {
    ($format:literal, $($own:expr),*) => {
        Feed {
            format: $format,
            kind: RecordKind::Consignment,
            columns: &[
                ("message_kind", "BGM 1001"),
                ("action", "BGM 1225: 1, 3, 50 cancel, 4, 5, 20, 33 to 36 change, 6, 47 close; CNI status D cancel, C and U change"),
                ("amendment_code", "BGM 1225"),
                ("message_ref", "UNH 0062"),
                ("sender", "UNB S002"),
                ("recipient", "UNB S003"),
                ("event_time", "UNB S004, else DTM+137"),
                ("mode", "TDT 8067, else C228 8179"),
                ("carrier", "TDT C040 3127 or 3128, else NAD+CA"),
                ("conveyance_id", "TDT C222 8213 that is no call sign"),
                ("conveyance_name", "TDT C222 8212"),
                ("conveyance_country", "TDT C222 8453"),
                ("call_sign", "TDT C222 8213 with 1131 103, or of that form"),
                ("voyage", "TDT 8028"),
                ("origin_place", "LOC+88, LOC+10, LOC+76 beside LOC+9, LOC+80"),
                ("loading_port", "LOC+9, else LOC+76, LOC+5, LOC+125"),
                ("discharge_port", "LOC+11, LOC+12, LOC+65"),
                ("entry_port", "LOC+24, LOC+41, LOC+135, else LOC+87, LOC+60"),
                ("clearance_port", "LOC+22, LOC+23"),
                ("delivery_place", "LOC+7, LOC+83, LOC+20, LOC+8"),
                ("route", "LOC+13, 61, 92, 94, 153 and other ports on the way"),
                ("departure_local", "DTM+133, 136, 189, 186, 200"),
                ("arrival_local", "DTM+132, 178, 232"),
                ("references", "BGM 1004, RFF, DOC, POC and QTY of other kinds, TDT C222 of further means, other LOC"),
                ("parties", "NAD with CTA and COM"),
                ("containers", "EQD with SEL, found by SGP"),
                ("seals", "SEL outside EQD"),
                ("crew_count", "CNT+41"),
                ("passenger_count", "CNT+42"),
                $($own),*
            ],
        }
    };
}

/// UN/EDIFACT CUSCAR.
pub(crate) const CUSCAR: Feed = feed!(
    "CUSCAR",
    ("level", "house where RFF names a house bill and a master; master where a master alone; conveyance without CNI"),
    ("bill_number", "RFF+HWB, BH, BM, AWB, AAS, AAM; CNI 1004"),
    ("master_bill", "RFF+MB, MWB, of the consignment or the message"),
    ("ccn", "RFF+XC; on the road RFF+AAM"),
    ("ucr", "RFF+UCN, UCR"),
    ("declaration_ref", "RFF+ABT, ABE, ABO of a consignment"),
    ("description", "FTX+AAA before the first GID"),
    ("items", "GID with PAC, FTX, MEA, PCI, CST, DGS, SGP, MOA, QTY, RFF+HS"),
    ("packages", "CNT+8, CNT+11, QTY, PAC before the first GID"),
    ("package_type", "PAC before the first GID"),
    ("gross_weight_kg", "CNT+7, CNT+32, MEA before the first GID"),
    ("net_weight_kg", "CNT+29, CNT+18, MEA before the first GID"),
    ("volume_m3", "CNT+15, CNT+26, MEA before the first GID"),
    ("customs_value", "MOA+40, 43, 14 of the consignment"),
    ("carriage_value", "MOA+44"),
    ("currency", "MOA 6345")
);

/// UN/EDIFACT CUSREP.
pub(crate) const CUSREP: Feed = feed!(
    "CUSREP",
    ("level", "conveyance"),
    ("description", "FTX+AAA"),
    ("items", "GID"),
    ("ccn", "RFF+XC"),
    ("ucr", "RFF+UCN"),
    ("declaration_ref", "RFF+ABT"),
    ("bill_number", "RFF+BM"),
    ("master_bill", "RFF+MB"),
    ("packages", "CNT+8, CNT+11"),
    ("gross_weight_kg", "CNT+7, CNT+32"),
    ("net_weight_kg", "CNT+29"),
    ("volume_m3", "CNT+15, CNT+26")
);
