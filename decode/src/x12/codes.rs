//! Code lists of X12 as words of the columns.

use super::super::consignments::{Mode, Party};

/// What a party is, by its entity identifier (DE 98).
pub(super) fn role(code: &str) -> Party {
    match code {
        "SH" | "CI" | "SF" | "OO" | "CZ" | "OS" => Party::Consignor,
        "CN" | "UC" | "IC" | "ST" | "CD" | "CE" => Party::Consignee,
        "N1" | "N2" | "NP" | "NI" | "AD" | "N3" => Party::Notify,
        "CA" | "MC" | "SS" | "RR" | "AI" | "OC" | "DC" | "IK" => Party::Carrier,
        "CB" | "XQ" | "XR" | "XU" | "BR" | "AG" | "FW" | "IF" | "CS" => Party::Agent,
        "EF" | "FN" | "40" | "41" | "TM" => Party::Declarant,
        "IM" | "IR" | "IO" => Party::Importer,
        "EX" => Party::Exporter,
        "SE" | "SU" | "VN" | "MF" | "20" => Party::Seller,
        "BY" | "BT" | "SO" | "OB" => Party::Buyer,
        "WH" | "TR" | "FA" | "CL" | "LG" => Party::Warehouse,
        "D1" | "VC" => Party::Driver,
        "86" | "BM" | "EG" | "FM" | "Q1" | "Q2" | "W1" => Party::Crew,
        _ => Party::Other,
    }
}

/// Whether an entity identifier names no party but a place.
pub(super) fn is_place(code: &str) -> bool {
    matches!(code, "FS" | "R3" | "ND" | "DT" | "OT" | "PS")
}

/// Mode of transport by the method code (DE 91).
pub(super) fn mode(code: &str) -> Option<Mode> {
    Some(match code {
        "O" | "S" | "VE" | "VL" | "SS" | "OC" | "10" | "11" | "12" => Mode::Sea,
        "R" | "RC" | "RR" | "X" | "2" | "20" | "21" => Mode::Rail,
        "M" | "J" | "LT" | "T" | "H" | "TT" | "PT" | "BU" | "C" | "MB" | "D" | "K" | "30" | "31" => Mode::Road,
        "A" | "AE" | "AF" | "AC" | "FA" | "SE" | "AR" | "40" | "41" => Mode::Air,
        "I" | "W" | "B" | "BP" | "80" => Mode::InlandWater,
        "U" | "PP" | "Z" | "6" | "50" => Mode::Post,
        _ => return None,
    })
}

/// What a piece of equipment is, by its description code (DE 40); empty where it is no code of one.
pub(super) fn equipment(code: &str) -> &'static str {
    match code {
        "2B" | "4B" | "20" | "40" | "45" | "CN" | "CC" | "CX" | "CZ" | "C" | "OV" | "RF" | "TK" | "2A" | "4A" | "2D" | "2E"
        | "2F" | "4E" | "4F" | "5B" | "CV" | "FR" | "FT" | "RC" | "PL" | "IB" | "OT" | "UC" | "SC" | "9B" => "container",
        "TL" | "TF" | "TV" | "TW" | "TH" | "TA" | "TB" | "TC" | "TG" | "TI" | "TJ" | "TM" | "TN" | "TP" | "TQ" | "TS" | "RT"
        | "FX" | "FP" | "FS" | "LO" | "CH" | "PT" | "ET" | "DT" | "2T" | "SV" | "HV" | "V1" | "DD" => "trailer",
        "RR" | "RX" | "BX" | "HC" | "HP" | "GS" | "FF" | "CQ" | "RS" | "TR" | "RA" | "LS" | "VR" | "OB" | "CP" | "RO" => {
            "rail_car"
        }
        "UL" | "UA" | "UB" | "UD" | "UE" | "UP" | "A1" | "A2" | "LD" => "unit_load_device",
        "VE" | "VA" | "TT" | "BU" | "PU" | "AU" | "TU" | "MV" | "ST" | "SR" => "vehicle",
        _ => "",
    }
}

/// How full equipment is (DE 322).
pub(super) fn load(code: &str) -> &'static str {
    match code {
        "L" | "T" | "P" => "full",
        "E" => "empty",
        _ => "",
    }
}

/// Who pays the freight (DE 146).
pub(super) fn payment(code: &str) -> &str {
    match code {
        "PP" | "PC" | "PO" | "PR" | "PU" => "prepaid",
        "CC" | "CD" | "CF" => "collect",
        other => other,
    }
}

/// What a manifest does (DE 256, manifest type).
pub(super) fn manifest_action(code: &str) -> &'static str {
    match code {
        "B" | "C" | "D" | "F" | "I" | "L" | "M" | "V" | "X" | "Y" => "change",
        _ => "new",
    }
}

/// What a transaction set does (DE 353, purpose); `None` where it is not said.
pub(super) fn purpose(code: &str) -> Option<&'static str> {
    Some(match code {
        "" => return None,
        "01" | "03" | "17" => "cancel",
        "02" | "04" | "05" | "15" | "19" | "20" | "21" | "24" | "31" | "52" | "55" => "change",
        "51" => "close",
        _ => "new",
    })
}

/// What an amendment does to a bill (DE 580, amendment type; DE 306, action).
pub(super) fn amendment(kind: &str, action: &str) -> &'static str {
    match (kind, action) {
        ("D", _) | ("", "D" | "3" | "03") => "cancel",
        ("A", _) | ("", "A" | "1" | "01") => "new",
        _ => "change",
    }
}
