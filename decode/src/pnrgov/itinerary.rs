//! The legs (GR5) and what happens on them: code-share, status, check-in, seats, bags.

use super::super::dates;
use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::super::paxlst::number;
use super::super::travellers::reservation::{Bag, CheckIn, Leg, Seat};
use super::who::resolve;
use super::{Level, Message};

/// A flight number without leading zeros.
fn flight_number(reader: &Reader<'_, '_>, number: Slice) -> Slice {
    let text = reader.bytes(number);
    let zeros = text.iter().take_while(|b| **b == b'0').count();
    // Flight 0 keeps its nought.
    number.skip(if text.get(zeros).is_some_and(u8::is_ascii_digit) { zeros } else { zeros.saturating_sub(1) })
}

/// TVL: `ddmmyy:hhmm:ddmmyy:hhmm+from+to+marketing:operating+number:class`. A missing date of arrival is
/// that of departure; some write the time of arrival in its place.
pub(super) fn read(reader: &Reader<'_, '_>) -> (Leg, Option<Finding>) {
    let [_, times, [departure_port, ..], [arrival_port, ..], [carrier, operating_carrier, ..], [number, booking_class, ..]] =
        reader.table::<6, 4>();
    let [from, departs, to, arrives] = times.map(|time| reader.bytes(time));
    let (to, arrives) = match (to, arrives) {
        (clock, b"") if clock.len() == 4 => (from, clock),
        (b"", clock) if !clock.is_empty() => (from, clock),
        both => both,
    };
    let mut finding = None;
    let mut time = |date: &[u8], clock: &[u8]| {
        if date.is_empty() && clock.is_empty() {
            return None;
        }
        let read = dates::day_first(date, clock);
        match read {
            None => finding = Some(Finding::FlightTimeUnreadable),
            Some((_, true)) if finding.is_none() => finding = Some(Finding::FlightTimeDateOnly),
            _ => {}
        }
        // An unreadable clock leaves the day.
        read.or_else(|| dates::day_first(date, b"")).map(|(t, _)| t)
    };
    let leg = Leg {
        departure: time(from, departs),
        arrival: time(to, arrives),
        departure_port,
        arrival_port,
        carrier,
        operating_carrier,
        flight: flight_number(reader, number),
        booking_class,
        ..Leg::default()
    };
    (leg, finding)
}

/// TVL in a reservation: the next leg, or the operating flight of the last one (`TVL+++++972:M`).
pub(super) fn leg(reader: &Reader<'_, '_>, m: &mut Message) {
    end_check_in(reader, m);
    let (leg, finding) = read(reader);
    let ports = reader.bytes(leg.departure_port).len() == 3 && reader.bytes(leg.arrival_port).len() == 3;
    if m.level == Level::NotAir && !ports {
        return;
    }
    if leg.departure_port.is_empty() && leg.arrival_port.is_empty() && leg.departure.is_none() {
        if let Some(last) = m.reservation.legs.last_mut() {
            last.operating_flight = leg.flight;
            if !leg.carrier.is_empty() {
                last.operating_carrier = leg.carrier;
            }
        }
        return;
    }
    m.level = Level::Leg;
    if let Some(finding) = finding {
        m.note_one(finding);
    }
    m.reservation.legs.push(leg);
}

/// TRA: the flight that operates the leg.
pub(super) fn operating(reader: &Reader<'_, '_>, m: &mut Message) {
    if let Some(leg) = m.reservation.legs.last_mut() {
        let carrier = reader.get(1, 0);
        if !carrier.is_empty() {
            leg.operating_carrier = carrier;
        }
        leg.operating_flight = flight_number(reader, reader.get(2, 0));
    }
}

/// RPI: number of seats and status of the booking on the leg.
pub(super) fn status(reader: &Reader<'_, '_>, m: &mut Message) {
    if m.level == Level::NotAir {
        return;
    }
    let [_, [seats, beside], [status, _]] = reader.table::<3, 2>();
    let seats = number(reader.bytes(seats));
    let status = if status.is_empty() { beside } else { status };
    if let Some(leg) = m.reservation.legs.last_mut() {
        leg.status = status;
        leg.seats = seats.and_then(|n| i32::try_from(n).ok());
    }
}

/// The last leg.
fn last_leg(m: &Message) -> Option<usize> {
    m.reservation.legs.len().checked_sub(1)
}

/// TRI: begins the check-in of a traveller, `TRI++ICN-188:::1`. The number behind it is his reference at
/// times and at others not, so that a TIF that follows counts more.
pub(super) fn check_in(reader: &Reader<'_, '_>, m: &mut Message) {
    end_check_in(reader, m);
    m.level = Level::CheckIn(None);
    let usual @ [number, .., reference] = reader.element::<4>(2);
    let says_any = !number.is_empty() || !reference.is_empty();
    let [number, .., reference] = if says_any { usual } else { reader.element::<4>(1) };
    m.boarding = Some((boarding_number(reader, number), reference));
}

/// `ICN-188` is 188 at ICN.
fn boarding_number(reader: &Reader<'_, '_>, number: Slice) -> Slice {
    match reader.bytes(number) {
        [a, b, c, b'-', _, ..] if [a, b, c].iter().all(|b| b.is_ascii_uppercase()) => number.skip(4),
        _ => number,
    }
}

/// Gives the waiting TRI to the traveller whom its own reference names, where no TIF followed.
pub(super) fn end_check_in(reader: &Reader<'_, '_>, m: &mut Message) {
    if let Some((_, reference)) = m.boarding {
        let found = resolve(reader, m, reference).or((m.used == 1).then_some(0));
        if let Some(i) = found {
            board(m, i);
        }
        m.boarding = None;
    }
}

