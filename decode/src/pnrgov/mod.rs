//! PNRGOV: passenger name records (IATA/WCO/ICAO PNRGOV guide, 10.1 to 21.1).
//!
//! One message is one flight: its header TVL is the leg that crosses the border. Each SRC begins a
//! reservation, which is read in the levels of the guide: the booking (GR1), its travellers (GR2,
//! TIF), the legs (GR5, TVL), check-in on a leg (GR6, TRI) and the history (GR9, ABI). The level at
//! hand decides what a segment means; order inside a level is not insisted on.
//!
//! Services (SSR) are linked to travellers when the reservation ends, since documents may stand
//! before the travellers, behind the legs, or with another traveller than the one they name.

mod booking;
mod contacts;
mod feeds;
mod itinerary;
pub(super) mod link;
mod services;
pub(super) mod traveller;
mod who;

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::edifact::tags::{self, Tag};
use super::edifact::{Reader, Slice};
use super::findings::{Finding, Findings};
use super::interchange::Sink;
use super::noticed::Marks;
use super::paxlst::{Person, Role, number};
use super::travellers::reservation::{Booked, Change, Leg, Reservation};
pub(crate) use feeds::FEED;
use services::Service;

/// The level of a reservation at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Level {
    /// Before the first reservation.
    #[default]
    Header,
    Booking,
    Traveller(usize),
    Leg,
    /// Check-in of a traveller on the last leg; `None` until one is named.
    CheckIn(Option<usize>),
    /// Hotels, cars and the like.
    NotAir,
    History,
}

/// One traveller of the reservation at hand.
#[derive(Debug, Default)]
struct Traveller {
    person: Person,
    booked: Booked,
}

/// The message at hand. Its memory serves the next one.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) open: bool,
    /// Offset in the interchange.
    pub(super) at: usize,
    pub(super) reference: Slice,
    pub(super) common_ref: Slice,
    pub(super) part: Option<i32>,
    pub(super) kind: Slice,
    pub(super) action: &'static str,
    pub(super) segments: u64,
    /// Where the segments behind UNH begin.
    pub(super) body_at: usize,
    pub(super) first_row: usize,
    pub(super) persons: i32,
    pub(super) findings: Findings,
    pub(super) marks: Marks,
    /// The leg that crosses the border.
    pub(super) prime: Leg,
    /// Departure, else event time, in days: two-digit years are read around it.
    pub(super) around: i32,
    reservations: u64,
    /// EQN of the header, and where it stands.
    counted: Option<(u64, usize)>,
    level: Level,
    /// Offset of the reservation in the interchange.
    pnr_at: usize,
    pnr_open: bool,
    pnr_findings: Findings,
    pnr_marks: Marks,
    reservation: Reservation,
    travellers: Vec<Traveller>,
    /// Travellers of the reservation at hand; the rest of the list is memory.
    used: usize,
    services: Vec<Service>,
    /// A TRI that waits for its traveller: boarding number and reference.
    boarding: Option<(Slice, Slice)>,
    /// Time of the history entry at hand.
    history_at: Option<i64>,
    /// EQN stood in the reservation: the next RCI is that of the split.
    split: bool,
    /// What stands in front may have been a damaged SRC.
    broken: bool,
}

impl Message {
    /// Begins a message.
    pub(super) fn begin(&mut self, at: usize, first_row: usize, around: i32) {
        let mut old = std::mem::take(self);
        old.marks.clear();
        *self = Self {
            open: true,
            at,
            first_row,
            around,
            action: "new",
            marks: old.marks,
            pnr_marks: old.pnr_marks,
            reservation: old.reservation,
            travellers: old.travellers,
            services: old.services,
            ..Self::default()
        };
    }

    /// Notes findings on the traveller at hand, else on the reservation, else on the message.
    pub(super) fn note(&mut self, findings: Findings) {
        self.broken |= findings.has(Finding::Junk) || findings.has(Finding::TerminatorMissing);
        match self.level {
            Level::Traveller(i) => self.travellers[i].person.findings.merge(findings),
            _ if self.pnr_open => self.pnr_findings.merge(findings),
            _ => self.findings.merge(findings),
        }
    }

    fn note_one(&mut self, finding: Finding) {
        let mut set = Findings::default();
        set.add(finding);
        self.note(set);
    }

    /// Marks what the segment at hand showed.
    #[inline]
    pub(super) fn settle(&mut self, tag: Tag, at: usize) {
        self.marks.settle(&self.findings, tag, at);
        if self.pnr_open {
            self.pnr_marks.settle(&self.pnr_findings, tag, at);
            if let Level::Traveller(i) = self.level {
                let person = &mut self.travellers[i].person;
                person.marks.settle(&person.findings, tag, at);
            }
        }
    }

    /// Begins a reservation.
    fn begin_pnr(&mut self, at: usize) {
        self.reservations += 1;
        self.pnr_open = true;
        self.pnr_at = at;
        self.pnr_findings = Findings::default();
        self.pnr_marks.clear();
        self.reservation.reset();
        self.used = 0;
        self.services.clear();
        self.boarding = None;
        self.history_at = None;
        self.split = false;
        self.level = Level::Booking;
    }

