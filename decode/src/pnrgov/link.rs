//! The end of a reservation: services go to their travellers, and each traveller becomes a row.

use tamis_records::country::alpha3;

use super::super::dates::{self, Century};
use super::super::edifact::tags::{self, Tag};
use super::super::edifact::{Reader, Slice, Texts};
use super::super::findings::{DeadCode, Finding, Findings};
use super::super::interchange::Sink;
use super::super::paxlst::{Country, Document, read_sex};
use super::super::short;
use super::super::travellers::reservation::{Beside, Leg, Seat, Ticket};
use super::super::travellers::{LegRow, Whereabouts};
use super::services::{Kind, Service};
use super::who::{fits, letters, resolve};
use super::{Level, Message, Traveller, itinerary};

/// Legs of an itinerary that need no memory of their own.
const LEGS: usize = 6;

/// The traveller to whom a service of this name goes.
fn target(reader: &Reader<'_, '_>, m: &mut Message, service: &Service, name: (&[u8], &[u8]), infant: bool) -> Option<usize> {
    let referred = resolve(reader, m, service.reference);
    let base = referred.or(service.owner).or((m.used == 1).then_some(0));
    let fit = |i: usize| fits(reader, &m.travellers[i].person.name, name.0, name.1);
    let is_infant = |i: usize| m.travellers[i].booked.kind == "infant";
    let unknown = !service.reference.is_empty() && referred.is_none();
    let found = match base {
        // Documents of an infant are carried by the adult.
        Some(i) if name.0.is_empty() || (fit(i) == 2 && is_infant(i) == infant) => Some(i),
        _ => {
            let better = (0..m.used)
                .filter(|i| fit(*i) == 2)
                .max_by_key(|i| (is_infant(*i) == infant, base == Some(*i)))
                .or_else(|| (0..m.used).find(|i| infant && is_infant(*i) && fit(*i) > 0));
            better.or(base).or_else(|| {
                let mut same = (0..m.used).filter(|i| fit(*i) > 0);
                same.next().filter(|_| same.next().is_none())
            })
        }
    };
    if let Some(i) = found.filter(|_| unknown) {
        add(&mut m.travellers[i], Finding::TravellerRefUnknown, service.at);
    }
    if found.is_none() {
        m.pnr_findings.add(Finding::ServiceUnlinked);
        m.pnr_marks.settle(&m.pnr_findings, tags::SSR, service.at);
    }
    found
}

/// Adds a finding to a traveller, marked at an SSR.
fn add(traveller: &mut Traveller, finding: Finding, at: usize) {
    traveller.person.findings.add(finding);
    traveller.person.marks.settle(&traveller.person.findings, tags::SSR, at);
}

/// The fields of a text between slashes; a slash in front is no field.
fn fields(reader: &Reader<'_, '_>, text: Slice) -> ([Slice; 12], usize) {
    let mut out = [Slice::default(); 12];
    let bytes = reader.bytes(text);
    let mut from = usize::from(bytes.first() == Some(&b'/'));
    let mut n = 0;
    // Slashes among the first 64 bytes, which are nearly always all.
    let mut near = short::places(bytes, b'/') & (!0 << from);
    while n < out.len() {
        let next = if near == 0 {
            let far = from.max(64).min(bytes.len());
            memchr::memchr(b'/', &bytes[far..]).map_or(bytes.len(), |at| far + at)
        } else {
            near.trailing_zeros() as usize
        };
        near &= near.wrapping_sub(1);
        let (mut start, mut end) = (from, next);
        while start < end && bytes[start] == b' ' {
            start += 1;
        }
        // Blanks, and a quote that stood for the terminator.
        while end > start
            && (bytes[end - 1] == b' ' || (bytes[end - 1] >= 0x80 && bytes[start..end].ends_with("\u{2019}".as_bytes())))
        {
            end -= if bytes[end - 1] == b' ' { 1 } else { 3 };
        }
        out[n] = text.first(end).skip(start);
        n += 1;
        from = next + 1;
        if from > bytes.len() {
            break;
        }
    }
    (out, n)
}

