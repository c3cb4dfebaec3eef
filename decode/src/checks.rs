//! Check digits and shapes of the identifiers on consignments.

use tamis_records::identifiers;

/// Whether a container number has the owner, category, serial number and check digit of ISO 6346.
pub(crate) fn container(number: &str) -> bool {
    identifiers::container::check(number).is_ok()
}

/// Whether a ship number has its check digit (IMO Resolution A.1117(30)).
pub(crate) fn ship(number: &str) -> bool {
    identifiers::imo::check(number).is_ok()
}

/// Whether a commodity code is one of the Harmonized System, national digits included.
pub(crate) fn commodity(code: &str) -> bool {
    code.len() >= 4 && identifiers::hs::check(code).is_ok()
}

/// Whether a number of dangerous goods is one of the United Nations' list.
pub(crate) fn dangerous(number: &str) -> bool {
    identifiers::un_number::check(number).is_ok()
}

/// Whether a cargo control number is a carrier code and a reference.
pub(crate) fn cargo_control(number: &str) -> bool {
    identifiers::ccn::check(number).is_ok()
}
