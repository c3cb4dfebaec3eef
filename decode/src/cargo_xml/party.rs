//! Parties with their addresses, identifiers and contacts.

use super::super::air;
use super::super::consignments::{Party, PartyRow};
use super::super::findings::Finding;
use super::super::output::Output;
use super::super::xml::Element;
use super::{Message, Scratch};

/// Names under which tax and trader numbers are sent in front of the number itself.
const SCHEMES: &[&str] = &[
    "EORI", "USCI", "CNPJ", "CPF", "VAT", "TIN", "EIN", "NPWP", "IEC", "GSTIN", "GST", "PAN", "BIN", "PIN", "RUC", "RFC", "NIT",
];

/// What a party is by the name of its element, and the subjects of the notes about it.
fn role(element: &str, code: &str) -> (Party, &'static [&'static str]) {
    let by_code = match code {
        "NI" | "NP" | "NFY" | "N1" | "N2" => Some(Party::Notify),
        "CZ" | "CN" | "SHP" => Some(Party::Consignor),
        "CNE" => Some(Party::Consignee),
        "CA" => Some(Party::Carrier),
        "AG" | "FW" | "AGT" | "FFW" | "CB" => Some(Party::Agent),
        "IM" => Some(Party::Importer),
        "EX" => Some(Party::Exporter),
        "SE" => Some(Party::Seller),
        "BY" => Some(Party::Buyer),
        "DT" => Some(Party::Declarant),
        "WH" => Some(Party::Warehouse),
        _ => None,
    };
    let by_name = |part: &str| element.contains(part);
    let party = if element == "AssociatedParty" && by_code.is_some() {
        by_code.unwrap_or_default()
    } else if by_name("Consignor") || by_name("Shipper") {
        Party::Consignor
    } else if by_name("Consignee") {
        Party::Consignee
    } else if by_name("Notif") {
        Party::Notify
    } else if by_name("FreightForwarder") || by_name("Agent") {
        Party::Agent
    } else if by_name("Carrier") {
        Party::Carrier
    } else if by_name("Declarant") {
        Party::Declarant
    } else if by_name("Importer") {
        Party::Importer
    } else if by_name("Exporter") {
        Party::Exporter
    } else if by_name("Seller") {
        Party::Seller
    } else if by_name("Buyer") {
        Party::Buyer
    } else {
        Party::Other
    };
    let subjects: &[&str] = match party {
        Party::Consignor => &["SHP"],
        Party::Consignee => &["CNE"],
        Party::Notify => &["NFY"],
        Party::Agent => &["AGT", "FFW"],
        _ => &[],
    };
    (party, subjects)
}

/// The first customs note about one of these subjects with this code.
fn note<'d>(consignment: Element<'d>, subjects: &[&str], code: &str) -> &'d str {
    if subjects.is_empty() {
        return "";
    }
    let notes = consignment.children().filter(|c| c.name() == "IncludedCustomsNote");
    let found = notes.into_iter().find(|n| n.get("ContentCode") == code && subjects.contains(&n.get("SubjectCode")));
    found.map_or("", |n| n.get("Content"))
}

/// A trader number with the scheme that stands in front of it.
pub(crate) fn trader(value: &str) -> (&str, &str) {
    let scheme = SCHEMES.iter().find(|s| {
        let head = value.get(..s.len()).is_some_and(|h| h.eq_ignore_ascii_case(s));
        head && value.len() >= s.len() + 5 && value[s.len()..].bytes().any(|b| b.is_ascii_digit())
    });
    scheme.map_or(("T", value), |s| (s, value[s.len()..].trim_start_matches([' ', ':', '-', '/'])))
}

