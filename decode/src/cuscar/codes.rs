//! Code lists of UN/EDIFACT as words of the columns.

use super::super::consignments::{Mode, Party};

/// What a party is (DE 3035).
pub(super) fn role(code: &str) -> Party {
    match code {
        "CZ" | "OS" | "SH" | "SF" | "CGN" => Party::Consignor,
        "CN" | "UC" | "ST" | "DP" | "CNE" => Party::Consignee,
        "NI" | "N1" | "N2" | "NP" => Party::Notify,
        "CA" | "CPE" | "TCR" => Party::Carrier,
        "FW" | "AG" | "AE" | "CG" | "CB" | "FC" | "CF" | "CX" | "GA" => Party::Agent,
        "DT" | "MS" | "AM" | "FR" | "RP" => Party::Declarant,
        "IM" | "IV" | "DEQ" => Party::Importer,
        "EX" => Party::Exporter,
        "SE" | "SU" | "MF" => Party::Seller,
        "BY" | "BT" => Party::Buyer,
        "WH" | "GC" | "TR" | "WD" | "CFS" => Party::Warehouse,
        "VW" | "DR" | "DRV" | "DV" => Party::Driver,
        "FM" | "CW" | "CPT" => Party::Crew,
        _ => Party::Other,
    }
}

/// Whether a party of this kind is a person.
pub(super) fn is_person(code: &str) -> Option<bool> {
    matches!(code, "VW" | "DR" | "DRV" | "DV" | "FM" | "CW" | "CPT" | "FL").then_some(true)
}

/// Mode of transport (DE 8067, with or without a leading zero), else by the means (DE 8179).
pub(super) fn mode(mode: &[u8], means: &[u8]) -> Option<Mode> {
    let mode = mode.strip_prefix(b"0").unwrap_or(mode);
    Mode::of_code(mode).or(match means {
        b"6" | b"40" | b"41" | b"42" => Some(Mode::Air),
        [b'1', _] => Some(Mode::Sea),
        [b'2', _] => Some(Mode::Rail),
        [b'3', _] => Some(Mode::Road),
        [b'8', ..] => Some(Mode::InlandWater),
        _ => None,
    })
}

/// What equipment is (DE 8053); empty for loose cargo and what is not known.
pub(super) fn equipment(code: &str) -> &'static str {
    match code {
        "CN" | "SW" | "PA" | "BX" | "AH" => "container",
        "TE" | "CH" | "TS" | "LU" | "BR" | "TP" | "T1" | "T2" | "TF" | "TL" => "trailer",
        "RR" | "RG" | "RF" => "rail_car",
        "UL" | "AA" | "AB" | "AF" => "unit_load_device",
        "AM" | "VE" | "TR" | "TK" => "vehicle",
        _ => "",
    }
}

/// How full equipment is (DE 8169).
pub(super) fn load(code: &str) -> &'static str {
    match code {
        "4" => "empty",
        "5" | "6" | "7" | "8" => "full",
        _ => "",
    }
}

/// What a message does (DE 1225).
pub(super) fn action(function: &[u8]) -> &'static str {
    match function {
        b"1" | b"3" | b"50" => "cancel",
        b"4" | b"5" | b"20" | b"33" | b"34" | b"35" | b"36" | b"40" => "change",
        b"6" | b"47" => "close",
        _ => "new",
    }
}

/// Whether a weight is net (DE 6313).
pub(super) fn is_net(code: &[u8]) -> bool {
    matches!(code, b"N" | b"AAL" | b"AAF" | b"AAC" | b"NW" | b"NT" | b"AAA")
}

/// Widths at which FTX text is cut: DE 4440 in its releases, and lines of 35.
pub(super) const TEXT: &[usize] = &[70, 512, 350, 256, 35];
