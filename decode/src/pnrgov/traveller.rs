//! The travellers (GR2): TIF and what follows it.

use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::super::paxlst::number;
use super::super::travellers::reservation::{Flyer, Payment, Ticket, is_unmasked};
use super::who::{begins, fits, resolve};
use super::{Level, Message, itinerary};

/// An amount of money or a weight; a comma may stand for the point.
pub(in super::super) fn amount(text: &[u8]) -> Option<f64> {
    let mut whole = 0_f64;
    let mut scale = 0_f64;
    let mut any = false;
    for b in text.iter().filter(|b| **b != b' ') {
        match b {
            b'0'..=b'9' => {
                any = true;
                whole = whole * 10.0 + f64::from(b - b'0');
                scale *= 10.0;
            }
            b'.' | b',' if scale == 0.0 => scale = 1.0,
            _ => return None,
        }
    }
    (any && whole < 1e15).then(|| if scale > 1.0 { whole / scale } else { whole })
}

/// TIF: `SURNAME:kind+GIVEN:kind:reference:infant`. In the check-in of a leg it points to a traveller of the
/// reservation; elsewhere it begins one.
pub(super) fn begin(reader: &Reader<'_, '_>, m: &mut Message, at: usize) {
    let surname = reader.get(1, 0);
    // A group has a name and no traveller; a corporate traveller (C) is one.
    if reader.field(1, 1) == b"G" || (reader.field(2, 1) == b"G" && reader.get(2, 0).is_empty()) {
        m.reservation.group_name = surname;
        m.level = Level::Booking;
        return;
    }
    if matches!(m.level, Level::Leg | Level::CheckIn(_) | Level::NotAir) {
        let (given, reference) = (reader.get(2, 0), reader.get(2, 2));
        let known = named(reader, m, surname, given, reference);
        let i = known.unwrap_or_else(|| add(reader, m, at, 2));
        if m.boarding.is_some() {
            if known.is_none() {
                m.travellers[i].person.findings.add(Finding::TravellerUnlisted);
            }
            itinerary::board(m, i);
        } else if known.is_none() {
            // Legs stood in front of the travellers.
            m.level = Level::Traveller(i);
        } else {
            m.level = Level::CheckIn(Some(i));
        }
        return;
    }
    itinerary::end_check_in(reader, m);
    let mut i = add(reader, m, at, 2);
    // Further travellers of the surname, at times in the same segment.
    for element in 3..reader.elements() {
        if !reader.get(element, 0).is_empty() {
            i = add(reader, m, at, element);
        }
    }
    m.level = Level::Traveller(i);
}

/// Adds the traveller whose given names stand in `element`.
fn add(reader: &Reader<'_, '_>, m: &mut Message, at: usize, element: usize) -> usize {
    let i = m.add_traveller(at);
    let traveller = &mut m.travellers[i];
    let person = &mut traveller.person;
    person.name[0] = reader.get(1, 0);
    person.name[1] = reader.get(element, 0);
    let kind = reader.field(element, 1);
    traveller.booked.kind = match kind {
        b"A" | b"ADT" => "adult",
        b"C" | b"CH" | b"CHD" | b"CNN" => "child",
        b"IN" | b"INF" | b"I" | b"INS" => "infant",
        _ => "",
    };
    traveller.booked.reference = reader.get(element, 2);
    traveller.booked.with_infant = reader.field(element, 3) == b"1";
    if reader.field(1, 0) == b"TBA" {
        person.findings.add(Finding::NameToBeAdvised);
    }
    i
}

/// The traveller of the reservation whom a name and a reference mean; both count alike, and either is enough.
fn named(reader: &Reader<'_, '_>, m: &Message, surname: Slice, given: Slice, reference: Slice) -> Option<usize> {
    let by_reference = resolve(reader, m, reference);
    let fit = |i: usize| {
        let name = &m.travellers[i].person.name;
        fits(reader, name, reader.bytes(surname), reader.bytes(given))
    };
    // The same number and given name: the surname was misspelt in one of the places.
    let given_fits = |i: usize| begins(reader.bytes(m.travellers[i].person.name[1]), reader.bytes(given));
    if let Some(i) = by_reference
        && (fit(i) > 0 || (!given.is_empty() && given_fits(i)))
    {
        return Some(i);
    }
    (0..m.used).find(|i| fit(*i) == 2).or(by_reference.filter(|_| surname.is_empty()))
}

/// FTI: accounts, `carrier:number:…:level`.
pub(super) fn frequent_flyer(reader: &Reader<'_, '_>, m: &mut Message) {
    let target = m.at_hand();
    for element in 1..reader.elements() {
        let number = reader.get(element, 1);
        if number.is_empty() {
            continue;
        }
        let level = (2..reader.components(element)).map(|c| reader.get(element, c)).find(|s| !s.is_empty());
        let flyer = Flyer { carrier: reader.get(element, 0), number, level: level.unwrap_or_default() };
        match target {
            Some(i) => m.travellers[i].booked.flyers.push(flyer),
            None => m.reservation.flyers.push(flyer),
        }
    }
}

