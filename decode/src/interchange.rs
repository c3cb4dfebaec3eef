//! One interchange: service segments, and the messages between them.

use super::Origin;
use super::dates;
use super::detect::{Format, name_of, of_message};
use super::edifact::tags;
use super::edifact::{Piece, Reader, Slice};
use super::families::Families;
use super::findings::{DeadCode, Finding, Findings};
use super::output::{self, Output, Raw};
use super::paxlst::{self, Country, Message, Person, Role, flight, number};
use super::travellers::{LegRow, MessageRow};

const DAY: i64 = 86_400_000_000;

/// What the header of the interchange says, and what has been counted.
#[derive(Debug, Default)]
struct Envelope {
    has_unb: bool,
    sender: Slice,
    recipient: Slice,
    event_time: Option<i64>,
    reference: Slice,
    groups: u64,
    messages: u64,
    first_row: usize,
    first_consignment: usize,
    findings: Findings,
    /// A message of another family than the passenger lists: where it begins, and what it is.
    foreign: Option<(usize, Format)>,
}

/// Where travellers and dead letters of an interchange go.
#[derive(Debug)]
pub(super) struct Sink<'s, 'o> {
    pub(super) origin: &'s Origin<'o>,
    families: &'s mut Families,
    pub(super) out: &'s mut Output,
    /// Bytes of the interchange.
    pub(super) region: &'s [u8],
    /// Where they begin in the input of the decoder.
    pub(super) base: usize,
    envelope: Envelope,
    key: String,
}

impl<'s, 'o> Sink<'s, 'o> {
    pub(super) fn new(
        origin: &'s Origin<'o>,
        families: &'s mut Families,
        out: &'s mut Output,
        region: &'s [u8],
        base: usize,
    ) -> Self {
        let envelope =
            Envelope { first_row: out.travellers.len(), first_consignment: out.consignments.len(), ..Envelope::default() };
        Self { origin, families, out, region, base, envelope, key: String::new() }
    }

