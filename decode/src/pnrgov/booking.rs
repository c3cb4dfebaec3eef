//! The booking (GR1): locators, times, agency, excess bags.

use tamis_records::country::alpha3;

use super::super::dates;
use super::super::edifact::Reader;
use super::super::findings::Finding;
use super::super::paxlst::{Country, number};
use super::super::travellers::reservation::Locator;
use super::{Level, Message};

/// RCI: locators, `carrier:locator:type:ddmmyy:hhmm` each.
pub(super) fn locators(reader: &Reader<'_, '_>, m: &mut Message) {
    let split = std::mem::take(&mut m.split);
    for element in 1..reader.elements() {
        let locator = reader.get(element, 1);
        if locator.is_empty() {
            continue;
        }
        let text = reader.bytes(locator);
        if m.reservation.locators.iter().any(|l| reader.bytes(l.locator) == text) {
            continue;
        }
        // The date may stand where the type is missing: `DL:MFN4TI:ddmmyy:hhmm`.
        let at = if reader.field(element, 2).len() == 6 && reader.get(element, 4).is_empty() { 2 } else { 3 };
        let date = reader.field(element, at);
        let created = dates::day_first(date, reader.field(element, at + 1)).map(|(t, _)| t);
        if created.is_none() && !date.is_empty() {
            m.note_one(Finding::BookingTimeUnreadable);
        }
        if m.reservation.booked.is_none() && !split {
            m.reservation.booked = created;
        }
        m.reservation.locators.push(Locator { carrier: reader.get(element, 0), locator, created, split });
    }
}

/// The time in an element of DAT: `qualifier:ddmmyy:hhmm`.
pub(super) fn time(reader: &Reader<'_, '_>, element: usize) -> Option<i64> {
    dates::day_first(reader.field(element, 1), reader.field(element, 2)).map(|(t, _)| t)
}

/// DAT: 700 last change, 710 booking or ticketing, 2 check-in.
pub(super) fn times(reader: &Reader<'_, '_>, m: &mut Message) {
    for element in 1..reader.elements() {
        let time = time(reader, element);
        if time.is_none() {
            // `DAT` and `DAT+2:` without a time say nothing.
            if !reader.get(element, 1).is_empty() {
                m.note_one(Finding::BookingTimeUnreadable);
            }
            continue;
        }
        match (reader.field(element, 0), m.level) {
            (b"710", Level::Traveller(i)) => {
                let day = time.map(|t| t.div_euclid(86_400_000_000) as i32);
                for ticket in m.travellers[i].booked.tickets.iter_mut().filter(|t| t.issued.is_none()) {
                    ticket.issued = day;
                }
            }
            (b"700", Level::Booking | Level::Traveller(_)) => m.reservation.changed = m.reservation.changed.or(time),
            (b"710", Level::Booking) => m.reservation.booked = m.reservation.booked.or(time),
            (b"2" | b"710" | b"", Level::Leg | Level::CheckIn(_)) => {
                if let Some(leg) = m.reservation.legs.last_mut() {
                    leg.checked_in = time;
                }
            }
            _ => {}
        }
    }
}

/// ORG: who booked. Behind legs it names the system that delivers the check-in, which is not kept.
pub(super) fn agency(reader: &Reader<'_, '_>, m: &mut Message) {
    let r = &mut m.reservation;
    let known = !r.agency_system.is_empty() || !r.agency_iata.is_empty() || !r.agency_office.is_empty();
    if known || !matches!(m.level, Level::Booking | Level::Traveller(_)) {
        return;
    }
    r.agency_system = reader.get(1, 0);
    r.agency_city = [reader.get(3, 0), reader.get(1, 1)].into_iter().find(|s| !s.is_empty()).unwrap_or_default();
    r.agency_iata = reader.get(2, 0);
    r.agency_office = reader.get(2, 1);
    if !reader.bytes(r.agency_iata).iter().all(u8::is_ascii_digit) && r.agency_office.is_empty() {
        r.agency_office = std::mem::take(&mut r.agency_iata);
    }
    r.agency_kind = reader.get(5, 0);
    let country = reader.get(6, 0);
    r.agency_country = match alpha3(reader.text(country)) {
        Some(code) => Country::Code(code),
        None if country.is_empty() => Country::None,
        None => Country::Sent(country),
    };
    // `GB:GBP`; without a country `:SGD` stands one element later at times.
    r.agency_currency = [reader.get(6, 1), reader.get(7, 1)].into_iter().find(|s| s.len() == 3).unwrap_or_default();
}

/// EBD: `currency:charge` and `bags::unit`.
pub(super) fn excess_bags(reader: &Reader<'_, '_>, m: &mut Message) {
    let charge = reader.get(1, 1);
    let amount = super::traveller::amount(reader.bytes(charge));
    if amount.is_none() && !charge.is_empty() {
        m.note_one(Finding::AmountUnreadable);
    }
    let r = &mut m.reservation;
    r.excess_currency = reader.get(1, 0);
    r.excess_charge = amount;
    r.excess_count = number(reader.field(2, 0)).and_then(|n| i32::try_from(n).ok());
}