/// REF: the carrier's own reference of the traveller.
pub(super) fn reference(reader: &Reader<'_, '_>, m: &mut Message) {
    let Level::Traveller(i) = m.level else { return };
    let value = [reader.get(1, 1), reader.get(1, 0)].into_iter().find(|s| !s.is_empty()).unwrap_or_default();
    let slot = &mut m.travellers[i].person.carrier_ref;
    if slot.is_empty() {
        *slot = value;
    }
}

/// FAR: kind and age of the traveller, and the fare basis.
pub(super) fn fare(reader: &Reader<'_, '_>, m: &mut Message) {
    let Level::Traveller(i) = m.level else { return };
    let booked = &mut m.travellers[i].booked;
    if booked.kind.is_empty() {
        booked.kind = match reader.field(1, 0) {
            b"A" => "adult",
            b"C" | b"CH" => "child",
            b"IN" | b"I" => "infant",
            _ => "",
        };
    }
    booked.age = number(reader.field(2, 0)).filter(|n| *n < 130).map(|n| n as i32).or(booked.age);
    let basis = [reader.get(7, 0), reader.get(6, 0)].into_iter().find(|s| !s.is_empty()).unwrap_or_default();
    if booked.fare_basis.is_empty() {
        booked.fare_basis = basis;
    }
}

/// TKT: `number:type:booklets`; without a number the traveller flies ticketless.
pub(super) fn ticket(reader: &Reader<'_, '_>, m: &mut Message) {
    let number = reader.get(1, 0);
    let Some(i) = m.at_hand() else { return };
    if number.is_empty() {
        return;
    }
    let tickets = &mut m.travellers[i].booked.tickets;
    if !tickets.iter().any(|t| reader.bytes(t.number) == reader.bytes(number)) {
        tickets.push(Ticket { number, ..Ticket::default() });
    }
}

/// MON: `B:amount:currency` base fare and `T:amount:currency` total, of one ticket. Some leave out the letters.
pub(super) fn money(reader: &Reader<'_, '_>, m: &mut Message) {
    let Level::Traveller(i) = m.level else { return };
    let mut base = None;
    let mut total = None;
    let mut unreadable = false;
    for element in 1..reader.elements() {
        let text = reader.field(element, 1);
        if text.is_empty() {
            continue;
        }
        let Some(value) = amount(text) else {
            unreadable = true;
            continue;
        };
        let found = Some((value, reader.get(element, 2)));
        match reader.field(element, 0) {
            b"T" | b"TOT" => total = found,
            b"" if base.is_some() => total = total.or(found),
            _ => base = base.or(found),
        }
    }
    let traveller = &mut m.travellers[i];
    if unreadable {
        traveller.person.findings.add(Finding::AmountUnreadable);
    }
    let Some((value, currency)) = total.or(base) else { return };
    let booked = &mut traveller.booked;
    // Several tickets add up where their currency is the same.
    if booked.fare.is_none() {
        (booked.fare, booked.fare_currency) = (Some(value), currency);
    } else if reader.bytes(booked.fare_currency) == reader.bytes(currency) {
        booked.fare = booked.fare.map(|f| f + value);
    }
}

/// FOP: `kind:…:amount:vendor:number:expiry` each.
pub(super) fn payment(reader: &Reader<'_, '_>, m: &mut Message) {
    for element in 1..reader.elements() {
        let get = |component| reader.get(element, component);
        if (0..reader.components(element)).all(|c| get(c).is_empty()) {
            continue;
        }
        let value = amount(reader.bytes(get(2)));
        if value.is_none() && !get(2).is_empty() {
            m.note_one(Finding::AmountUnreadable);
        }
        let payment =
            Payment { kind: get(0), amount: value, vendor: get(3), number: get(4), expiry: get(5), ..Payment::default() };
        if is_unmasked(reader.bytes(payment.number)) {
            m.note_one(Finding::CardUnmasked);
        }
        match m.level {
            Level::Traveller(i) => m.travellers[i].booked.payments.push(payment),
            _ => m.reservation.payments.push(payment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts() {
        assert_eq!(amount(b"2957.94"), Some(2957.94));
        assert_eq!(amount(b"800"), Some(800.0));
        assert_eq!(amount(b"40,00"), Some(40.0));
        assert_eq!(amount(b"5."), Some(5.0));
        for none in ["", ".", "1.2.3", "A", "-1"] {
            assert_eq!(amount(none.as_bytes()), None, "{none}");
        }
    }
}
