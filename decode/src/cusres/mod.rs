//! CUSRES: what an authority answers to a passenger list (BGM 962 reply, 312 acknowledgement, 132 later
//! change of a status). Each person of the answer (ERP+2) becomes a row of message format `CUSRES` with his
//! references and his status (ERC), since that is how it joins to the list that it answers; it names nobody,
//! so nothing is screened on it. An answer without persons is counted as a message without person.

use tamis_records::schema::RecordKind;

use super::edifact::tags;
use super::edifact::{Reader, Slice};
use super::feeds::Feed;
use super::findings::Finding;
use super::interchange::Sink;
use super::paxlst::{Message, Role};

/// What feeds the columns of a traveller.
pub(crate) const FEED: Feed = Feed {
    format: "CUSRES",
    kind: RecordKind::Traveller,
    columns: &[
        ("message_kind", "BGM 1001: 962 reply, 312 acknowledgement, 132 change of a status"),
        ("action", "reply"),
        ("message_ref", "UNH 0062"),
        ("common_ref", "UNH 0068"),
        ("message_part", "UNH S010 0070"),
        ("sender", "UNB S002"),
        ("recipient", "UNB S003"),
        ("event_time", "UNB S004"),
        ("role", "passenger"),
        ("carrier", "RFF+AF, TDT"),
        ("flight", "RFF+AF, TDT"),
        ("departure_port", "LOC+125"),
        ("arrival_port", "LOC+87"),
        ("departure_local", "DTM+189"),
        ("arrival_local", "DTM+232"),
        ("legs", "LOC and DTM of the header"),
        ("name_raw", "NAD behind ERP"),
        ("surname", "NAD behind ERP"),
        ("given_names", "NAD behind ERP"),
        ("title", "NAD behind ERP"),
        ("pnr_locator", "RFF+AVF behind ERP"),
        ("carrier_ref", "RFF+ABO behind ERP"),
        ("ticket", "RFF+YZY behind ERP"),
        ("seat", "RFF+SEA behind ERP"),
        ("response", "ERC"),
        ("response_text", "FTX+AAP behind ERC"),
    ],
};

/// Takes one segment of a reply. `at` is its offset in the interchange.
pub(super) fn segment(reader: &Reader<'_, '_>, message: &mut Message, sink: &mut Sink<'_, '_>, at: usize) {
    match reader.tag() {
        tags::BGM => {
            message.kind = reader.get(1, 0);
            message.action = "reply";
        }
        // 1: an error of the whole message; 2: a person.
        tags::ERP => {
            sink.end_person(reader, message, at);
            if reader.field(1, 0) != b"1" {
                sink.begin_person(reader, message, at, Role::Passenger);
            }
        }
        tags::RFF if message.person_open => {
            let value = reader.get(1, 1);
            let person = &mut message.person;
            match reader.field(1, 0) {
                b"AVF" => person.locator = value,
                b"ABO" => person.carrier_ref = value,
                b"YZY" => person.ticket = value,
                b"SEA" => person.seat = value,
                b"AEA" | b"CR" | b"TN" | b"AF" | b"ACD" => {}
                _ => person.findings.add(Finding::QualifierUnknown),
            }
        }
        tags::RFF => {
            if reader.field(1, 0) == b"AF" {
                message.flight.designate(reader, reader.get(1, 1));
            }
        }
        tags::ERC if message.person_open => {
            let person = &mut message.person;
            if person.response.is_empty() {
                person.response = reader.get(1, 0);
            }
        }
        tags::ERC if message.persons == 0 => {
            // The answer to the whole list: a row without person would be lost otherwise.
            let person = sink.begin_person(reader, message, at, Role::Passenger);
            person.response = reader.get(1, 0);
        }
        tags::FTX if message.person_open => {
            let person = &mut message.person;
            let words = (4..reader.elements()).map(|e| reader.get(e, 0)).find(|s| !s.is_empty());
            if person.response_text.is_empty() {
                person.response_text = words.unwrap_or(Slice::default());
            }
        }
        tags::NAD if message.person_open => {
            for (i, slot) in message.person.name.iter_mut().enumerate() {
                *slot = reader.get(4, i);
            }
        }
        tags::TDT => message.flight.transport(reader),
        tags::LOC if !message.person_open => {
            message.flight.place(reader);
        }
        tags::DTM if !message.person_open => {
            if let Some(finding) = message.flight.time(reader) {
                message.note_one(finding);
            }
        }
        tag if tags::of_lists(tag) => {}
        _ => message.note_one(Finding::SegmentUnknown),
    }
}
