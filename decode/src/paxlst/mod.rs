//! PAXLST: passenger and crew lists (WCO/IATA/ICAO API guidelines, UN/EDIFACT D.02B and later).
//!
//! Segments come in groups: the header (BGM, RFF, reporting party), the flight (TDT with LOC and
//! DTM), one group a person (NAD …), the documents of a person (DOC …) and the trailer. The
//! group at hand decides what LOC, DTM and RFF mean. Order inside a group is not insisted on.

mod feeds;
pub(super) mod flight;
mod group;
pub(super) mod profile;
mod quick;
pub(super) mod us_edifact;

use super::dates::Precision;
use super::detect::Format;
use super::edifact::tags::{self, Tag};
use super::edifact::{Reader, Slice};
use super::findings::{Finding, Findings};
use super::interchange::Sink;
use super::noticed::Marks;
use flight::Flight;

pub(crate) use self::feeds::{FEED, US_FEED};
pub(super) use self::quick::persons;

/// What the person is on board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    #[default]
    Passenger,
    Crew,
    TransitPassenger,
    TransitCrew,
}

impl Role {
    /// Word of the column.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Passenger => "passenger",
            Self::Crew => "crew",
            Self::TransitPassenger => "transit_passenger",
            Self::TransitCrew => "transit_crew",
        }
    }
}

/// A sex as written: `Some(None)` where it is not stated, `None` where it is no sex. FI and MI are infants.
#[expect(clippy::option_option, reason = "not stated and unreadable are two things")]
pub(super) fn read_sex(code: &[u8]) -> Option<Option<u8>> {
    match code {
        b"F" | b"FI" | b"f" => Some(Some(b'F')),
        b"M" | b"MI" | b"m" => Some(Some(b'M')),
        b"X" | b"XI" | b"x" => Some(Some(b'X')),
        b"U" | b"UI" | b"u" => Some(None),
        _ => None,
    }
}

/// A country as a code, or as sent where it is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Country {
    #[default]
    None,
    Code(&'static str),
    Sent(Slice),
}

/// One document.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Document {
    pub(super) kind: Slice,
    pub(super) number: Slice,
    pub(super) issuer: Country,
    /// Whether the issuer is a subdivision, which a country replaces.
    pub(super) issuer_is_part: bool,
    pub(super) expiry: Option<i32>,
    /// What only reservations say: day and place of issue, the name in it (given and middle names).
    pub(super) issued: Option<i32>,
    pub(super) issue_place: Slice,
    pub(super) surname: Slice,
    pub(super) given: [Slice; 2],
}

