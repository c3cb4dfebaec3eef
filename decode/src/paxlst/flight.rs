//! The flight of a list: TDT with its places and times.
//!
//! One TDT may hold one leg (LOC+125 and LOC+87, or a pair of LOC+92) or several (further pairs; in
//! US-EDIFACT the ports of a progressive flight, LOC+PT). The leg with 125 and 87 is the one that
//! crosses the border.

use super::super::dates;
use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::super::travellers::LegRow;

/// Time of a leg, with how good it is: 3 scheduled, 2 actual, 1 estimated, 0 none.
#[derive(Debug, Clone, Copy, Default)]
struct Time {
    micros: i64,
    rank: u8,
}

impl Time {
    fn improve(&mut self, micros: i64, rank: u8) {
        if rank > self.rank {
            *self = Self { micros, rank };
        }
    }

    fn get(self) -> Option<i64> {
        (self.rank > 0).then_some(self.micros)
    }
}

/// One leg.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Leg {
    carrier: Slice,
    flight: Slice,
    departure_port: Slice,
    arrival_port: Slice,
    departure: Time,
    arrival: Time,
    border: bool,
}

impl Leg {
    fn has_any(&self) -> bool {
        let ports = !self.departure_port.is_empty() || !self.arrival_port.is_empty();
        ports || !self.carrier.is_empty() || !self.flight.is_empty() || self.departure.rank > 0 || self.arrival.rank > 0
    }

    /// As text.
    pub(in super::super) fn row<'x>(&self, reader: &'x Reader<'_, '_>) -> LegRow<'x> {
        LegRow {
            carrier: reader.text(self.carrier),
            flight: reader.text(self.flight),
            departure_port: reader.text(self.departure_port),
            arrival_port: reader.text(self.arrival_port),
            departure_local: self.departure.get(),
            arrival_local: self.arrival.get(),
            ..LegRow::default()
        }
    }
}

/// The legs of a message.
#[derive(Debug, Default)]
pub(in super::super) struct Flight {
    legs: Vec<Leg>,
    leg: Leg,
    open: bool,
    /// Departure of the leg of the border, and whether it was looked for.
    departs: Option<i64>,
    departs_known: bool,
}

impl Flight {
    /// Forgets the legs.
    pub(in super::super) fn clear(&mut self) {
        self.legs.clear();
        self.leg = Leg::default();
        self.open = false;
        self.departs_known = false;
    }

    /// Local departure of the leg that crosses the border.
    #[inline]
    pub(in super::super) fn departs(&mut self, reader: &Reader<'_, '_>) -> Option<i64> {
        if !self.departs_known {
            self.departs = self.border(reader).and_then(|l| l.departure());
            self.departs_known = true;
        }
        self.departs
    }

    /// TDT: the next conveyance.
    pub(in super::super) fn transport(&mut self, reader: &Reader<'_, '_>) {
        self.finish();
        let (carrier, flight) = designator(reader, reader.get(2, 0), reader.get(5, 0));
        // US-EDIFACT has the carrier one element earlier.
        let carrier = if carrier.is_empty() && reader.elements() == 5 { reader.get(4, 0) } else { carrier };
        self.leg = Leg { carrier, flight, ..Leg::default() };
        self.open = true;
    }

    /// The flight as one text, carrier and number.
    pub(in super::super) fn designate(&mut self, reader: &Reader<'_, '_>, conveyance: Slice) {
        let (carrier, flight) = designator(reader, conveyance, Slice::default());
        (self.leg.carrier, self.leg.flight) = (carrier, flight);
        self.open = true;
    }

