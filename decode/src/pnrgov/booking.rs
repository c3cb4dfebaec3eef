//! The booking (GR1): locators, times, agency, excess bags.

use tamis_records::country::alpha3;

use super::super::dates;
use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::super::paxlst::{Country, number};
use super::super::travellers::reservation::Locator;
use super::{Level, Message};

/// RCI: locators, `carrier:locator:type:ddmmyy:hhmm` each.
pub(super) fn locators(reader: &Reader<'_, '_>, m: &mut Message) {
    let split = std::mem::take(&mut m.split);
    for element in 1..reader.elements() {
        let [carrier, locator, kind, date, clock] = reader.element::<5>(element);
        if locator.is_empty() {
            continue;
        }
        let text = reader.bytes(locator);
        if m.reservation.locators.iter().any(|l| reader.bytes(l.locator) == text) {
            continue;
        }
        // The date may stand where the type is missing: `DL:MFN4TI:ddmmyy:hhmm`.
        let (date, clock) = if kind.len() == 6 && clock.is_empty() { (kind, date) } else { (date, clock) };
        let created = dates::day_first(reader.bytes(date), reader.bytes(clock)).map(|(t, _)| t);
        if created.is_none() && !date.is_empty() {
            m.note_one(Finding::BookingTimeUnreadable);
        }
        if m.reservation.booked.is_none() && !split {
            m.reservation.booked = created;
        }
        m.reservation.locators.push(Locator { carrier, locator, created, split });
    }
}

/// The time in an element of DAT: `qualifier:ddmmyy:hhmm`.
pub(super) fn time(reader: &Reader<'_, '_>, [_, date, clock]: [Slice; 3]) -> Option<i64> {
    dates::day_first(reader.bytes(date), reader.bytes(clock)).map(|(t, _)| t)
}

/// DAT: 700 last change, 710 booking or ticketing, 2 check-in.
pub(super) fn times(reader: &Reader<'_, '_>, m: &mut Message) {
    for element in 1..reader.elements() {
        let parts @ [qualifier, date, _] = reader.element::<3>(element);
        let time = time(reader, parts);
        if time.is_none() {
            // `DAT` and `DAT+2:` without a time say nothing.
            if !date.is_empty() {
                m.note_one(Finding::BookingTimeUnreadable);
            }
            continue;
        }
        match (reader.bytes(qualifier), m.level) {
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
    let [_, [system, of_system], [iata, office], [city, _], _, [kind, _], [country, currency], [_, behind]] =
        reader.table::<8, 2>();
    (r.agency_system, r.agency_iata, r.agency_office, r.agency_kind) = (system, iata, office, kind);
    r.agency_city = if city.is_empty() { of_system } else { city };
    if !reader.bytes(r.agency_iata).iter().all(u8::is_ascii_digit) && r.agency_office.is_empty() {
        r.agency_office = std::mem::take(&mut r.agency_iata);
    }
    r.agency_country = match alpha3(reader.text(country)) {
        Some(code) => Country::Code(code),
        None if country.is_empty() => Country::None,
        None => Country::Sent(country),
    };
    // `GB:GBP`; without a country `:SGD` stands one element later at times.
    r.agency_currency = [currency, behind].into_iter().find(|s| s.len() == 3).unwrap_or_default();
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