fn is_date(text: &[u8]) -> bool {
    matches!(text.len(), 7 | 9) && text[..2].iter().all(u8::is_ascii_digit) && text[2..5].iter().all(u8::is_ascii_alphabetic)
}

fn is_sex(text: &[u8]) -> bool {
    matches!(text, b"F" | b"M" | b"U" | b"X" | b"FI" | b"MI" | b"UI" | b"XI")
}

pub(in super::super) fn country<T: Texts + ?Sized>(reader: &T, code: Slice, findings: &mut Findings) -> Country {
    if code.is_empty() {
        return Country::None;
    }
    if let Some(known) = alpha3(reader.text(code)) {
        return Country::Code(known);
    }
    findings.add(Finding::CountryUnknown);
    Country::Sent(code)
}

/// DOCS: `type/issuer/number/nationality/birth/sex/expiry/surname/given/middle`, any of them empty.
fn docs(reader: &Reader<'_, '_>, m: &mut Message, service: &Service) {
    let (mut f, mut n) = fields(reader, service.text);
    let get = |f: &[Slice; 12], i: usize| reader.bytes(f[i]);
    // A field that was left out with its slash: its neighbours show which.
    let mut insert = |at: usize, f: &mut [Slice; 12]| {
        f.copy_within(at..11, at + 1);
        f[at] = Slice::default();
        n += 1;
    };
    if is_date(get(&f, 3)) && is_sex(get(&f, 4)) {
        insert(3, &mut f);
    }
    if is_sex(get(&f, 4)) && is_date(get(&f, 5)) {
        insert(4, &mut f);
    }
    if is_date(get(&f, 4)) && is_date(get(&f, 5)) {
        insert(5, &mut f);
    }
    let sex = reader.bytes(f[5]);
    let infant = matches!(sex, b"FI" | b"MI" | b"UI" | b"XI");
    let (surname, given) = (f[7], f[8]);
    let Some(i) = target(reader, m, service, (reader.bytes(surname), reader.bytes(given)), infant) else { return };
    let around = m.around;
    let person = &mut m.travellers[i].person;
    if n < 8 {
        person.findings.add(Finding::DocumentTextShort);
    }
    let birth = reader.bytes(f[4]);
    if !birth.is_empty() && person.birth.is_none() {
        match dates::day(birth, b"", Century::Past(around)) {
            Some(day) => person.birth = Some(day),
            None => person.findings.add(Finding::BirthDateUnreadable),
        }
    }
    if let Some(read) = read_sex(sex) {
        person.sex = person.sex.or(read);
    } else if !sex.is_empty() {
        person.findings.add(Finding::SexUnreadable);
    }
    let nationality = country(reader, f[3], &mut person.findings);
    if person.nationality == Country::None {
        person.nationality = nationality;
    } else if nationality != Country::None && same_country(reader, nationality, person.nationality) == Some(false) {
        person.findings.add(Finding::NationalityRepeated);
    }
    let issuer = country(reader, f[1], &mut person.findings);
    let expiry = dates::day(reader.bytes(f[6]), b"", Century::Near(around)).map(|(day, _)| day);
    if expiry.is_none() && !f[6].is_empty() {
        person.findings.add(Finding::ExpiryUnreadable);
    }
    let document = Document { kind: f[0], number: f[2], issuer, expiry, surname, given: [f[8], f[9]], ..Document::default() };
    let says_any = [f[0], f[1], f[2], f[7], f[8]].iter().any(|s| !s.is_empty());
    if says_any {
        put_document(reader, &mut person.documents, document);
    }
    if person.name.iter().all(|s| s.is_empty()) {
        (person.name[0], person.name[1], person.name[2]) = (surname, f[8], f[9]);
    }
    person.marks.settle(&person.findings, tags::SSR, service.at);
}

