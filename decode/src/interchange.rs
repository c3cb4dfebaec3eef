//! One interchange: service segments, and the messages between them.

use hashbrown::HashSet;
use twox_hash::XxHash3_64;

use super::Origin;
use super::dates;
use super::detect::{Format, name_of, of_message};
use super::edifact::tags::{self, Tag};
use super::edifact::{Piece, Reader, Slice};
use super::families::Families;
use super::findings::{DeadCode, Finding, Findings};
use super::noticed::Marks;
use super::output::{self, Output, Raw};
use super::paxlst::{self, Country, Message, Person, Role, flight, number, profile};
use super::travellers::reservation::Beside;
use super::travellers::{LegRow, MessageRow, Whereabouts};
use super::{cusres, pnrgov, sensitive};

const DAY: i64 = 86_400_000_000;

/// What the header of the interchange says, and what has been counted.
#[derive(Debug, Default)]
struct Envelope {
    has_unb: bool,
    sender: Slice,
    recipient: Slice,
    application: Slice,
    event_time: Option<i64>,
    reference: Slice,
    groups: u64,
    messages: u64,
    first_row: usize,
    first_consignment: usize,
    findings: Findings,
    marks: Marks,
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
            message.asked = profile::find(reader, message, self.envelope.recipient, self.envelope.application);
        }
        message.start_person(at, role)
    }

    /// Ends the person at hand, whose group ends at `at`: a row, or a dead letter.
    pub(super) fn end_person(&mut self, reader: &Reader<'_, '_>, message: &mut Message, at: usize) {
        if !message.person_open {
            return;
        }
        message.person_open = false;
        profile::check(reader, message);
        let departure = message.flight.departs(reader);
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
        let region_at = self.offset(0);
        let place = Whereabouts { message_at: region_at + message.at as i64, region_at, departure };
        let beside = Beside {
            response: person.response,
            response_text: person.response_text,
            customer: person.customer,
            charge: person.charge,
            ..Beside::default()
        };
        if !self.out.travellers.push(reader, person, place, &beside) {
            let text = "the person has neither a usable name nor a document number";
            self.dead_pnr(reader, person.at.min(at)..at, DeadCode::PersonWithoutIdentity, text);
        }
    }

    /// Offset in the partition of a byte of the interchange.
    pub(super) fn offset(&self, byte: usize) -> i64 {
        self.origin.position + (self.base + byte) as i64
    }

    /// Keeps a run of an interchange of travellers as a dead letter, without what is sensitive in it.
    pub(super) fn dead_pnr(&mut self, reader: &Reader<'_, '_>, range: std::ops::Range<usize>, code: DeadCode, text: &str) {
        let raw = &self.region[range.clone()];
        let mut kept = raw.to_vec();
        let syntax = &reader.syntax;
        self.out.counts.sensitive_dropped += sensitive::redact(&mut kept, |b| b == syntax.terminator);
        self.out.dead.push(self.origin, self.base + range.start, code, text, &kept);
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
        let row = MessageRow {
            flight_key: &self.key,
            message_format: match message.format {
                Some(Format::UsPaxlst) => "US-EDIFACT",
                Some(Format::Cusres) => "CUSRES",
                _ => "PAXLST",
            },
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

    /// Fills what a message of reservations says of all its travellers.
    fn end_pnrs(&mut self, reader: &Reader<'_, '_>, message: &pnrgov::Message) {
        let border = pnrgov::link::row(reader, &message.prime);
        flight::write_key(&border, &mut self.key);
        let row = MessageRow {
            flight_key: &self.key,
            message_format: "PNRGOV",
            message_kind: reader.text(message.kind),
            action: message.action,
            message_ref: reader.text(message.reference),
            common_ref: reader.text(message.common_ref),
            message_part: message.part,
            sender: reader.text(self.envelope.sender),
            recipient: reader.text(self.envelope.recipient),
            border,
            event_time: self.envelope.event_time,
            position: self.offset(message.at),
        };
        self.out.travellers.end_trips(self.origin, &row);
    }

    /// UNB: sender, recipient, time, reference.
    fn header(&mut self, reader: &Reader<'_, '_>) {
        let e = &mut self.envelope;
        e.has_unb = true;
        e.sender = reader.get(2, 0);
        e.recipient = reader.get(3, 0);
        e.reference = reader.get(5, 0);
        e.application = reader.get(7, 0);
        e.event_time = dates::time_of(reader.field(4, 0), reader.field(4, 1)).map(|(t, _)| t);
        if e.event_time.is_none() {
            e.findings.add(Finding::EventTimeUnreadable);
        }
    }

    /// UNH: begins a message.
    fn begin_message(&mut self, reader: &Reader<'_, '_>, messages: &mut Messages<'_>, at: usize) {
        self.end_foreign(reader, at);
        let format = of_message(reader.field(2, 0), reader.field(2, 1), reader.field(2, 2));
        self.out.counts.messages += 1;
        self.envelope.messages += 1;
        // S010: number of the part, and C, nothing or F for first, middle and last.
        let part = number(reader.field(4, 0)).and_then(|n| i32::try_from(n).ok());
        let several = part.is_some_and(|n| n > 1) || reader.field(4, 1) == b"C";
        if format == Format::Pnrgov {
            self.out.formats.add(format.name(), 1, true);
            self.begin_pnrgov(messages.pnrgov, at);
            let message = &mut *messages.pnrgov;
            message.reference = reader.get(1, 0);
            message.common_ref = reader.get(3, 0);
            message.part = part;
            message.body_at = reader.position();
            if several {
                message.findings.add(Finding::PartOfSeveral);
            }
            return;
        }
        if !format.is_list() && format != Format::Cusres {
            self.envelope.foreign = Some((at, format));
            return;
        }
        let message = &mut *messages.list;
        message.begin(at, format, self.out.travellers.len());
        message.reference = reader.get(1, 0);
        message.association = reader.get(2, 4);
        message.common_ref = reader.get(3, 0);
        message.part = part;
        message.body_at = reader.position();
        if several {
            message.findings.add(Finding::PartOfSeveral);
        }
    }

    fn begin_pnrgov(&mut self, message: &mut pnrgov::Message, at: usize) {
        let around = self.envelope.event_time.unwrap_or(self.origin.received_at).div_euclid(DAY) as i32;
        message.begin(at, self.out.travellers.len(), around);
        message.segments = 1;
    }

    /// Ends the message at hand at `at`; `trailer`: by its UNT, which is the current segment.
    fn end_message(&mut self, reader: &mut Reader<'_, '_>, messages: &mut Messages<'_>, at: usize, trailer: bool) {
        if messages.pnrgov.open {
            let message = &mut *messages.pnrgov;
            // What the trailer says is read before the text of the reservation is put together.
            let (segments, reference) = (number(reader.field(1, 0)), reader.get(2, 0));
            pnrgov::end(reader, message, self, at);
            self.end_pnrs(reader, message);
            message.open = false;
            if message.persons == 0 {
                self.out.counts.messages_without_person += 1;
            }
            if message.prime.departure.is_none() || message.prime.flight.is_empty() {
                message.findings.add(Finding::FlightIncomplete);
            }
            let findings = &mut message.findings;
            if self.is_repeated(messages.bodies, message.body_at, at) {
                findings.add(Finding::MessageRepeated);
            }
            if trailer {
                if segments != Some(message.segments) {
                    findings.add(Finding::UntCount);
                }
                if reader.bytes(reference) != reader.bytes(message.reference) && !findings.has(Finding::UnhMissing) {
                    findings.add(Finding::UntReference);
                }
                message.marks.settle(&message.findings, tags::UNT, at);
            } else {
                findings.add(Finding::UntMissing);
            }
            self.out.travellers.note_marked(message.first_row, message.findings, &message.marks, self.offset(0));
        }
        let message = &mut *messages.list;
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
        if self.is_repeated(messages.bodies, message.body_at, at) {
            message.findings.add(Finding::MessageRepeated);
        }
        if trailer {
            if number(reader.field(1, 0)) != Some(message.segments) {
                message.findings.add(Finding::UntCount);
            }
            if reader.field(2, 0) != reader.bytes(message.reference) && !message.findings.has(Finding::UnhMissing) {
                message.findings.add(Finding::UntReference);
            }
            message.marks.settle(&message.findings, tags::UNT, at);
        } else {
            message.findings.add(Finding::UntMissing);
        }
        if let Some((_, cnt)) = message.counted.filter(|(n, _)| *n != message.persons as u64) {
            message.findings.add(Finding::CntCount);
            message.marks.settle(&message.findings, tags::CNT, cnt);
        }
        self.out.travellers.note_marked(message.first_row, message.findings, &message.marks, self.offset(0));
    }

    /// Whether the interchange held a message of the same segments, those with its number aside.
    fn is_repeated(&self, bodies: &mut HashSet<u64>, from: usize, to: usize) -> bool {
        let body = self.region.get(from..to).unwrap_or_default();
        !body.is_empty() && !bodies.insert(XxHash3_64::oneshot(body))
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

/// The messages that are read in the stream of their interchange. One at most is open.
#[derive(Debug)]
pub(super) struct Messages<'m> {
    pub(super) list: &'m mut Message,
    pub(super) pnrgov: &'m mut pnrgov::Message,
    /// Digests of the messages of the interchange.
    pub(super) bodies: &'m mut HashSet<u64>,
}

impl Messages<'_> {
    /// Notes what the reader found about a segment on the message at hand; false where there is none.
    fn note(&mut self, findings: Findings, tag: Tag, at: usize) -> bool {
        if self.list.open {
            self.list.note(findings);
            self.list.settle(tag, at);
        } else if self.pnrgov.open {
            self.pnrgov.note(findings);
            self.pnrgov.settle(tag, at);
        }
        self.list.open || self.pnrgov.open
    }
}

/// Decodes one interchange; returns the bytes that it took, its UNZ included.
pub(super) fn decode(reader: &mut Reader<'_, '_>, mut messages: Messages<'_>, sink: &mut Sink<'_, '_>) -> usize {
    messages.list.open = false;
    messages.list.person_open = false;
    messages.pnrgov.open = false;
    messages.bodies.clear();
    let messages = &mut messages;
    sink.out.counts.interchanges += 1;
    let mut ended = false;
    loop {
        reader.skip_breaks();
        let Some(piece) = reader.next() else { break };
        let at = match piece {
            Piece::Blank(_) => continue,
            Piece::Junk(range) => {
                sink.out.counts.dirt_bytes += range.len() as u64;
                let mut junk = Findings::default();
                junk.add(Finding::Junk);
                if messages.pnrgov.open {
                    let text = &sink.region[range.clone()];
                    pnrgov::junk(reader, messages.pnrgov, sink, range.start, text);
                }
                note(messages, sink, junk, 0, range.start);
                continue;
            }
            Piece::Segment(range) => range.start,
        };
        let tag = reader.tag();
        match tag {
            tags::UNB => {
                sink.end_message(reader, messages, at, false);
                sink.header(reader);
                sink.envelope.marks.settle(&sink.envelope.findings, tag, at);
            }
            tags::UNG => {
                sink.end_message(reader, messages, at, false);
                sink.envelope.groups += 1;
            }
            tags::UNH => {
                sink.end_message(reader, messages, at, false);
                sink.begin_message(reader, messages, at);
                messages.list.segments = 1;
            }
            tags::UNT if sink.envelope.foreign.is_none() => {
                messages.list.segments += 1;
                messages.pnrgov.segments += 1;
                sink.end_message(reader, messages, at, true);
            }
            tags::UNA | tags::UNT => {}
            tags::UNE => sink.end_message(reader, messages, at, false),
            tags::UNZ => {
                sink.end_message(reader, messages, at, false);
                sink.end_foreign(reader, reader.position());
                sink.trailer(reader);
                sink.envelope.marks.settle(&sink.envelope.findings, tag, at);
                ended = true;
            }
            _ if sink.envelope.foreign.is_some() => reader.skip_to_service(),
            _ => {
                if !messages.list.open && !messages.pnrgov.open && tag != tags::UNS {
                    begin_bare(messages, sink, tag, at);
                }
                if messages.pnrgov.open {
                    messages.pnrgov.segments += 1;
                    pnrgov::segment(reader, messages.pnrgov, sink, at);
                } else if messages.list.open {
                    let message = &mut *messages.list;
                    message.segments += 1;
                    if message.format == Some(Format::Cusres) {
                        cusres::segment(reader, message, sink, at);
                    } else {
                        paxlst::segment(reader, message, sink, at);
                    }
                    message.settle(tag, at);
                }
            }
        }
        if let Some(repairs) = reader.repairs() {
            note(messages, sink, repairs, tag, at);
        }
        if ended {
            break;
        }
        if messages.pnrgov.open {
            pnrgov::segments(reader, messages.pnrgov, sink);
        }
        if messages.list.person_open && messages.list.format != Some(Format::Cusres) {
            paxlst::persons(reader, messages.list, sink);
        }
    }
    let end = reader.position();
    sink.end_message(reader, messages, end, false);
    sink.end_foreign(reader, end);
    let envelope = &mut sink.envelope;
    if !envelope.has_unb {
        envelope.findings.add(Finding::UnbMissing);
    } else if !ended {
        envelope.findings.add(Finding::UnzMissing);
    }
    sink.out.travellers.note_marked(
        envelope.first_row,
        envelope.findings,
        &envelope.marks,
        sink.origin.position + sink.base as i64,
    );
    sink.out.consignments.note(envelope.first_consignment, envelope.findings);
    end
}

/// Begins a message that has no UNH, where the segment is one of a message that is decoded.
fn begin_bare(messages: &mut Messages<'_>, sink: &mut Sink<'_, '_>, tag: Tag, at: usize) {
    if tags::of_reservations(tag) {
        sink.begin_pnrgov(messages.pnrgov, at);
        messages.pnrgov.segments = 0;
        messages.pnrgov.findings.add(Finding::UnhMissing);
    } else if tags::known(tag) {
        let format = match tag {
            tags::PDT => Format::UsPaxlst,
            tags::ERP => Format::Cusres,
            _ => Format::Paxlst,
        };
        messages.list.begin(at, format, sink.out.travellers.len());
        messages.list.findings.add(Finding::UnhMissing);
    } else {
        return;
    }
    sink.out.counts.messages += 1;
    sink.envelope.messages += 1;
}

fn note(messages: &mut Messages<'_>, sink: &mut Sink<'_, '_>, findings: Findings, tag: Tag, at: usize) {
    if !findings.is_empty() && !messages.note(findings, tag, at) {
        let envelope = &mut sink.envelope;
        envelope.findings.merge(findings);
        envelope.marks.settle(&envelope.findings, tag, at);
    }
}
