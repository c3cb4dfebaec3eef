//! The older US form (PAXLST:001:000): each person is one PDT segment, `P/NUMBER:EXPIRY:COUNTRY`,
//! `LAST:FIRST:MIDDLE:BIRTH:SEX`, `PAX` or crew, `FROM:TO`. Flights use LOC+005, LOC+008, LOC+PT
//! and DTM with date and time in elements of their own, which `flight.rs` reads as well.

use super::super::dates::{self, Century};
use super::super::edifact::Reader;
use super::super::findings::Finding;
use super::super::interchange::Sink;
use super::{Document, Message, Role, group};

/// PDT: one person.
pub(super) fn person(reader: &Reader<'_, '_>, message: &mut Message, sink: &mut Sink<'_, '_>, at: usize) {
    sink.end_person(reader, message, at);
    let (role, known) = match reader.field(3, 0) {
        b"PAX" | b"PAS" | b"" => (Role::Passenger, true),
        b"CRW" | b"CRE" | b"CREW" => (Role::Crew, true),
        _ => (Role::Passenger, false),
    };
    let around = {
        let person = sink.begin_person(reader, message, at, role);
        if !known {
            person.findings.add(Finding::RoleUnknown);
        }
        message.around.unwrap_or(0)
    };
    let person = &mut message.person;
    for (i, slot) in person.name.iter_mut().take(3).enumerate() {
        *slot = reader.get(2, i);
    }
    group::birth(person, reader.field(2, 3), b"", around);
    match reader.field(2, 4) {
        b"F" => person.sex = Some(b'F'),
        b"M" => person.sex = Some(b'M'),
        b"X" => person.sex = Some(b'X'),
        b"U" | b"" => {}
        _ => person.findings.add(Finding::SexUnreadable),
    }
    person.sex_told = !reader.field(2, 4).is_empty();
    person.embarkation = reader.get(4, 0);
    person.debarkation = reader.get(4, 1);

    let first = reader.get(1, 0);
    let bytes = reader.bytes(first);
    // The type is a letter or two before the slash.
    let (kind, number) = match bytes.iter().position(|b| *b == b'/') {
        Some(slash) if slash <= 3 => (first.first(slash), first.skip(slash + 1)),
        _ => (first.first(0), first),
    };
    if kind.is_empty() && number.is_empty() {
        return;
    }
    if number.is_empty() {
        person.findings.add(Finding::DocumentWithoutNumber);
    }
    let mut document = Document { kind, number, ..Document::default() };
    let expiry = reader.field(1, 1);
    if !expiry.is_empty() {
        match dates::day(expiry, b"", Century::Near(around)) {
            Some((day, _)) => document.expiry = Some(day),
            None => person.findings.add(Finding::ExpiryUnreadable),
        }
    }
    document.issuer = group::read_country(reader, reader.get(1, 2), person);
    person.documents.push(document);
}