fn same_country<T: Texts + ?Sized>(reader: &T, a: Country, b: Country) -> Option<bool> {
    let text = |c| match c {
        Country::None => None,
        Country::Code(code) => Some(code),
        Country::Sent(slice) => Some(reader.text(slice)),
    };
    Some(text(a)? == text(b)?)
}

/// Adds a document; the same one, sent again with another leg, fills what was missing.
pub(in super::super) fn put_document<T: Texts + ?Sized>(reader: &T, documents: &mut Vec<Document>, new: Document) {
    let number = reader.bytes(new.number);
    let same = |d: &&mut Document| {
        let held = reader.bytes(d.number);
        let kinds = d.kind.is_empty() || new.kind.is_empty() || reader.bytes(d.kind) == reader.bytes(new.kind);
        if number.is_empty() && held.is_empty() {
            kinds && letters(reader.bytes(d.surname)).eq(letters(reader.bytes(new.surname)))
        } else {
            kinds && held == number && same_country(reader, d.issuer, new.issuer) != Some(false)
        }
    };
    match documents.iter_mut().find(same) {
        Some(held) => {
            if held.kind.is_empty() {
                held.kind = new.kind;
            }
            if held.issuer == Country::None {
                held.issuer = new.issuer;
            }
            held.expiry = held.expiry.or(new.expiry);
            held.issued = held.issued.or(new.issued);
            // The longer name says more.
            let len = |d: &Document| d.surname.len() + d.given[0].len() + d.given[1].len();
            if len(&new) > len(held) {
                (held.surname, held.given) = (new.surname, new.given);
            }
        }
        None => documents.push(new),
    }
}

/// DOCO: `place of birth/type/number/place of issue/date of issue/state that it is for`.
fn doco(reader: &Reader<'_, '_>, m: &mut Message, service: &Service) {
    let Some(i) = target(reader, m, service, (b"", b""), false) else { return };
    let (mut f, n) = fields(reader, service.text);
    // The place of birth was left out with its slash.
    if f[0].len() == 1 && f[1].len() > 1 {
        f.copy_within(0..11, 1);
        f[0] = Slice::default();
    }
    let around = m.around;
    let person = &mut m.travellers[i].person;
    if n < 3 {
        person.findings.add(Finding::DocumentTextShort);
    }
    if person.birth_place.is_empty() {
        person.birth_place = f[0];
    }
    let issuer = country(reader, f[5], &mut person.findings);
    let issued = dates::day(reader.bytes(f[4]), b"", Century::Past(around)).map(|(day, _)| day);
    if !f[1].is_empty() || !f[2].is_empty() {
        if f[2].is_empty() {
            person.findings.add(Finding::DocumentWithoutNumber);
        }
        let document = Document { kind: f[1], number: f[2], issuer, issued, issue_place: f[3], ..Document::default() };
        put_document(reader, &mut person.documents, document);
    }
    person.marks.settle(&person.findings, tags::SSR, service.at);
}

/// DOCA: `R or D/country/street/city/state/postcode`.
fn doca(reader: &mut Reader<'_, '_>, m: &mut Message, service: &Service) {
    let Some(i) = target(reader, m, service, (b"", b""), false) else { return };
    let (f, n) = fields(reader, service.text);
    let kind = match reader.bytes(f[0]) {
        b"R" => "RA",
        b"D" => "DA",
        _ => "AD",
    };
    let address = reader.join_slices(&[f[2], f[3], f[4], f[5], f[1]], b", ");
    let person = &mut m.travellers[i].person;
    if n < 2 {
        person.findings.add(Finding::DocumentTextShort);
    }
    if kind == "RA" && person.residence == Country::None {
        person.residence = country(reader, f[1], &mut person.findings);
    }
    let known = person.contacts.iter().any(|(k, v)| *k == kind && reader.bytes(*v) == reader.bytes(address));
    if !address.is_empty() && !known {
        person.contacts.push((kind, address));
    }
    person.marks.settle(&person.findings, tags::SSR, service.at);
}