/// What the segments of one person said.
#[derive(Debug, Default)]
pub(super) struct Person {
    /// Offset of its first segment in the interchange.
    pub(super) at: usize,
    pub(super) ordinal: i32,
    pub(super) role: Role,
    /// Surname, given names and further components.
    pub(super) name: [Slice; 5],
    pub(super) address: [Slice; 8],
    pub(super) birth: Option<(i32, Precision)>,
    pub(super) sex: Option<u8>,
    /// A sex was sent, if only to say that it is not stated.
    pub(super) sex_told: bool,
    pub(super) nationality: Country,
    pub(super) residence: Country,
    pub(super) birth_place: Slice,
    pub(super) birth_country: Country,
    pub(super) embarkation: Slice,
    pub(super) debarkation: Slice,
    pub(super) clearance: Slice,
    pub(super) locator: Slice,
    pub(super) carrier_ref: Slice,
    pub(super) ticket: Slice,
    pub(super) seat: Slice,
    /// What a member of the crew does on board.
    pub(super) duty: Slice,
    /// Number of a frequent flyer or customer, and how a charge is paid.
    pub(super) customer: Slice,
    pub(super) charge: Slice,
    /// A truck crew, reported under rules of its own.
    pub(super) on_truck: bool,
    /// Name of the profile that the person was held against.
    pub(super) profile: &'static str,
    pub(super) bag_count: Option<i32>,
    pub(super) bag_weight: Option<i32>,
    /// Tags, and how many bags in a row each stands for.
    pub(super) bags: Vec<(Slice, u16)>,
    pub(super) documents: Vec<Document>,
    /// An empty DOC was sent: what follows belongs to no document.
    pub(super) document_skipped: bool,
    pub(super) contacts: Vec<(&'static str, Slice)>,
    pub(super) mrz: Vec<Slice>,
    /// Status of the person in a reply, and the words beside it.
    pub(super) response: Slice,
    pub(super) response_text: Slice,
    pub(super) findings: Findings,
    pub(super) marks: Marks,
}

impl Person {
    /// Forgets all but the memory of the lists.
    pub(super) fn reset(&mut self, at: usize, ordinal: i32, role: Role) {
        self.bags.clear();
        self.documents.clear();
        self.contacts.clear();
        self.mrz.clear();
        self.marks.clear();
        (self.at, self.ordinal, self.role) = (at, ordinal, role);
        (self.birth, self.sex, self.nationality, self.residence) = (None, None, Country::None, Country::None);
        (self.birth_country, self.bag_count, self.bag_weight, self.document_skipped) = (Country::None, None, None, false);
        (self.sex_told, self.on_truck, self.profile) = (false, false, "");
        self.findings = Findings::default();
        self.name = <[Slice; 5]>::default();
        self.address = <[Slice; 8]>::default();
        for slot in [
            &mut self.birth_place,
            &mut self.embarkation,
            &mut self.debarkation,
            &mut self.clearance,
            &mut self.locator,
            &mut self.carrier_ref,
            &mut self.ticket,
            &mut self.seat,
            &mut self.duty,
            &mut self.customer,
            &mut self.charge,
            &mut self.response,
            &mut self.response_text,
        ] {
            *slot = Slice::default();
        }
    }
}

/// The message at hand.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) open: bool,
    pub(super) format: Option<Format>,
    /// Offset in the interchange.
    pub(super) at: usize,
    pub(super) reference: Slice,
    pub(super) common_ref: Slice,
    /// Association assigned code of the message type (UNH 0057).
    pub(super) association: Slice,
    pub(super) part: Option<i32>,
    pub(super) kind: Slice,
    pub(super) action: &'static str,
    /// Segments so far, UNH among them.
    pub(super) segments: u64,
    /// Where the segments behind UNH begin.
    pub(super) body_at: usize,
    /// Persons so far, dead ones among them.
    pub(super) persons: i32,
    /// What the CNT segments of persons add up to, and where the last stands.
    pub(super) counted: Option<(u64, usize)>,
    pub(super) flight: Flight,
    /// Departure, else event time, in days: two-digit years are read around it.
    pub(super) around: Option<i32>,
    /// What the state asks for that the list is for.
    pub(super) asked: Option<profile::Asked>,
    pub(super) person: Person,
    pub(super) person_open: bool,
    /// First row of the message.
    pub(super) first_row: usize,
    pub(super) findings: Findings,
    pub(super) marks: Marks,
}

impl Message {
    /// Begins a message.
    pub(super) fn begin(&mut self, at: usize, format: Format, first_row: usize) {
        let person = std::mem::take(&mut self.person);
        let mut marks = std::mem::take(&mut self.marks);
        marks.clear();
        let mut flight = std::mem::take(&mut self.flight);
        flight.clear();
        *self = Self { open: true, format: Some(format), at, first_row, action: "new", person, flight, marks, ..Self::default() };
    }

    /// Begins a person, whose group begins at `at`.
    pub(super) fn start_person(&mut self, at: usize, role: Role) -> &mut Person {
        self.person.reset(at, self.persons, role);
        self.persons += 1;
        self.person_open = true;
        &mut self.person
    }

    /// Notes a finding on the person at hand, else on the message.
    pub(super) fn note(&mut self, findings: Findings) {
        if self.person_open { self.person.findings.merge(findings) } else { self.findings.merge(findings) }
    }

