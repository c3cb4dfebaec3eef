//! The travellers (GR2): TIF and what follows it.

use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::super::paxlst::number;
use super::super::travellers::reservation::{Flyer, Payment, Ticket, is_unmasked};
use super::who::{begins, fits, resolve};
use super::{Level, Message, itinerary};

/// Of ten, from the first on.
const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// An amount of money or a weight; a comma may stand for the point.
pub(in super::super) fn amount(text: &[u8]) -> Option<f64> {
    // Up to fifteen digits are exact.
    let (mut digits, mut whole, mut point) = (0, 0_u64, None);
    for b in text {
        match b {
            b'0'..=b'9' if whole < 100_000_000_000_000 => {
                whole = whole * 10 + u64::from(b - b'0');
                digits += 1;
            }
            b'.' | b',' if point.is_none() => point = Some(digits),
            b' ' => {}
            _ => return None,
        }
    }
    let behind = point.map_or(0, |point| digits - point);
    (digits > 0).then(|| match POWERS.get(behind) {
        Some(power) => whole as f64 / power,
        // Noughts are no digits that count, and there may be any number of them.
        None => whole as f64 / 10_f64.powi(behind as i32),
    })
}

/// TIF: `SURNAME:kind+GIVEN:kind:reference:infant`. In the check-in of a leg it points to a traveller of the
/// reservation; elsewhere it begins one.
pub(super) fn begin(reader: &Reader<'_, '_>, m: &mut Message, at: usize) {
    let [_, [surname, of_surname, ..], [given, kind, reference, infant]] = reader.table::<3, 4>();
    // A group has a name and no traveller; a corporate traveller (C) is one.
    if reader.bytes(of_surname) == b"G" || (reader.bytes(kind) == b"G" && given.is_empty()) {
        m.reservation.group_name = surname;
        m.level = Level::Booking;
        return;
    }
    if matches!(m.level, Level::Leg | Level::CheckIn(_) | Level::NotAir) {
        let known = named(reader, m, surname, given, reference);
        let i = known.unwrap_or_else(|| add(reader, m, at, surname, [given, kind, reference, infant]));
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
    let mut i = add(reader, m, at, surname, [given, kind, reference, infant]);
    // Further travellers of the surname, at times in the same segment.
    for element in 3..reader.elements() {
        if !reader.get(element, 0).is_empty() {
            i = add(reader, m, at, surname, reader.element(element));
        }
    }
    m.level = Level::Traveller(i);
}

/// Adds a traveller: surname, and what stands beside it (given names, kind, reference, infant).
fn add(reader: &Reader<'_, '_>, m: &mut Message, at: usize, surname: Slice, beside: [Slice; 4]) -> usize {
    let [given, kind, reference, infant] = beside;
    let i = m.add_traveller(at);
    let traveller = &mut m.travellers[i];
    let person = &mut traveller.person;
    (person.name[0], person.name[1]) = (surname, given);
    traveller.booked.kind = match reader.bytes(kind) {
        b"A" | b"ADT" => "adult",
        b"C" | b"CH" | b"CHD" | b"CNN" => "child",
        b"IN" | b"INF" | b"I" | b"INS" => "infant",
        _ => "",
    };
    traveller.booked.reference = reference;
    traveller.booked.with_infant = reader.bytes(infant) == b"1";
    if reader.bytes(surname) == b"TBA" {
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
    let flyers = match m.at_hand() {
        Some(i) => &mut m.travellers[i].booked.flyers,
        None => &mut m.reservation.flyers,
    };
    let mut carrier = Slice::default();
    let mut numbered = false;
    reader.each(|element, component, text| match component {
        _ if element == 0 => {}
        0 => (carrier, numbered) = (text, false),
        1 if !text.is_empty() => {
            flyers.push(Flyer { carrier, number: text, level: Slice::default() });
            numbered = true;
        }
        1 => {}
        _ => {
            if let Some(last) = flyers.last_mut().filter(|last| numbered && last.level.is_empty()) {
                last.level = text;
            }
        }
    });
}

/// REF: the carrier's own reference of the traveller.
pub(super) fn reference(reader: &Reader<'_, '_>, m: &mut Message) {
    let Level::Traveller(i) = m.level else { return };
    let [first, second] = reader.element(1);
    let value = if second.is_empty() { first } else { second };
    let slot = &mut m.travellers[i].person.carrier_ref;
    if slot.is_empty() {
        *slot = value;
    }
}

/// FAR: kind and age of the traveller, and the fare basis.
pub(super) fn fare(reader: &Reader<'_, '_>, m: &mut Message) {
    let Level::Traveller(i) = m.level else { return };
    let [_, [kind], [age], _, _, _, [sixth], [seventh]] = reader.table::<8, 1>();
    let booked = &mut m.travellers[i].booked;
    if booked.kind.is_empty() {
        booked.kind = match reader.bytes(kind) {
            b"A" => "adult",
            b"C" | b"CH" => "child",
            b"IN" | b"I" => "infant",
            _ => "",
        };
    }
    booked.age = number(reader.bytes(age)).filter(|n| *n < 130).map(|n| n as i32).or(booked.age);
    if booked.fare_basis.is_empty() {
        booked.fare_basis = if seventh.is_empty() { sixth } else { seventh };
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
    let mut take = |[kind, text, currency]: [Slice; 3]| {
        if text.is_empty() {
            return;
        }
        let Some(value) = amount(reader.bytes(text)) else {
            unreadable = true;
            return;
        };
        let found = Some((value, currency));
        match reader.bytes(kind) {
            b"T" | b"TOT" => total = found,
            b"" if base.is_some() => total = total.or(found),
            _ => base = base.or(found),
        }
    };
    if reader.elements() <= 3 {
        let [_, first, second] = reader.table();
        take(first);
        take(second);
    } else {
        (1..reader.elements()).for_each(|e| take(reader.element(e)));
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
        let parts = reader.element::<6>(element);
        if parts.iter().all(|part| part.is_empty()) && (6..reader.components(element)).all(|c| reader.get(element, c).is_empty())
        {
            continue;
        }
        let [kind, _, sum, vendor, number, expiry] = parts;
        let value = amount(reader.bytes(sum));
        if value.is_none() && !sum.is_empty() {
            m.note_one(Finding::AmountUnreadable);
        }
        let masked = !is_unmasked(reader.bytes(number));
        let payment = Payment { kind, amount: value, vendor, number, expiry, masked, ..Payment::default() };
        if !masked {
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
        assert_eq!((amount(b"0.0000000000000000001"), amount(b"123456789012345")), (Some(1e-19), Some(123_456_789_012_345.0)));
        assert_eq!(amount(b"1234567890123456"), None);
        for none in ["", ".", "1.2.3", "A", "-1"] {
            assert_eq!(amount(none.as_bytes()), None, "{none}");
        }
    }
}