/// Appends a party of a consignment; an element without anything in it is none.
pub(super) fn read(
    message: &Message<'_, '_>,
    consignment: Element<'_>,
    element: Element<'_>,
    scratch: &mut Scratch,
    out: &mut Output,
) {
    let code = element.get("RoleCode");
    let (role, subjects) = role(element.name(), code);
    let mut row = PartyRow { role, role_code: if code.is_empty() { element.name() } else { code }, ..PartyRow::default() };
    let mut contact_line = "";
    scratch.name.clear();
    scratch.address.clear();
    let mut identifiers = [("T", ""); 8];
    identifiers[0] = trader(note(consignment, subjects, "T"));
    let mut used = 1;
    for child in element.children() {
        let text = child.text();
        let mut scheme = "";
        match child.name() {
            "Name" => {
                for (i, line) in text.split(['\n', '\r']).map(str::trim_ascii).filter(|l| !l.is_empty()).enumerate() {
                    if i == 0 {
                        scratch.name.push_str(line);
                    } else if let Some(person) = air::attention(line) {
                        contact_line = person;
                    } else if air::is_address(line) {
                        air::join_lines(line, ", ", &mut scratch.address);
                    } else {
                        air::join_lines(line, " ", &mut scratch.name);
                    }
                }
            }
            "PrimaryID" | "AdditionalID" | "ID" | "TaxRegistrationID" => {
                scheme = child.attr("schemeID");
                if scheme.is_empty() {
                    scheme = child.name();
                }
            }
            "AccountID" => scheme = "account",
            "CargoAgentID" => scheme = "IATA agent",
            "SpecifiedCargoAgentLocation" if used < identifiers.len() => {
                identifiers[used] = ("CASS", child.get("ID"));
                used += 1;
            }
            "DefinedTradeContact" if row.contact.is_empty() && row.phone.is_empty() && row.email.is_empty() => {
                contact(child, &mut row);
            }
            name if name.ends_with("Address") && row.country.is_empty() => address(child, &mut row, &mut scratch.address),
            _ => {}
        }
        if !scheme.is_empty() && !text.is_empty() && used < identifiers.len() {
            identifiers[used] = (scheme, text);
            used += 1;
        }
    }
    for (field, other, code) in [(&mut row.contact, contact_line, "CP"), (&mut row.phone, "", "CT")] {
        if field.is_empty() {
            *field = if other.is_empty() { note(consignment, subjects, code) } else { other };
        }
    }
    let first = identifiers.iter().position(|(_, value)| !value.is_empty());
    if let Some(i) = first {
        (row.identifier_scheme, row.identifier) = identifiers[i];
    }
    row.name = &scratch.name;
    row.address = &scratch.address;
    let known = [row.name, row.identifier, row.address, row.city, row.country, row.contact, row.phone];
    if known.iter().all(|k| k.is_empty()) {
        return;
    }
    if row.name.is_empty() && row.identifier.is_empty() {
        out.consignments.notice(Finding::PartyIncomplete, message.raw.place(element.name(), element.at()));
    }
    let others = identifiers[first.map_or(used, |i| i + 1)..used].iter().copied();
    out.consignments.party_with(&row, others);
}

fn address<'d>(element: Element<'d>, row: &mut PartyRow<'d>, lines: &mut String) {
    for child in element.children() {
        let text = child.text();
        match child.name() {
            "StreetName"
            | "AdditionalStreetName"
            | "LineOne"
            | "LineTwo"
            | "LineThree"
            | "BuildingNumber"
            | "CityDistrictName" => {
                air::join_lines(text, ", ", lines);
            }
            "PostOfficeBox" if !text.is_empty() => {
                if !lines.is_empty() {
                    lines.push_str(", ");
                }
                lines.push_str("PO BOX ");
                lines.push_str(text);
            }
            "PostcodeCode" => row.postal_code = text,
            "CityName" => row.city = text,
            "CityID" if row.city.is_empty() => row.city = text,
            "CountrySubDivisionName" => row.region = text,
            "CountrySubDivisionID" if row.region.is_empty() => row.region = text,
            "CountryID" if !text.is_empty() => row.country = text,
            "CountryName" if row.country.is_empty() => row.country = text,
            _ => {}
        }
    }
}

fn contact<'d>(element: Element<'d>, row: &mut PartyRow<'d>) {
    let mut department = "";
    for child in element.children() {
        match child.name() {
            "PersonName" => row.contact = child.text(),
            "DepartmentName" => department = child.text(),
            "DirectTelephoneCommunication" => row.phone = child.get("CompleteNumber"),
            "MobileTelephoneCommunication" if row.phone.is_empty() => row.phone = child.get("CompleteNumber"),
            "URIEmailCommunication" => {
                row.email = child.get("URIID");
                if row.email.is_empty() {
                    row.email = child.get("CompleteNumber");
                }
            }
            _ => {}
        }
    }
    if row.contact.is_empty() {
        row.contact = department;
    }
}