    /// Begins a person.
    pub(super) fn begin_person<'m>(
        &mut self,
        reader: &Reader<'_, '_>,
        message: &'m mut Message,
        at: usize,
        role: Role,
    ) -> &'m mut Person {
        if message.around.is_none() {
            message.flight.finish();
            let time = message.flight.border(reader).and_then(|l| l.any_time()).or(self.envelope.event_time);
            message.around = Some(time.unwrap_or(self.origin.received_at).div_euclid(DAY) as i32);
        }
        message.start_person(at, role)
    }

    /// Ends the person at hand, whose group ends at `at`: a row, or a dead letter.
    pub(super) fn end_person(&mut self, reader: &Reader<'_, '_>, message: &mut Message, at: usize) {
        if !message.person_open {
            return;
        }
        message.person_open = false;
        let person = &message.person;
        // A party of a kind that is not known travels if something says that it is a person.
        if person.findings.has(Finding::RoleUnknown)
            && person.birth.is_none()
            && person.documents.is_empty()
            && person.sex.is_none()
            && person.nationality == Country::None
        {
            message.persons -= 1;
            message.findings.add(Finding::QualifierUnknown);
            return;
        }
        let departure = message.flight.border(reader).and_then(|l| l.departure());
        let message_at = self.origin.position + (self.base + message.at) as i64;
        if !self.out.travellers.push(self.origin, reader, person, message_at, departure) {
            let code = DeadCode::PersonWithoutIdentity;
            let raw = &self.region[person.at.min(at)..at];
            self.out.dead.push(
                self.origin,
                self.base + person.at,
                code,
                "the person has neither a usable name nor a document number",
                raw,
            );
        }
    }

    /// Ends a run of persons on the same flight.
    pub(super) fn end_section(&mut self, reader: &Reader<'_, '_>, message: &mut Message) {
        message.flight.finish();
        let legs: Vec<LegRow<'_>> = message.flight.legs().iter().map(|l| l.row(reader)).collect();
        let border = message.flight.border(reader).map(|l| l.row(reader)).unwrap_or_default();
        flight::write_key(&border, &mut self.key);
        if self.key.is_empty() {
            message.findings.add(Finding::FlightIncomplete);
        }
        let us = message.format == Some(Format::UsPaxlst);
        let row = MessageRow {
            flight_key: &self.key,
            message_format: if us { "US-EDIFACT" } else { "PAXLST" },
            message_kind: reader.text(message.kind),
            action: message.action,
            message_ref: reader.text(message.reference),
            common_ref: reader.text(message.common_ref),
            message_part: message.part,
            sender: reader.text(self.envelope.sender),
            recipient: reader.text(self.envelope.recipient),
            border,
            event_time: self.envelope.event_time,
            position: self.origin.position + (self.base + message.at) as i64,
        };
        self.out.travellers.end_section(self.origin, &row, &legs);
    }

    /// UNB: sender, recipient, time, reference.
    fn header(&mut self, reader: &Reader<'_, '_>) {
        let e = &mut self.envelope;
        e.has_unb = true;
        e.sender = reader.get(2, 0);
        e.recipient = reader.get(3, 0);
        e.reference = reader.get(5, 0);
        e.event_time = dates::time_of(reader.field(4, 0), reader.field(4, 1)).map(|(t, _)| t);
        if e.event_time.is_none() {
            e.findings.add(Finding::EventTimeUnreadable);
        }
    }

    /// UNH: begins a message.
    fn begin_message(&mut self, reader: &Reader<'_, '_>, message: &mut Message, at: usize) {
        self.end_message(reader, message, at, false);
        self.end_foreign(reader, at);
        let format = of_message(reader.field(2, 0), reader.field(2, 1), reader.field(2, 2));
        self.out.counts.messages += 1;
        self.envelope.messages += 1;
        if !format.is_decoded() {
            self.envelope.foreign = Some((at, format));
            return;
        }
        message.begin(at, format, self.out.travellers.len());
        message.reference = reader.get(1, 0);
        message.common_ref = reader.get(3, 0);
        // S010: number of the part, and C, nothing or F for first, middle and last.
        message.part = number(reader.field(4, 0)).and_then(|n| i32::try_from(n).ok());
    }

    /// Ends the message at hand; `trailer`: by its UNT, which is the current segment.
    fn end_message(&mut self, reader: &Reader<'_, '_>, message: &mut Message, at: usize, trailer: bool) {
        if !message.open {
            return;
        }
        self.end_person(reader, message, at);
        self.end_section(reader, message);
        message.open = false;
        if message.persons == 0 {
            self.out.counts.messages_without_person += 1;
        }
        self.out.formats.add(message.format.unwrap_or(Format::Paxlst).name(), 1, true);
        if trailer {
            if number(reader.field(1, 0)) != Some(message.segments) {
                message.findings.add(Finding::UntCount);
            }
            if reader.field(2, 0) != reader.bytes(message.reference) && !message.findings.has(Finding::UnhMissing) {
                message.findings.add(Finding::UntReference);
            }
        } else {
            message.findings.add(Finding::UntMissing);
        }
        if message.counted.is_some_and(|n| n != message.persons as u64) {
            message.findings.add(Finding::CntCount);
        }
        self.out.travellers.note(message.first_row, message.findings);
    }

    /// Ends a message of another family at `end`: it goes to its decoder, or is kept.
    fn end_foreign(&mut self, reader: &Reader<'_, '_>, end: usize) {
        let Some((start, format)) = self.envelope.foreign.take() else { return };
        let e = &self.envelope;
        let envelope = output::Envelope {
            sender: reader.text(e.sender),
            recipient: reader.text(e.recipient),
            event_time: e.event_time,
            syntax: Some(&reader.syntax),
        };
        let raw = Raw { origin: self.origin, bytes: &self.region[start..end], at: self.base + start, envelope };
        let decoded = self.families.decode(format, &raw, self.out);
        self.out.formats.add(&name_of(format, raw.bytes), 1, decoded);
        if decoded {
            return;
        }
        self.out.counts.messages_to_come += 1;
        // The first message takes the header of the interchange with it.
        let start = if e.messages == 1 { 0 } else { start };
        let text = to_come(format, raw.bytes);
        self.out.dead.push(self.origin, self.base + start, DeadCode::ToCome, &text, &self.region[start..end]);
    }

    /// UNZ: counts and reference.
    fn trailer(&mut self, reader: &Reader<'_, '_>) {
        let e = &mut self.envelope;
        let held = if e.groups > 0 { e.groups } else { e.messages };
        if number(reader.field(1, 0)) != Some(held) {
            e.findings.add(Finding::UnzCount);
        }
        if e.has_unb && reader.field(2, 0) != reader.bytes(e.reference) {
            e.findings.add(Finding::UnzReference);
        }
    }
}