    /// Adds a traveller; his segments begin at `at`.
    fn add_traveller(&mut self, at: usize) -> usize {
        let i = self.used;
        if i == self.travellers.len() {
            self.travellers.push(Traveller::default());
        }
        self.used += 1;
        let traveller = &mut self.travellers[i];
        traveller.person.reset(at, self.persons, Role::Passenger);
        traveller.booked.reset();
        self.persons += 1;
        i
    }

    /// The traveller whom a segment of his level belongs to; the only one where none is at hand.
    fn at_hand(&self) -> Option<usize> {
        match self.level {
            Level::Traveller(i) => Some(i),
            Level::CheckIn(i) => i.or((self.used == 1).then_some(0)),
            Level::Leg if self.used == 1 => Some(0),
            _ => None,
        }
    }
}

/// Takes segments of the reservation at hand for as long as they are short and of the common kind: what
/// [`super::interchange`] would do with each, without a look at what else it might be.
pub(super) fn segments(reader: &mut Reader<'_, '_>, m: &mut Message, sink: &mut Sink<'_, '_>) {
    loop {
        let Some(ahead) = reader.ahead() else {
            if reader.skip_breaks() {
                continue;
            }
            return;
        };
        let Some(tag) = reader.take(&ahead) else { return };
        m.segments += 1;
        // Pricing, taxes and equipment have no column, and most segments end in no tag.
        let plain = matches!(tag, tags::PTK | tags::TXD | tags::APD) && !matches!(m.level, Level::Header | Level::History);
        if plain && !matches!(ahead.byte(ahead.stop - 1), b'C' | b' ') {
            m.broken = false;
        } else {
            segment(reader, m, sink, ahead.at);
        }
    }
}

/// Takes one segment of a message. `at` is its offset in the interchange.
pub(super) fn segment(reader: &mut Reader<'_, '_>, m: &mut Message, sink: &mut Sink<'_, '_>, at: usize) {
    let tag = reader.tag();
    if tag == tags::SRC || (tag == tags::RCI && begins_pnr(reader, m)) {
        link::end_pnr(reader, m, sink, at);
        m.begin_pnr(at);
        if tag == tags::SRC {
            m.broken = false;
            return;
        }
        m.note_one(Finding::SrcMissing);
    }
    // The letters may stand at the end of a segment that lost its terminator, or be damaged.
    let damaged = !tags::is_known(tag);
    m.broken = damaged || reader.ends_with(b"SRC");
    let tag = if damaged && is_nearly(tag, tags::TIF) && reader.elements() > 2 {
        m.note_one(Finding::SegmentUnknown);
        tags::TIF
    } else {
        tag
    };
    if m.level == Level::Header && !header(reader, m, tag, at) {
        // A reservation that lost its SRC.
        m.begin_pnr(at);
    }
    if m.level == Level::History {
        history(reader, m, sink, tag);
        return;
    }
    match tag {
        _ if m.level == Level::Header => {}
        tags::TIF => traveller::begin(reader, m, at),
        tags::SSR => services::service(reader, m, sink, at),
        tags::TVL => itinerary::leg(reader, m),
        tags::RCI => booking::locators(reader, m),
        tags::DAT => booking::times(reader, m),
        tags::ORG => booking::agency(reader, m),
        tags::ADD => contacts::addresses(reader, m),
        tags::IFT => contacts::free_text(reader, m, sink),
        tags::EBD => booking::excess_bags(reader, m),
        tags::EQN => {
            m.reservation.split_count = number(reader.field(1, 0)).and_then(|n| i32::try_from(n).ok());
            m.split = true;
        }
        tags::MSG => {
            itinerary::end_check_in(reader, m);
            m.level = Level::NotAir;
        }
        tags::FTI => traveller::frequent_flyer(reader, m),
        tags::REF => traveller::reference(reader, m),
        tags::FAR => traveller::fare(reader, m),
        tags::TKT => traveller::ticket(reader, m),
        tags::MON => traveller::money(reader, m),
        tags::FOP => traveller::payment(reader, m),
        tags::TRA => itinerary::operating(reader, m),
        tags::RPI => itinerary::status(reader, m),
        tags::TRI => itinerary::check_in(reader, m),
        tags::SSD => itinerary::seat(reader, m),
        tags::TBD => itinerary::bags(reader, m),
        tags::ABI => {
            itinerary::end_check_in(reader, m);
            m.level = Level::History;
            m.history_at = None;
        }
        // An action without its ABI: the history begins here.
        tags::SAC => {
            itinerary::end_check_in(reader, m);
            m.level = Level::History;
            history(reader, m, sink, tag);
        }
        tags::LTS => lines(reader, m, sink),
        // Pricing, taxes and equipment have no column.
        tags::PTK | tags::TXD | tags::APD => {}
        _ => m.note_one(Finding::SegmentUnknown),
    }
    m.settle(tag, at);
}