    /// LOC of the flight. False where its qualifier is not known.
    pub(in super::super) fn place(&mut self, reader: &Reader<'_, '_>) -> bool {
        let port = reader.get(2, 0);
        match reader.field(1, 0) {
            b"125" | b"5" | b"005" => {
                if !self.leg.arrival_port.is_empty() {
                    self.next_leg(Slice::default());
                }
                self.leg.departure_port = port;
                self.leg.border = true;
            }
            b"87" | b"8" | b"008" => {
                self.arrive(port);
                self.leg.border = true;
            }
            b"PT" => self.arrive(port),
            b"92" => {
                if self.leg.departure_port.is_empty() {
                    self.leg.departure_port = port;
                } else if self.leg.arrival_port.is_empty() {
                    self.leg.arrival_port = port;
                } else {
                    self.next_leg(port);
                }
            }
            b"130" => {
                if !self.leg.departure_port.is_empty() && self.leg.arrival_port.is_empty() {
                    self.leg.arrival_port = port;
                }
            }
            // Filing location, place of reporting and other places that say nothing of legs.
            b"188" | b"22" | b"178" | b"179" | b"91" | b"174" | b"180" | b"" => {}
            _ => return false,
        }
        self.open = true;
        true
    }

    fn arrive(&mut self, port: Slice) {
        if !self.leg.arrival_port.is_empty() {
            let from = self.leg.arrival_port;
            self.next_leg(from);
        }
        self.leg.arrival_port = port;
    }

    fn next_leg(&mut self, departure_port: Slice) {
        let Leg { carrier, flight, .. } = self.leg;
        self.departs_known = false;
        self.legs.push(self.leg);
        self.leg = Leg { carrier, flight, departure_port, ..Leg::default() };
    }

    /// DTM of the flight. The older form has date and time in elements of their own.
    pub(in super::super) fn time(&mut self, reader: &Reader<'_, '_>) -> Option<Finding> {
        let (departs, rank) = match reader.field(1, 0) {
            b"189" => (true, 3),
            b"136" => (true, 2),
            b"133" => (true, 1),
            b"232" => (false, 3),
            b"178" => (false, 2),
            b"132" => (false, 1),
            _ => return None,
        };
        let value = reader.field(1, 1);
        let read = if value.is_empty() {
            dates::time_of(reader.field(2, 0), reader.field(3, 0))
        } else {
            dates::time(value, reader.field(1, 2))
        };
        self.open = true;
        match read {
            Some((micros, date_only)) => {
                if departs {
                    self.leg.departure.improve(micros, rank);
                } else {
                    self.leg.arrival.improve(micros, rank);
                }
                date_only.then_some(Finding::FlightTimeDateOnly)
            }
            None if value.is_empty() && reader.field(2, 0).is_empty() => None,
            None => Some(Finding::FlightTimeUnreadable),
        }
    }

    /// Ends the last leg.
    pub(in super::super) fn finish(&mut self) {
        if !self.open {
            return;
        }
        self.open = false;
        self.departs_known = false;
        let leg = std::mem::take(&mut self.leg);
        // An odd LOC+92 at the end: the flight goes on to there.
        let alone = leg.arrival_port.is_empty() && !leg.departure_port.is_empty() && !leg.border && leg.departure.rank == 0;
        match self.legs.last() {
            Some(before)
                if alone && before.carrier == leg.carrier && before.flight == leg.flight && !before.arrival_port.is_empty() =>
            {
                let from = before.arrival_port;
                self.legs.push(Leg { departure_port: from, arrival_port: leg.departure_port, ..leg });
            }
            _ if leg.has_any() => self.legs.push(leg),
            _ => {}
        }
    }

    /// All legs, in the order of the message.
    pub(in super::super) fn legs(&self) -> &[Leg] {
        &self.legs
    }

    /// The leg that crosses the border: the one with LOC+125 or LOC+87. Among the ports of a
    /// progressive flight it is the one whose UN/LOCODEs differ in country. Failing both, the last
    /// complete leg, since lists are sent for the arrival.
    pub(in super::super) fn border(&self, reader: &Reader<'_, '_>) -> Option<Leg> {
        let locode = |s: Slice| reader.bytes(s).len() == 5;
        let crosses = |l: &&Leg| {
            let (from, to) = (reader.bytes(l.departure_port), reader.bytes(l.arrival_port));
            locode(l.departure_port) && locode(l.arrival_port) && from[..2] != to[..2]
        };
        self.legs
            .iter()
            .find(crosses)
            .or_else(|| self.legs.iter().find(|l| l.border && !l.departure_port.is_empty() && !l.arrival_port.is_empty()))
            .or_else(|| self.legs.iter().find(|l| l.border))
            .or_else(|| self.legs.iter().rfind(|l| !l.departure_port.is_empty() && !l.arrival_port.is_empty()))
            .or_else(|| self.legs.last())
            .copied()
    }
}