/// What a dead letter says of a format that is not decoded yet.
pub(super) fn to_come(format: Format, bytes: &[u8]) -> String {
    format!("{} is a format to come: known, and not decoded yet", name_of(format, bytes))
}

/// Decodes one interchange; returns the bytes that it took, its UNZ included.
pub(super) fn decode(reader: &mut Reader<'_, '_>, message: &mut Message, sink: &mut Sink<'_, '_>) -> usize {
    message.open = false;
    message.person_open = false;
    sink.out.counts.interchanges += 1;
    let mut ended = false;
    while let Some(piece) = reader.next() {
        let at = match piece {
            Piece::Blank(_) => continue,
            Piece::Junk(range) => {
                sink.out.counts.dirt_bytes += range.len() as u64;
                let mut junk = Findings::default();
                junk.add(Finding::Junk);
                note(message, sink, junk);
                continue;
            }
            Piece::Segment(range) => range.start,
        };
        let tag = reader.tag();
        match tag {
            tags::UNB => {
                sink.end_message(reader, message, at, false);
                sink.header(reader);
            }
            tags::UNG => {
                sink.end_message(reader, message, at, false);
                sink.envelope.groups += 1;
            }
            tags::UNH => {
                sink.begin_message(reader, message, at);
                message.segments = 1;
            }
            tags::UNT if sink.envelope.foreign.is_none() => {
                message.segments += 1;
                sink.end_message(reader, message, at, true);
            }
            tags::UNA | tags::UNT => {}
            tags::UNE => sink.end_message(reader, message, at, false),
            tags::UNZ => {
                sink.end_message(reader, message, at, false);
                sink.end_foreign(reader, reader.position());
                sink.trailer(reader);
                ended = true;
            }
            _ if sink.envelope.foreign.is_some() => {}
            _ => {
                if !message.open && tags::known(tag) && tag != tags::UNS {
                    let format = if tag == tags::PDT { Format::UsPaxlst } else { Format::Paxlst };
                    sink.out.counts.messages += 1;
                    sink.envelope.messages += 1;
                    message.begin(at, format, sink.out.travellers.len());
                    message.findings.add(Finding::UnhMissing);
                }
                message.segments += 1;
                if message.open {
                    paxlst::segment(reader, message, sink, at);
                }
            }
        }
        note(message, sink, reader.findings());
        if ended {
            break;
        }
    }
    let end = reader.position();
    sink.end_message(reader, message, end, false);
    sink.end_foreign(reader, end);
    let envelope = &mut sink.envelope;
    if !envelope.has_unb {
        envelope.findings.add(Finding::UnbMissing);
    } else if !ended {
        envelope.findings.add(Finding::UnzMissing);
    }
    sink.out.travellers.note(envelope.first_row, envelope.findings);
    sink.out.consignments.note(envelope.first_consignment, envelope.findings);
    end
}

fn note(message: &mut Message, sink: &mut Sink<'_, '_>, findings: Findings) {
    if !findings.is_empty() {
        if message.open { message.note(findings) } else { sink.envelope.findings.merge(findings) }
    }
}
