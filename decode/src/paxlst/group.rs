//! The group of one person: NAD and what follows it.

use tamis_records::country::{alpha3, of_capitals};

use super::super::dates::{self, Century};
use super::super::edifact::tags::{self, Tag, code};
use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::super::interchange::Sink;
use super::{Country, Document, Message, Person, Role, belongs};

/// Qualifiers of the places of a person.
pub(super) mod places {
    use super::code;

    pub(in super::super) const EMBARKATION: u64 = code(b"178");
    pub(in super::super) const DEBARKATION: u64 = code(b"179");
    pub(in super::super) const CLEARANCE: u64 = code(b"22");
    pub(in super::super) const RESIDENCE: u64 = code(b"174");
    pub(in super::super) const BIRTH: u64 = code(b"180");
    pub(in super::super) const ISSUER: u64 = code(b"91");
    /// Of the flight and of the message, at times repeated with the person.
    pub(in super::super) const OTHER: [u64; 6] = [code(b"125"), code(b"87"), code(b"92"), code(b"130"), code(b"188"), 0];
}

/// Kinds of persons and parties.
pub(super) mod parties {
    use super::code;

    pub(in super::super) const PASSENGER: u64 = code(b"FL");
    pub(in super::super) const CREW: u64 = code(b"FM");
    /// The crew of a truck (ACE).
    pub(in super::super) const DRIVER: u64 = code(b"VW");
    pub(in super::super) const EMPLOYEE: u64 = code(b"EM");
    pub(in super::super) const CREW_IN_TRANSIT: u64 = code(b"DDT");
    pub(in super::super) const PASSENGER_IN_TRANSIT: u64 = code(b"DDU");
    /// The reporting party, and parties of other lists: carrier, agent, employer, consignor.
    pub(in super::super) const OTHER: [u64; 7] =
        [code(b"MS"), code(b"MR"), code(b"CA"), code(b"AG"), code(b"CZ"), code(b"CN"), code(b"COP")];
}

/// NAD: ends the person before and begins the next, unless it names a party that does not travel.
pub(super) fn begin(reader: &Reader<'_, '_>, message: &mut Message, sink: &mut Sink<'_, '_>, at: usize) {
    sink.end_person(reader, message, at);
    let (role, known) = match reader.code(1, 0) {
        parties::PASSENGER => (Role::Passenger, true),
        parties::CREW | parties::DRIVER | parties::EMPLOYEE => (Role::Crew, true),
        parties::CREW_IN_TRANSIT => (Role::TransitCrew, true),
        parties::PASSENGER_IN_TRANSIT => (Role::TransitPassenger, true),
        other if parties::OTHER.contains(&other) => return,
        _ => (Role::Passenger, false),
    };
    let person = sink.begin_person(reader, message, at, role);
    if !known {
        person.findings.add(Finding::RoleUnknown);
    }
    person.on_truck = reader.code(1, 0) == parties::DRIVER;
    let named = |e: usize| (0..5).any(|c| !reader.get(e, c).is_empty());
    if named(4) || !named(3) {
        // The rest is empty already.
        for (i, slot) in person.name.iter_mut().enumerate().take(reader.components(4)) {
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
    if reader.elements() <= 5 {
        return;
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
            if reader.code(1, 0) == const { code(b"4") } && reader.code(2, 0) == const { code(b"174") } {
                person.findings.add(Finding::IdentityNotVerified);
            }
        }
        tags::FTX => text(reader, person),
        tags::LOC => place(reader, person),
        tags::COM => contact(reader, person),
        tags::NAT => {
            let country = read_country(reader, reader.pair(true).1, person);
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

/// The sexes of most persons.
const MALE: u64 = code(b"M");
const FEMALE: u64 = code(b"F");

fn attribute(reader: &Reader<'_, '_>, person: &mut Person) {
    if reader.code(1, 0) != const { code(b"2") } {
        return;
    }
    match reader.code(3, 0) {
        MALE => return (person.sex, person.sex_told) = (Some(b'M'), true),
        FEMALE => return (person.sex, person.sex_told) = (Some(b'F'), true),
        _ => {}
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

/// Qualifiers of the dates of a person.
pub(super) const BIRTH: u64 = code(b"329");
pub(super) const EXPIRY: u64 = code(b"36");

fn date(reader: &Reader<'_, '_>, person: &mut Person, around: i32) {
    let (qualifier, value, alone) = reader.pair(false);
    let (value, format) = (reader.bytes(value), if alone { &[] } else { reader.field(1, 2) });
    match qualifier {
        BIRTH => birth(person, value, format, around),
        EXPIRY => {
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
    let (qualifier, code, alone) = reader.pair(true);
    match qualifier {
        places::EMBARKATION => person.embarkation = code,
        places::DEBARKATION => person.debarkation = code,
        places::CLEARANCE => person.clearance = code,
        places::RESIDENCE => person.residence = read_country(reader, code, person),
        places::BIRTH => birth_place(reader, person, code),
        places::ISSUER => issuer(reader, person, code, alone),
        other if places::OTHER.contains(&other) => {}
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

fn issuer(reader: &Reader<'_, '_>, person: &mut Person, code: Slice, alone: bool) {
    if code.is_empty() || person.document_skipped {
        return;
    }
    // Code list 163 names subdivisions, and VA is no Vatican then.
    let part = !alone && reader.field(2, 1) == b"163";
    let country = if part { Country::Sent(code) } else { read_country(reader, code, person) };
    if let Some(document) = person.documents.last_mut()
        && (document.issuer == Country::None || (document.issuer_is_part && !part))
    {
        document.issuer = country;
        document.issuer_is_part = part;
    }
}

/// A country code, or the text where it is none.
#[inline]
pub(super) fn read_country(reader: &Reader<'_, '_>, code: Slice, person: &mut Person) -> Country {
    if code.is_empty() {
        return Country::None;
    }
    let capitals = <[u8; 3]>::try_from(reader.bytes(code)).ok().and_then(of_capitals);
    if let Some(known) = capitals.or_else(|| alpha3(reader.text(code))) {
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

/// Qualifiers of references.
pub(super) mod references {
    use super::code;

    pub(in super::super) const LOCATOR: u64 = code(b"AVF");
    pub(in super::super) const CARRIER: u64 = code(b"ABO");
    pub(in super::super) const TICKET: u64 = code(b"YZY");
    pub(in super::super) const SEAT: u64 = code(b"SEA");
    pub(in super::super) const CUSTOMER: u64 = code(b"CR");
    /// References of governments, transactions and flights have no column.
    pub(in super::super) const OTHER: [u64; 3] = [code(b"AEA"), code(b"TN"), code(b"AF")];
}

fn reference(reader: &Reader<'_, '_>, person: &mut Person) {
    let (qualifier, value, _) = reader.pair(false);
    let slot = match qualifier {
        references::LOCATOR => &mut person.locator,
        references::CARRIER => &mut person.carrier_ref,
        references::TICKET => &mut person.ticket,
        references::SEAT => &mut person.seat,
        references::CUSTOMER => &mut person.customer,
        other if references::OTHER.contains(&other) => return,
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