/// INFT: `SURNAME/GIVEN 15APR12`, with the adult who carries the infant.
fn infant(reader: &Reader<'_, '_>, m: &mut Message, service: &Service) {
    let adult = resolve(reader, m, service.reference).or(service.owner).or((m.used == 1).then_some(0));
    if let Some(i) = adult.filter(|i| m.travellers[*i].booked.kind != "infant") {
        m.travellers[i].booked.with_infant = true;
    }
    let (f, _) = fields(reader, service.text);
    let text = reader.bytes(f[1]);
    // The date of birth ends the text, or stands in a field of its own.
    let blank = text.iter().rposition(|b| *b == b' ');
    let (given, mut birth) = match blank {
        Some(at) if is_date(&text[at + 1..]) => (&text[..at], &text[at + 1..]),
        _ => (text, &[][..]),
    };
    if birth.is_empty() && is_date(reader.bytes(f[2])) {
        birth = reader.bytes(f[2]);
    }
    let surname = reader.bytes(f[0]);
    let found = (0..m.used)
        .filter(|i| m.travellers[*i].booked.kind == "infant")
        .max_by_key(|i| fits(reader, &m.travellers[*i].person.name, surname, given))
        .filter(|i| surname.is_empty() || fits(reader, &m.travellers[*i].person.name, surname, given) > 0);
    match found {
        Some(i) => {
            let person = &mut m.travellers[i].person;
            if person.birth.is_none() {
                person.birth = dates::day(birth, b"", Century::Past(m.around));
            }
        }
        None => {
            if let Some(i) = adult {
                add(&mut m.travellers[i], Finding::InfantUnlisted, service.at);
            }
        }
    }
}

/// TKNE: a ticket number of 10 digits or more, and its coupon: `9631270001234C2`, `TKT NBR 354167302468947 …`.
fn ticket(reader: &Reader<'_, '_>, m: &mut Message, service: &Service) {
    let text = reader.bytes(service.text);
    let mut from = 0;
    let run = loop {
        let Some(start) = text[from..].iter().position(u8::is_ascii_digit).map(|i| from + i) else { return };
        let len = text[start..].iter().take_while(|b| b.is_ascii_digit()).count();
        if len >= 10 {
            break start..start + len;
        }
        from = start + len;
    };
    // A ticket that one of them holds names him.
    let holds = |t: &Traveller| t.booked.tickets.iter().any(|held| reader.bytes(held.number) == &text[run.clone()]);
    let holder = m.travellers[..m.used].iter().position(holds).filter(|_| service.reference.is_empty());
    let Some(i) = holder.or_else(|| target(reader, m, service, (b"", b""), false)) else { return };
    let coupon = match text.get(run.end..) {
        Some([b'C', digit @ b'1'..=b'9', ..]) => Some(i32::from(digit - b'0')),
        _ => None,
    };
    let number = service.text.first(run.end).skip(run.start);
    let tickets = &mut m.travellers[i].booked.tickets;
    match tickets
        .iter_mut()
        .find(|t| reader.bytes(t.number) == reader.bytes(number) && t.coupon.is_none_or(|c| Some(c) == coupon))
    {
        Some(held) => held.coupon = coupon,
        None => tickets.push(Ticket { number, coupon, issued: None }),
    }
}

/// A seat asked for; one that was given at check-in stays.
fn seat(reader: &Reader<'_, '_>, m: &mut Message, service: &Service) {
    let Some(seat) = itinerary::seat_of(reader, service.text) else { return };
    let Some(i) = target(reader, m, service, (b"", b""), false) else { return };
    let r = &m.reservation;
    // A seat in the booking names its leg by the ports.
    let leg = service.leg.or_else(|| {
        let (from, to) = (reader.bytes(service.departure_port), reader.bytes(service.arrival_port));
        r.legs.iter().position(|l| reader.bytes(l.departure_port) == from && reader.bytes(l.arrival_port) == to)
    });
    let seats = &mut m.travellers[i].booked.seats;
    let new = Seat { leg, departure_port: service.departure_port, arrival_port: service.arrival_port, seat, ..Seat::default() };
    if !seats.iter().any(|s| s.leg.is_some() && s.leg == leg) {
        seats.push(new);
    }
}