/// Notes the check-in of a traveller on the last leg.
pub(super) fn board(m: &mut Message, traveller: usize) {
    let leg = last_leg(m);
    let (boarding_number, _) = m.boarding.take().unwrap_or_default();
    m.travellers[traveller].booked.check_ins.push(CheckIn { leg, boarding_number, ..CheckIn::default() });
    m.level = Level::CheckIn(Some(traveller));
}

/// The traveller whom SSD and TBD speak of.
fn checked_in(reader: &Reader<'_, '_>, m: &mut Message) -> Option<usize> {
    if m.boarding.is_some() {
        end_check_in(reader, m);
    }
    let found = m.at_hand();
    if found.is_none() {
        m.note_one(Finding::ServiceUnlinked);
    }
    found
}

/// Seat without leading zeros; `None` for `XXX` and the like.
pub(super) fn seat_of(reader: &Reader<'_, '_>, seat: Slice) -> Option<Slice> {
    let text = reader.bytes(seat);
    if !text.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let zeros = text.iter().take_while(|b| **b == b'0').count();
    (text.len() > zeros).then(|| seat.skip(zeros))
}

/// SSD: the seat given at check-in, and the cabin.
pub(super) fn seat(reader: &Reader<'_, '_>, m: &mut Message) {
    let Some(i) = checked_in(reader, m) else { return };
    let [_, [seat], _, [third], [fourth], [fifth]] = reader.table::<6, 1>();
    let Some(seat) = seat_of(reader, seat) else { return };
    let cabin = [fifth, fourth, third].into_iter().find(|s| s.len() == 1).unwrap_or_default();
    let leg = last_leg(m);
    let seats = &mut m.travellers[i].booked.seats;
    match seats.iter_mut().find(|s| s.leg.is_some() && s.leg == leg) {
        Some(held) => (held.seat, held.cabin) = (seat, cabin),
        None => seats.push(Seat { leg, seat, cabin, ..Seat::default() }),
    }
}

/// TBD: `count:weight:unit`, the pool (`HP:ref`, `MP`), and tags `carrier:number:run:destination`.
pub(super) fn bags(reader: &mut Reader<'_, '_>, m: &mut Message) {
    let Some(i) = checked_in(reader, m) else { return };
    let leg = last_leg(m);
    let [counted, weight, unit] = reader.element::<3>(2);
    let count = number(reader.bytes(counted)).and_then(|n| i32::try_from(n).ok()).filter(|n| (0..1_000).contains(n));
    let weight = super::traveller::amount(reader.bytes(weight)).map(|w| {
        // 701: pounds.
        let factor = if matches!(reader.bytes(unit), b"701" | b"L" | b"LBR") { 0.453_592_37 } else { 1.0 };
        (w * factor).round() as i32
    });
    if count.is_none() && !counted.is_empty() {
        m.note_one(Finding::MeasureUnreadable);
    }
    let [pooled, pool] = reader.element::<2>(4);
    let head = match reader.bytes(pooled) {
        b"HP" => Some(true),
        b"MP" => Some(false),
        _ => None,
    };
    let pool = if head.is_some() { pool } else { Slice::default() };
    let mut tagged = 0;
    for element in 5..reader.elements() {
        let [carrier, tag, run, destination, behind] = reader.element::<5>(element);
        if tag.is_empty() || reader.bytes(tag).eq_ignore_ascii_case(b"NULL") {
            continue;
        }
        // The number may have lost its run of bags: `722356:ICN`.
        let destination = [destination, run, behind];
        let letters = |s: &&Slice| s.len() == 3 && reader.bytes(**s).iter().all(u8::is_ascii_alphabetic);
        let destination = destination.iter().find(letters).copied().unwrap_or_default();
        let run = number(reader.bytes(run)).filter(|n| (1..=99).contains(n)).unwrap_or(1);
        for next in 0..run {
            let tag = numbered(reader, carrier, tag, next);
            m.travellers[i].booked.bags.push(Bag { leg, tag, destination });
            tagged += 1;
        }
    }
    // Bags that were counted and have no tag.
    for _ in tagged..count.unwrap_or(0).min(99) {
        m.travellers[i].booked.bags.push(Bag { leg, ..Bag::default() });
    }
    let booked = &mut m.travellers[i].booked;
    let new = CheckIn { leg, ..CheckIn::default() };
    let at = booked.check_ins.iter().rposition(|c| c.leg == leg).unwrap_or_else(|| {
        booked.check_ins.push(new);
        booked.check_ins.len() - 1
    });
    let check_in = &mut booked.check_ins[at];
    (check_in.bags, check_in.weight_kg) = (count.or((tagged > 0).then_some(tagged)), weight);
    (check_in.head, check_in.pool) = (head, pool);
    check_in.tagged = tagged;
}

/// A tag with its carrier in front, `next` bags after the first of its run.
fn numbered(reader: &mut Reader<'_, '_>, carrier: Slice, tag: Slice, next: u64) -> Slice {
    let whole = reader.join_slices(&[carrier, tag], b"");
    if next == 0 {
        return whole;
    }
    let digits = reader.bytes(whole).iter().rev().take_while(|b| b.is_ascii_digit()).count().min(18);
    if digits == 0 {
        return whole;
    }
    reader.keep_mapped(whole, |text, out| {
        let (head, tail) = text.split_at(text.len() - digits);
        let first = tail.iter().fold(0_u64, |n, d| n * 10 + u64::from(d - b'0'));
        let mut number = first + next;
        out.extend_from_slice(head);
        let at = out.len();
        out.resize(at + digits, b'0');
        for slot in out[at..].iter_mut().rev() {
            *slot = b'0' + (number % 10) as u8;
            number /= 10;
        }
    })
}