/// Whether an RCI begins a reservation of its own: behind something that may have been a damaged SRC, with
/// a locator that the reservation at hand does not have.
fn begins_pnr(reader: &Reader<'_, '_>, m: &Message) -> bool {
    // A history has no locators of the reservation: its SRC was lost without a trace.
    let lost = m.level == Level::History && !reader.get(1, 3).is_empty();
    (m.broken || lost)
        && m.pnr_open
        && m.used > 0
        && !reader.get(1, 1).is_empty()
        && !m.reservation.locators.iter().any(|l| reader.bytes(l.locator) == reader.field(1, 1))
}

/// Whether two tags differ in one letter.
fn is_nearly(a: Tag, b: Tag) -> bool {
    tags::letters(a).iter().zip(tags::letters(b)).filter(|(x, y)| **x != *y).count() == 1
}

/// Takes text that is no segment: where it begins with SRC, a reservation does.
pub(super) fn junk(reader: &mut Reader<'_, '_>, m: &mut Message, sink: &mut Sink<'_, '_>, at: usize, text: &[u8]) {
    if m.used > 0 && text.trim_ascii_start().starts_with(b"SRC") {
        link::end_pnr(reader, m, sink, at);
        m.begin_pnr(at);
        m.note_one(Finding::SrcMissing);
    }
}

/// A segment of the header; false where it begins a reservation.
fn header(reader: &Reader<'_, '_>, m: &mut Message, tag: Tag, at: usize) -> bool {
    match tag {
        tags::MSG => {
            m.kind = if reader.field(1, 1).is_empty() { reader.get(1, 0) } else { reader.get(1, 1) };
            // Functions of the message (DE 1225): 22 push, 141 update, 142 cancellation.
            m.action = match reader.bytes(m.kind) {
                b"141" | b"4" | b"5" => "change",
                b"142" | b"1" | b"3" => "cancel",
                _ => "new",
            };
        }
        tags::ORG | tags::DAT | tags::IFT | tags::RPI | tags::APD => {}
        tags::TVL if m.prime.departure_port.is_empty() && m.prime.flight.is_empty() => {
            let (leg, finding) = itinerary::read(reader);
            m.prime = leg;
            if let Some(finding) = finding {
                m.findings.add(finding);
            }
            if let Some(time) = leg.departure.or(leg.arrival) {
                m.around = time.div_euclid(86_400_000_000) as i32;
            }
        }
        tags::EQN => m.counted = Some((number(reader.field(1, 0)).unwrap_or(u64::MAX), at)),
        _ if tags::of_reservations(tag) => return false,
        _ => m.findings.add(Finding::SegmentUnknown),
    }
    true
}

/// A segment of the history: who did what, and when. Its text is not kept.
fn history(reader: &Reader<'_, '_>, m: &mut Message, sink: &mut Sink<'_, '_>, tag: Tag) {
    match tag {
        tags::ABI => m.history_at = None,
        tags::DAT => {
            // `ZT` and `T`: when the entry was made.
            let time = (1..reader.elements()).find_map(|e| booking::time(reader, reader.element(e)));
            m.history_at = time.or(m.history_at);
        }
        tags::SAC => {
            let action = [3, 1, 2].into_iter().map(|e| reader.get(e, 0)).find(|s| !s.is_empty()).unwrap_or_default();
            m.reservation.history.push(Change { at: m.history_at, action, ..Change::default() });
        }
        tags::LTS => lines(reader, m, sink),
        _ => {
            let code = if tag == tags::SSR { reader.get(1, 0) } else { Slice::default() };
            let sensitive = super::sensitive::is_sensitive(reader.bytes(code));
            sink.out.counts.sensitive_dropped += u64::from(sensitive);
            if let Some(change) = m.reservation.history.last_mut().filter(|c| c.tag == [0; 3]) {
                change.tag = tags::letters(tag);
                change.code = if sensitive { Slice::default() } else { code };
            }
        }
    }
}

/// How a line of history names a service.
static SERVICE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"SSR "));

/// LTS: a line of history as text, which is counted and not kept.
fn lines(reader: &Reader<'_, '_>, m: &mut Message, sink: &mut Sink<'_, '_>) {
    m.reservation.history_lines += 1;
    for element in 1..reader.elements() {
        let text = reader.field(element, 0);
        // Services stand in it as `SSR` and their code.
        let sensitive = SERVICE.find_iter(text).any(|i| text.get(i + 4..i + 8).is_some_and(super::sensitive::is_sensitive));
        sink.out.counts.sensitive_dropped += u64::from(sensitive);
    }
}

/// Ends the message at `at`: the reservation at hand, and what its header counts.
pub(super) fn end(reader: &mut Reader<'_, '_>, m: &mut Message, sink: &mut Sink<'_, '_>, at: usize) {
    link::end_pnr(reader, m, sink, at);
    if let Some((_, eqn)) = m.counted.filter(|(n, _)| *n != m.reservations) {
        m.findings.add(Finding::PnrCount);
        m.marks.settle(&m.findings, tags::EQN, eqn);
    }
}
