//! Legs and contacts.

use super::super::dates;
use super::super::edifact::Slice;
use super::super::findings::{Finding, Findings};
use super::super::travellers::reservation::Leg;
use super::super::xml::Element;
use super::{Kept, attr, code_of};

/// A flight number without leading zeros, and its suffix.
fn number(kept: &mut Kept, number: &str, suffix: &str) -> Slice {
    let number = number.trim_ascii();
    let digits = number.trim_start_matches('0');
    let digits = if digits.starts_with(|c: char| c.is_ascii_digit()) || number.is_empty() { digits } else { number };
    let at = kept.0.len();
    kept.0.extend_from_slice(digits.as_bytes());
    kept.0.extend_from_slice(suffix.trim_ascii().as_bytes());
    Slice::new(at, kept.0.len() - at)
}

/// `FlightLeg` of the header, and `Flight` of a reservation.
pub(super) fn leg(element: Element<'_>, kept: &mut Kept, findings: &mut Findings) -> Leg {
    let mut time = |name: &str| {
        let text = attr(element, &[name]);
        let read = dates::iso(text);
        if read.is_none() && !text.is_empty() {
            findings.add(Finding::FlightTimeUnreadable);
        }
        if read.is_some_and(|(_, date_only)| date_only) {
            findings.add(Finding::FlightTimeDateOnly);
        }
        read.map(|(time, _)| time)
    };
    let (departure, arrival) = (time("DepartureDateTime"), time("ArrivalDateTime"));
    let port = |name: &str| code_of(element, name, &["LocationCode"]);
    let own = [
        attr(element, &["CarrierCode"]),
        code_of(element, "MarketingAirline", &["Code"]),
        code_of(element, "OperatingAirline", &["Code"]),
    ];
    let carrier = own.into_iter().find(|c| !c.is_empty()).unwrap_or_default();
    let operating = code_of(element, "OperatingAirline", &["Code"]);
    let marketed = code_of(element, "MarketingAirline", &["FlightNumber"]);
    let flight = [attr(element, &["FlightNumber"]), marketed].into_iter().find(|f| !f.is_empty()).unwrap_or_default();
    let operated = code_of(element, "OperatingAirline", &["FlightNumber"]);
    Leg {
        carrier: kept.put(carrier),
        flight: number(kept, flight, attr(element, &["OperationalSuffix"])),
        departure_port: kept.put(port("DepartureAirport")),
        arrival_port: kept.put(port("ArrivalAirport")),
        departure,
        arrival,
        operating_carrier: kept.put(if operating == carrier && operated.is_empty() { "" } else { operating }),
        operating_flight: number(kept, operated, ""),
        booking_class: kept.put(attr(element, &["ResBookDesigCode", "BookingClass"])),
        status: kept.put(attr(element, &["Status"])),
        seats: attr(element, &["NumberInParty"]).trim_ascii().parse().ok(),
        checked_in: None,
    }
}

/// `ContactInfo`: telephone, mail and address.
pub(super) fn contact(element: Element<'_>, kept: &mut Kept, out: &mut Vec<(&'static str, Slice)>) {
    let phone = attr(element, &["PhoneNumber"]);
    if phone.bytes().filter(u8::is_ascii_digit).count() >= 6 {
        out.push(("TE", kept.put(phone)));
    }
    let mail = attr(element, &["EmailAddress", "Email"]);
    if mail.contains('@') {
        out.push(("EM", kept.put(mail)));
    }
    let text = |name: &'static str| element.children().filter(move |c| c.name() == name).map(Element::text).filter(|t| *t != "-");
    let parts = ["AddressLine", "StreetNmbr", "CityName", "PostalCode", "StateProv", "CountryName"].into_iter().flat_map(text);
    let address = kept.join(parts);
    if !address.is_empty() {
        out.push(("AD", address));
    }
}

/// Free text, of which only contacts are kept.
pub(super) fn contact_text(element: Element<'_>, kept: &mut Kept, out: &mut Vec<(&'static str, Slice)>) {
    for text in std::iter::once(element).chain(element.descendants()).map(Element::text) {
        let Some(at) = text.find("CTC") else { continue };
        let rest = text[at + 3..].trim_ascii_start();
        let Some(kind) = rest.bytes().next() else { continue };
        let value = rest.get(1..).unwrap_or_default().trim_ascii();
        if kind == b'E' {
            let mail = value.split(' ').next().unwrap_or_default();
            let mail = mail.replace("//", "@").replace("..", "_").replace("./", "-");
            if mail.contains('@') {
                out.push(("EM", kept.put(&mail)));
            }
        } else {
            let from = value.find(|c: char| c.is_ascii_digit() || c == '+').unwrap_or(value.len());
            let number = &value[from..];
            let end = number.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(number.len());
            if number[..end].bytes().filter(u8::is_ascii_digit).count() >= 6 {
                out.push(("TE", kept.put(&number[..end])));
            }
        }
    }
}