    /// Marks what the segment at hand showed.
    #[inline]
    pub(super) fn settle(&mut self, tag: Tag, at: usize) {
        self.marks.settle(&self.findings, tag, at);
        if self.person_open {
            self.person.marks.settle(&self.person.findings, tag, at);
        }
    }

    pub(super) fn note_one(&mut self, finding: Finding) {
        let mut set = Findings::default();
        set.add(finding);
        self.note(set);
    }
}

/// Takes one segment of a list. `at` is its offset in the interchange.
pub(super) fn segment(reader: &Reader<'_, '_>, message: &mut Message, sink: &mut Sink<'_, '_>, at: usize) {
    let tag = reader.tag();
    match tag {
        tags::NAD => group::begin(reader, message, sink, at),
        tags::PDT => us_edifact::person(reader, message, sink, at),
        tags::BGM => header(reader, message),
        tags::TDT => {
            sink.end_person(reader, message, at);
            if message.persons > 0 {
                sink.end_section(reader, message);
                message.flight.clear();
                message.around = None;
            }
            message.flight.transport(reader);
        }
        tags::CNT => {
            sink.end_person(reader, message, at);
            count(reader, message, at);
        }
        _ if message.person_open => group::segment(reader, message, tag),
        tags::LOC => {
            if !message.flight.place(reader) {
                message.note_one(Finding::QualifierUnknown);
            }
        }
        tags::DTM => {
            if let Some(finding) = message.flight.time(reader) {
                message.note_one(finding);
            }
        }
        // Of the reporting party and of the message itself nothing is kept.
        tags::RFF | tags::COM | tags::CTA | tags::FTX | tags::GEI | tags::UNS | tags::QTY | tags::MEA | tags::EMP => {}
        _ => group::other(message, tag),
    }
}

/// BGM: kind of list, and what it does. The codes are those of the WCO/IATA/ICAO API guide.
fn header(reader: &Reader<'_, '_>, message: &mut Message) {
    message.kind = reader.get(1, 0);
    let code = reader.field(2, 0);
    let kind = reader.field(1, 0);
    let action = match (kind, code) {
        // Codes of crew lists name the kind of flight; a second C is a change. Those of master crew
        // lists are add, delete, change.
        (b"250", b"CC" | b"BC" | b"EC" | b"FC" | b"AC" | b"DC") | (b"336", b"I") | (_, b"CP" | b"RP" | b"CF") => "change",
        (b"250", _) => "new",
        (b"336", b"H") | (_, b"XR" | b"XF" | b"D") => "cancel",
        (_, b"CL" | b"CLNB" | b"CLOB") => "close",
        _ => match reader.field(3, 0) {
            // Message function (DE 1225): cancellation, deletion; change, replace.
            b"1" | b"3" => "cancel",
            b"4" | b"5" | b"20" => "change",
            _ => "new",
        },
    };
    message.action = action;
    if code == b"CLNB" {
        message.findings.add(Finding::NotOnBoard);
    }
}

/// CNT: 42 passengers, 41 crew; 3 is a wrong code that is used as well.
fn count(reader: &Reader<'_, '_>, message: &mut Message, at: usize) {
    if !matches!(reader.field(1, 0), b"41" | b"42" | b"3") {
        return;
    }
    // A count that cannot be read differs from any.
    let n = number(reader.field(1, 1)).unwrap_or(u64::MAX);
    message.counted = Some((message.counted.map_or(0, |(n, _)| n).saturating_add(n), at));
}

/// A count; blanks that crept in between the digits are left out.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let mut n: u64 = 0;
    let mut any = false;
    for b in text.iter().filter(|b| **b != b' ') {
        if !b.is_ascii_digit() {
            return None;
        }
        any = true;
        n = n.checked_mul(10)?.checked_add(u64::from(b - b'0'))?;
    }
    any.then_some(n)
}

/// Whether a list may hold this tag.
fn belongs(tag: Tag) -> bool {
    tags::of_lists(tag) && !matches!(tag, tags::ERP | tags::ERC | tags::PDT)
}
