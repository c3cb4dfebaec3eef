//! The group of one person: NAD and what follows it.

use tamis_records::country::alpha3;

use super::super::dates::{self, Century};
use super::super::edifact::tags::{self, Tag};
use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::super::interchange::Sink;
use super::{Country, Document, Message, Person, Role, belongs};

/// NAD: ends the person before and begins the next, unless it names a party that does not travel.
pub(super) fn begin(reader: &Reader<'_, '_>, message: &mut Message, sink: &mut Sink<'_, '_>, at: usize) {
    sink.end_person(reader, message, at);
    let (role, known) = match reader.field(1, 0) {
        // The reporting party, and parties of other lists: carrier, agent, employer, consignor.
        b"MS" | b"MR" | b"CA" | b"AG" | b"CZ" | b"CN" | b"COP" => return,
        // VW: the crew of a truck (ACE).
        b"FM" | b"VW" | b"EM" => (Role::Crew, true),
        b"DDT" => (Role::TransitCrew, true),
        b"DDU" => (Role::TransitPassenger, true),
        b"FL" => (Role::Passenger, true),
        _ => (Role::Passenger, false),
    };
    let person = sink.begin_person(reader, message, at, role);
    if !known {
        person.findings.add(Finding::RoleUnknown);
    }
    person.on_truck = reader.field(1, 0) == b"VW";
    let named = |e: usize| (0..5).any(|c| !reader.get(e, c).is_empty());
    if named(4) || !named(3) {
        for (i, slot) in person.name.iter_mut().enumerate() {
            // The sixth component is the format of the name.
            *slot = reader.get(4, i);
        }
    } else {
        for (i, slot) in person.name.iter_mut().enumerate() {
            *slot = reader.get(3, i);
        }
        person.findings.add(Finding::NameUnstructured);
    }
    if !person.name[0].is_empty() && person.name[1..].iter().all(|s| s.is_empty()) && reader.bytes(person.name[0]).contains(&b'/')
    {
        person.findings.add(Finding::NameUnstructured);
    }
    let street = (0..4).map(|c| reader.get(5, c));
    let rest = (6..10).map(|e| reader.get(e, 0));
    for (slot, part) in person.address.iter_mut().zip(street.chain(rest)) {
        *slot = part;
    }
}

/// A segment that belongs to the person.
pub(super) fn segment(reader: &Reader<'_, '_>, message: &mut Message, tag: Tag) {
    let around = message.around.unwrap_or(0);
    let person = &mut message.person;
    match tag {
        tags::ATT => attribute(reader, person),
        tags::DTM => date(reader, person, around),
        tags::MEA => measure(reader, person),
        tags::GEI => {
            if reader.field(1, 0) == b"4" && reader.field(2, 0) == b"174" {
                person.findings.add(Finding::IdentityNotVerified);
            }
        }
        tags::FTX => text(reader, person),
        tags::LOC => place(reader, person),
        tags::COM => contact(reader, person),
        tags::NAT => {
            let country = read_country(reader, reader.get(2, 0), person);
            match person.nationality {
                Country::None => person.nationality = country,
                held if held != country && country != Country::None => person.findings.add(Finding::NationalityRepeated),
                _ => {}
            }
        }
        tags::RFF => reference(reader, person),
        tags::DOC => document(reader, person),
        tags::EMP => {
            // Category, occupation or job: a code, else words.
            let places = [(2, 0), (2, 3), (3, 0), (3, 3), (4, 0), (4, 3)].map(|(e, c)| reader.get(e, c));
            person.duty = places.into_iter().find(|s| !s.is_empty()).unwrap_or_default();
        }
        tags::CPI => {
            let places = [(2, 0), (3, 0), (1, 0)].map(|(e, c)| reader.get(e, c));
            person.charge = places.into_iter().find(|s| !s.is_empty()).unwrap_or_default();
        }
        tags::QTY => quantity(reader, person),
        tags::CTA => {}
        _ => other(message, tag),
    }
}

/// A segment that a list does not have.
pub(super) fn other(message: &mut Message, tag: Tag) {
    if !belongs(tag) {
        message.note_one(Finding::SegmentUnknown);
    }
}

fn attribute(reader: &Reader<'_, '_>, person: &mut Person) {
    if reader.field(1, 0) != b"2" {
        return;
    }
    let code = reader.field(3, 0);
    // One producer repeats it, `M*M*M*M*M`: the first counts.
    let first = code.split(|b| !b.is_ascii_alphabetic()).next().unwrap_or_default();
    match super::read_sex(first) {
        Some(sex) => {
            person.sex = sex.or(person.sex);
            person.sex_told = true;
        }
        None if code.is_empty() => {}
        None => person.findings.add(Finding::SexUnreadable),
    }
}