/// A service of which the code is kept.
fn code(reader: &Reader<'_, '_>, m: &mut Message, service: &Service) {
    let found = resolve(reader, m, service.reference).or(service.owner);
    let list = match found {
        Some(i) => &mut m.travellers[i].booked.services,
        None => &mut m.reservation.services,
    };
    let code = reader.bytes(service.text);
    if !list.iter().any(|c| reader.bytes(*c) == code) {
        list.push(service.text);
    }
}

/// The leg of the itinerary that is the flight of the message: its ports and, where two have them, its
/// number and day; else its number and day.
pub(in super::super) fn border<T: Texts + ?Sized>(reader: &T, prime: &Leg, legs: &[Leg]) -> Option<usize> {
    let same = |a: Slice, b: Slice| !a.is_empty() && reader.bytes(a) == reader.bytes(b);
    let day = |t: Option<i64>| t.map(|t| t.div_euclid(86_400_000_000));
    let score = |l: &Leg| {
        let ports = same(l.departure_port, prime.departure_port) && same(l.arrival_port, prime.arrival_port);
        let flight = same(l.flight, prime.flight) || same(l.operating_flight, prime.flight);
        let date = day(l.departure).is_some() && day(l.departure) == day(prime.departure);
        let score = 4 * u8::from(ports) + 2 * u8::from(flight) + u8::from(date);
        if ports || (flight && date) { score } else { 0 }
    };
    let best = (0..legs.len()).rev().max_by_key(|i| score(&legs[*i]))?;
    (score(&legs[best]) > 0).then_some(best)
}

/// A leg as text.
pub(in super::super) fn row<'x, T: Texts + ?Sized>(reader: &'x T, leg: &Leg) -> LegRow<'x> {
    LegRow {
        carrier: reader.text(leg.carrier),
        flight: reader.text(leg.flight),
        departure_port: reader.text(leg.departure_port),
        arrival_port: reader.text(leg.arrival_port),
        departure_local: leg.departure,
        arrival_local: leg.arrival,
        operating_carrier: reader.text(leg.operating_carrier),
        operating_flight: reader.text(leg.operating_flight),
        booking_class: reader.text(leg.booking_class),
        status: reader.text(leg.status),
    }
}