impl Leg {
    /// Departure in local microseconds.
    pub(in super::super) fn departure(&self) -> Option<i64> {
        self.departure.get()
    }

    /// Departure, else arrival.
    pub(in super::super) fn any_time(&self) -> Option<i64> {
        self.departure.get().or(self.arrival.get())
    }
}

/// Splits `UA0988A` into carrier `UA` and flight `988A`; `given` is the carrier of its own element.
fn designator(reader: &Reader<'_, '_>, conveyance: Slice, given: Slice) -> (Slice, Slice) {
    let text = reader.bytes(conveyance);
    let carrier = reader.bytes(given);
    let is_number = |rest: &[u8]| {
        let rest = rest.trim_ascii_start();
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        (1..=5).contains(&digits) && matches!(rest[digits..], [] | [b'A'..=b'Z' | b'a'..=b'z'])
    };
    let split = |n: usize| (Slice::first(conveyance, n), without_zeros(reader, conveyance.skip(n)));
    let upper = |b: &u8| b.is_ascii_alphanumeric();
    // `UAMCL`: a master crew list names the carrier alone.
    if text.len() > 3 && text.len() <= 6 && text.ends_with(b"MCL") {
        return (Slice::first(conveyance, text.len() - 3), Slice::default());
    }
    if !carrier.is_empty() && text.len() > carrier.len() && text.starts_with(carrier) && is_number(&text[carrier.len()..]) {
        let (_, flight) = split(carrier.len());
        return (given, flight);
    }
    if text.first().is_some_and(u8::is_ascii_digit) && is_number(text) {
        return (given, without_zeros(reader, conveyance));
    }
    for n in [2, 3] {
        if text.len() > n
            && text[..n].iter().all(upper)
            && text[..n].iter().any(u8::is_ascii_alphabetic)
            && is_number(&text[n..])
            // `UAL988` is no flight L988 of UA; three letters are an ICAO designator.
            && (n == 2 || text[..3].iter().all(u8::is_ascii_alphabetic))
        {
            let (own, flight) = split(n);
            return (if carrier.is_empty() { own } else { given }, flight);
        }
    }
    (given, conveyance)
}

fn without_zeros(reader: &Reader<'_, '_>, number: Slice) -> Slice {
    let text = reader.bytes(number);
    let blanks = text.iter().take_while(|b| **b == b' ').count();
    let text = &text[blanks..];
    let zeros = text.iter().take_while(|b| **b == b'0').count();
    // Flight 0 keeps its nought.
    let zeros = if text.get(zeros).is_some_and(u8::is_ascii_digit) { zeros } else { zeros.saturating_sub(1) };
    number.skip(blanks + zeros)
}

/// Writes the key of the prime flight; leaves `out` empty where the leg does not say enough.
pub(in super::super) fn write_key(leg: &LegRow<'_>, out: &mut String) {
    use std::fmt::Write as _;
    out.clear();
    let Some(departure) = leg.departure_local else { return };
    if [leg.carrier, leg.flight, leg.departure_port, leg.arrival_port].iter().any(|s| s.is_empty()) {
        return;
    }
    let digits = leg.flight.bytes().take_while(u8::is_ascii_digit).count();
    let (number, suffix) = leg.flight.split_at(digits);
    let _ = write!(out, "{}-{number:0>4}{suffix}-{}-{}-", leg.carrier, leg.departure_port, leg.arrival_port);
    dates::write_day(departure.div_euclid(86_400_000_000) as i32, out);
    out.make_ascii_uppercase();
}