fn date(reader: &Reader<'_, '_>, person: &mut Person, around: i32) {
    let (value, format) = (reader.field(1, 1), reader.field(1, 2));
    match reader.field(1, 0) {
        b"329" => birth(person, value, format, around),
        b"36" => {
            if value.is_empty() || person.document_skipped {
                return;
            }
            let expiry = dates::day(value, format, Century::Near(around));
            match (expiry, person.documents.last_mut()) {
                (Some((day, _)), Some(document)) => document.expiry = Some(day),
                (None, _) => person.findings.add(Finding::ExpiryUnreadable),
                (Some(_), None) => {}
            }
        }
        _ => {}
    }
}

/// The birth date of a person.
pub(super) fn birth(person: &mut Person, value: &[u8], format: &[u8], around: i32) {
    if value.is_empty() {
        return;
    }
    match dates::day(value, format, Century::Past(around)) {
        Some((day, precision)) => {
            if day > around {
                person.findings.add(Finding::BirthDateFuture);
            }
            person.birth = Some((day, precision));
        }
        None => person.findings.add(Finding::BirthDateUnreadable),
    }
}

/// MEA: `CT++4`, `CT++:1`, `WT++KGM:20`.
fn measure(reader: &Reader<'_, '_>, person: &mut Person) {
    let (unit, value) =
        if reader.get(3, 1).is_empty() { (&[][..], reader.get(3, 0)) } else { (reader.field(3, 0), reader.get(3, 1)) };
    if value.is_empty() {
        return;
    }
    let amount = reader.text(value).parse::<f64>().ok().filter(|v| (0.0..1e6).contains(v));
    match reader.field(1, 0) {
        b"CT" => person.bag_count = amount.map(|v| v as i32),
        b"WT" => {
            // LBR: pounds.
            let factor = if matches!(unit, b"LBR" | b"LBS") { 0.453_592_37 } else { 1.0 };
            person.bag_weight = amount.map(|v| (v * factor).round() as i32);
        }
        _ => return,
    }
    if amount.is_none() {
        person.findings.add(Finding::MeasureUnreadable);
    }
}

/// QTY: bags, where nothing else counted them.
fn quantity(reader: &Reader<'_, '_>, person: &mut Person) {
    if person.bag_count.is_some() || !person.bags.is_empty() {
        return;
    }
    match super::number(reader.field(1, 1)) {
        Some(n) if n <= 999 => person.bag_count = Some(n as i32),
        _ => person.findings.add(Finding::MeasureUnreadable),
    }
}

/// FTX: bag tags, and lines of a machine readable zone. Other free text is dropped unread: it
/// holds meals, health and the like.
fn text(reader: &Reader<'_, '_>, person: &mut Person) {
    if reader.field(1, 0) == b"BAG" {
        let tag = reader.get(4, 0);
        if tag.is_empty() || reader.bytes(tag).eq_ignore_ascii_case(b"NULL") {
            person.findings.add(Finding::BagTagEmpty);
            return;
        }
        let run = super::number(reader.field(4, 1)).filter(|n| (1..=99).contains(n)).unwrap_or(1);
        person.bags.push((tag, run as u16));
        return;
    }
    for element in 2..reader.elements() {
        for component in 0..reader.components(element) {
            let slice = reader.get(element, component);
            if is_mrz_line(reader.bytes(slice)) {
                person.mrz.push(slice);
            }
        }
    }
}

/// ICAO 9303: lines of 44 (TD3), 36 (TD2) or 30 (TD1) characters.
fn is_mrz_line(text: &[u8]) -> bool {
    matches!(text.len(), 30 | 36 | 44)
        && text.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'<')
        && memchr::memchr_iter(b'<', text).count() >= 2
}

fn place(reader: &Reader<'_, '_>, person: &mut Person) {
    let code = reader.get(2, 0);
    match reader.field(1, 0) {
        b"178" => person.embarkation = code,
        b"179" => person.debarkation = code,
        b"22" => person.clearance = code,
        b"174" => person.residence = read_country(reader, code, person),
        b"180" => birth_place(reader, person, code),
        b"91" => issuer(reader, person, code),
        // Places of the flight and of the message, at times repeated with the person.
        b"125" | b"87" | b"92" | b"130" | b"188" | b"" => {}
        _ => person.findings.add(Finding::QualifierUnknown),
    }
}