/// Ends the reservation at hand, whose segments end at `end`: a row for each traveller, or a dead letter.
pub(super) fn end_pnr(reader: &mut Reader<'_, '_>, m: &mut Message, sink: &mut Sink<'_, '_>, end: usize) {
    if !m.pnr_open {
        return;
    }
    itinerary::end_check_in(reader, m);
    m.level = Level::Booking;
    if m.used == 0 {
        sink.dead_pnr(reader, m.pnr_at..end, DeadCode::PnrWithoutTraveller, "the reservation names no traveller");
        m.pnr_open = false;
        return;
    }
    let services = std::mem::take(&mut m.services);
    for service in &services {
        match service.kind {
            Kind::Docs => docs(reader, m, service),
            Kind::Doco => doco(reader, m, service),
            Kind::Doca => doca(reader, m, service),
            Kind::Infant => infant(reader, m, service),
            Kind::Ticket => ticket(reader, m, service),
            Kind::Seat => seat(reader, m, service),
            Kind::Code => code(reader, m, service),
        }
    }
    m.services = services;
    m.reservation.border = border(reader, &m.prime, &m.reservation.legs);
    m.reservation.party = m.used as i32;
    let locator = m.reservation.locators.iter().find(|l| !l.split).map(|l| l.locator).unwrap_or_default();
    let mut shown = |finding, tag: Tag| {
        m.pnr_findings.add(finding);
        m.pnr_marks.settle(&m.pnr_findings, tag, m.pnr_at);
    };
    if locator.is_empty() {
        shown(Finding::PnrWithoutLocator, tags::SRC);
    }
    let on_border = m.reservation.border.and_then(|b| m.reservation.legs.get(b));
    if on_border.is_none() && !m.reservation.legs.is_empty() {
        shown(Finding::BorderLegMissing, tags::TVL);
    }
    let seated = m.travellers[..m.used].iter().filter(|t| t.booked.kind != "infant").count() as i32;
    if on_border.and_then(|l| l.seats).is_some_and(|seats| seats != seated && seats != m.used as i32) {
        shown(Finding::PartySizeDiffers, tags::RPI);
    }
    let region_at = sink.offset(0);
    let place = Whereabouts { message_at: region_at + m.at as i64, region_at, departure: m.prime.departure };
    let first_row = sink.out.travellers.len();
    for i in 0..m.used {
        let Traveller { person, booked } = &mut m.travellers[i];
        person.locator = locator;
        finish(reader, person, booked, m.reservation.border, &m.reservation.contacts);
        if person.birth.is_some_and(|(day, _)| day > m.around) {
            person.findings.add(Finding::BirthDateFuture);
        }
        let beside = Beside { booked: Some((&m.reservation, booked)), ..Beside::default() };
        if !sink.out.travellers.push(reader, person, place, &beside) {
            let next = m.travellers[..m.used].get(i + 1).map_or(end, |t| t.person.at);
            let at = m.travellers[i].person.at;
            let text = "the traveller has neither a usable name nor a document number";
            sink.dead_pnr(reader, at.min(next)..next, DeadCode::PersonWithoutIdentity, text);
        }
    }
    sink.out.travellers.note_marked(first_row, m.pnr_findings, &m.pnr_marks, region_at);
    let legs = &m.reservation.legs;
    let mut few = [LegRow::default(); LEGS];
    if legs.len() <= LEGS {
        few.iter_mut().zip(legs).for_each(|(slot, leg)| *slot = row(reader, leg));
        sink.out.travellers.end_trip(sink.origin, &few[..legs.len()]);
    } else {
        let many: Vec<_> = legs.iter().map(|l| row(reader, l)).collect();
        sink.out.travellers.end_trip(sink.origin, &many);
    }
    m.pnr_open = false;
}

/// What the row says of the leg of the border: seat, bags; and the contacts of the booking.
pub(in super::super) fn finish<T: Texts + ?Sized>(
    reader: &T,
    person: &mut super::Person,
    booked: &super::Booked,
    border: Option<usize>,
    contacts: &[(&'static str, Slice)],
) {
    if let Some(first) = booked.tickets.first() {
        person.ticket = first.number;
    }
    if let Some(border) = border {
        if let Some(seat) = booked.seats.iter().find(|s| s.leg == Some(border)) {
            person.seat = seat.seat;
        }
        for check_in in booked.check_ins.iter().filter(|c| c.leg == Some(border)) {
            person.bag_count = check_in.bags.or(person.bag_count);
            person.bag_weight = check_in.weight_kg.or(person.bag_weight);
        }
        let tagged = booked.bags.iter().filter(|b| b.leg == Some(border) && !b.tag.is_empty());
        person.bags.extend(tagged.map(|b| (b.tag, 1)));
    }
    // Those of the booking come first.
    let own = person.contacts.len();
    let known = |person: &super::Person, c: &(&'static str, Slice)| {
        person.contacts[..own].iter().any(|(k, v)| *k == c.0 && reader.bytes(*v) == reader.bytes(c.1))
    };
    let mut added = 0;
    for contact in contacts {
        if !known(person, contact) {
            person.contacts.push(*contact);
            added += 1;
        }
    }
    person.contacts.rotate_right(added);
}