/// `LOC+180+GBR:::LEEDS`, `LOC+180+:::LEEDS`, `LOC+180+GBLDS`, `LOC+180+USA+CA:::FRESNO`,
/// `LOC+180+:::LEEDS+:::GBR`.
fn birth_place(reader: &Reader<'_, '_>, person: &mut Person, code: Slice) {
    if code.is_empty()
        && let Some(country) = [reader.get(3, 3), reader.get(3, 0)].into_iter().find(|s| reader.bytes(*s).len() == 3)
        && alpha3(reader.text(country)).is_some()
    {
        person.birth_place = reader.get(2, 3);
        person.birth_country = read_country(reader, country, person);
        return;
    }
    let name = [reader.get(2, 3), reader.get(3, 3), reader.get(3, 0)].into_iter().find(|s| !s.is_empty()).unwrap_or_default();
    let bytes = reader.bytes(code);
    person.birth_place = name;
    if bytes.len() <= 3 {
        person.birth_country = read_country(reader, code, person);
    } else if let Some(country) = alpha3(reader.text(code)) {
        person.birth_country = Country::Code(country);
    } else {
        if name.is_empty() {
            person.birth_place = code;
        }
        // A UN/LOCODE begins with the country.
        if bytes.len() == 5 && bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            person.birth_country = alpha3(&reader.text(code)[..2]).map_or(Country::None, Country::Code);
        }
    }
}

fn issuer(reader: &Reader<'_, '_>, person: &mut Person, code: Slice) {
    if code.is_empty() || person.document_skipped {
        return;
    }
    // Code list 163 names subdivisions, and VA is no Vatican then.
    let part = reader.field(2, 1) == b"163";
    let country = if part { Country::Sent(code) } else { read_country(reader, code, person) };
    if let Some(document) = person.documents.last_mut()
        && (document.issuer == Country::None || (document.issuer_is_part && !part))
    {
        document.issuer = country;
        document.issuer_is_part = part;
    }
}

/// A country code, or the text where it is none.
pub(super) fn read_country(reader: &Reader<'_, '_>, code: Slice, person: &mut Person) -> Country {
    if code.is_empty() {
        return Country::None;
    }
    if let Some(known) = alpha3(reader.text(code)) {
        return Country::Code(known);
    }
    person.findings.add(Finding::CountryUnknown);
    Country::Sent(code)
}

/// COM: number and kind, at times several a segment.
fn contact(reader: &Reader<'_, '_>, person: &mut Person) {
    for element in 1..reader.elements() {
        let value = reader.get(element, 0);
        if value.is_empty() {
            continue;
        }
        let kind = match reader.field(element, 1) {
            b"FX" => "FX",
            b"EM" => "EM",
            _ => "TE",
        };
        person.contacts.push((kind, value));
    }
}

fn reference(reader: &Reader<'_, '_>, person: &mut Person) {
    let value = reader.get(1, 1);
    let slot = match reader.field(1, 0) {
        b"AVF" => &mut person.locator,
        b"ABO" => &mut person.carrier_ref,
        b"YZY" => &mut person.ticket,
        b"SEA" => &mut person.seat,
        b"CR" => &mut person.customer,
        // References of governments, transactions and flights have no column.
        b"AEA" | b"TN" | b"AF" => return,
        _ => {
            person.findings.add(Finding::QualifierUnknown);
            return;
        }
    };
    if slot.is_empty() {
        *slot = value;
    }
}

/// DOC: `P:110:111+NUMBER`, `P+NUMBER`, `+NUMBER`, `++`.
fn document(reader: &Reader<'_, '_>, person: &mut Person) {
    let (kind, number) = (reader.get(1, 0), reader.get(2, 0));
    person.document_skipped = kind.is_empty() && number.is_empty();
    if person.document_skipped {
        person.findings.add(Finding::DocumentEmpty);
        return;
    }
    if number.is_empty() {
        person.findings.add(Finding::DocumentWithoutNumber);
    }
    person.documents.push(Document { kind, number, ..Document::default() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mrz_lines() {
        assert!(is_mrz_line(b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"));
        assert!(is_mrz_line(b"L898902C36UTO7408122F1204159ZE184226B<<<<<10"));
        assert!(!is_mrz_line(b"NO MEAT FOR THIS PASSENGER PLEASE AND THANKS"));
        assert!(!is_mrz_line(b"P<UTOERIKSSON<<ANNA"));
    }
}
