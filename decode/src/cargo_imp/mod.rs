//! IATA Cargo-IMP: air waybills (FWB 8 to 17), consolidation lists (FHL 2 to 5) and flight
//! manifests (FFM 4 to 8), as telegrams and mails bring them.
//!
//! `lines` knows a line by its beginning, `envelope` the lines of the telegram around a message;
//! here a piece of input is cut into messages, and each is read by `fwb`, `fhl` or `ffm` with the
//! parts that they share: `party`, `rate`, `charges`, `quantity` and `notes`.
//!
//! A line that cannot be read is kept as a reference and becomes a finding; the message goes on. A
//! message whose first line is damaged is known by the line that only its kind begins with.

mod charges;
mod envelope;
pub(crate) mod feeds;
mod ffm;
mod fhl;
mod fwb;
mod lines;
mod notes;
mod party;
mod quantity;
mod rate;
#[cfg(test)]
mod tests;

use super::air;
use super::consignments::ConsignmentRow;
use super::dates;
use super::findings::{DeadCode, Finding};
use super::output::{Output, Raw};
use super::split::telex::IMP;

use self::envelope::Telegram;
pub(crate) use self::envelope::time_of;
use self::lines::{AWB, Begin, Body, FLIGHT, Lines, View, begin, is_awb};

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Air waybill.
    Fwb,
    /// House waybills of a consolidation.
    Fhl,
    /// Flight manifest.
    Ffm,
    /// Another type, by its three letters.
    Other([u8; 3]),
}

/// Kind of a message by its first line, such as `FWB/17`, and where that ends: something may have
/// been put behind it.
fn start(line: &[u8]) -> Option<(Kind, usize)> {
    let (name, version) = line.split_at_checked(3)?;
    let name: [u8; 3] = name.try_into().ok()?;
    let digits = version.strip_prefix(b"/")?.iter().take_while(|b| b.is_ascii_digit()).count();
    let ends = version.get(1 + digits).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'/');
    if !(1..=2).contains(&digits) || !ends || !IMP.contains(&&name) {
        return None;
    }
    let kind = match &name {
        b"FWB" => Kind::Fwb,
        b"FHL" => Kind::Fhl,
        b"FFM" => Kind::Ffm,
        _ => Kind::Other(name),
    };
    Some((kind, 4 + digits))
}

/// Whether a line is one with which a message begins, or with which one begins whose first line is
/// lost.
pub(crate) fn begins(line: &[u8]) -> bool {
    start(line).is_some() || line.strip_prefix(b"MBI/").is_some_and(is_awb) || is_consignment(line) || is_flight(line)
}

/// Whether a line is that of a consignment: a waybill number, two airports and what is carried, `020-12345675FRAJFK/T1K10`.
/// Tables and lists of files begin their lines with such numbers too.
fn is_consignment(line: &[u8]) -> bool {
    let airports = |at: usize| {
        let letters = line.get(at..at + 6).is_some_and(|six| six.iter().all(u8::is_ascii_uppercase));
        letters && line.get(at + 6) == Some(&b'/')
    };
    is_awb(line) && (airports(11) || airports(12))
}

/// Whether a line is that of the flight of a manifest: `1/LH400/09MAR/FRA`.
fn is_flight(line: &[u8]) -> bool {
    let mut parts = line.split(|b| *b == b'/');
    let (Some(part), Some(flight), Some(date)) = (parts.next(), parts.next(), parts.next()) else { return false };
    part.iter().all(u8::is_ascii_digit)
        && flight.len() > 3
        && flight.iter().any(u8::is_ascii_digit)
        && matches!(date, [a, b, month @ ..] if a.is_ascii_digit() && b.is_ascii_digit() && month.len() >= 3 && month[..3].iter().all(u8::is_ascii_uppercase))
}

/// Texts that are put together, kept from one message to the next.
#[derive(Debug, Default)]
struct Scratch {
    name: String,
    address: String,
    text: String,
    hs: String,
    un_numbers: String,
    instruction: String,
}

/// One message that is being read.
#[derive(Clone, Copy)]
struct Message<'t, 'r> {
    raw: &'r Raw<'r>,
    body: Body<'t>,
    /// Type and version as sent.
    kind: &'t str,
    telegram: Telegram<'t>,
    /// Where the message begins in its partition.
    position: i64,
}

impl<'t> Message<'t, '_> {
    /// What is the same in every row of the message.
    fn row(&self, format: &'static str, ordinal: i32) -> ConsignmentRow<'t> {
        ConsignmentRow {
            message_format: format,
            message_kind: self.kind,
            sender: self.telegram.sender,
            recipient: self.telegram.recipient,
            mode: Some(super::consignments::Mode::Air),
            event_time: self.telegram.time,
            position: self.position,
            ordinal,
            ..ConsignmentRow::default()
        }
    }

    /// Notes a finding at a line.
    fn notice(&self, finding: Finding, line: &View<'_>, out: &mut Output) {
        out.consignments.notice(finding, self.raw.place(line.name(), line.at));
    }

    /// Keeps a line that the message type does not have.
    fn unknown(&self, line: &View<'_>, out: &mut Output) {
        self.notice(Finding::LineUnknown, line, out);
        out.consignments.reference(if line.name().is_empty() { "text" } else { line.name() }, line.text);
    }

    /// Keeps a line, or a part of one, that does not have the form of its identifier.
    fn unreadable(&self, line: &View<'_>, text: &str, out: &mut Output) {
        self.notice(Finding::LineUnreadable, line, out);
        out.consignments.reference(line.name(), text);
    }

    /// Day from which days without a year are counted.
    fn around(&self) -> i32 {
        self.telegram.time.unwrap_or(self.raw.origin.received_at).div_euclid(86_400_000_000) as i32
    }
}

/// Decoder of Cargo-IMP; it keeps its memory.
#[derive(Debug, Default)]
pub(crate) struct CargoImp {
    lines: Lines,
    scratch: Scratch,
    /// Lines of the telegram in front of the message at hand.
    head: Vec<(usize, usize)>,
    /// Those behind it, which belong to the next.
    next_head: Vec<(usize, usize)>,
}

/// Where the message at hand stands.
#[derive(Debug, Clone, Copy)]
struct Open {
    kind: Kind,
    /// The first line.
    at: usize,
    end: usize,
    /// Without a first line of its own.
    implied: bool,
    /// The line that only such a message begins with was seen.
    opened: bool,
    /// An acknowledgement that has quoted its message already.
    quoted: bool,
}

impl Open {
    /// Whether a first line is that of the message which an acknowledgement quotes.
    fn quotes(&mut self, named: bool) -> bool {
        let quotes = named && !self.quoted && matches!(&self.kind, Kind::Other(name) if matches!(name, b"FMA" | b"FNA"));
        self.quoted |= quotes;
        quotes
    }
}

impl CargoImp {
    /// Decodes the messages of a piece of input, one after the other. `false`, and nothing done,
    /// where there is none, or one of another type alone.
    pub(crate) fn decode(&mut self, raw: &Raw<'_>, out: &mut Output) -> bool {
        let bytes = raw.bytes;
        let whole = std::str::from_utf8(bytes).ok();
        self.lines.clear(whole.is_some());
        self.head.clear();
        let mut open: Option<Open> = None;
        let mut from = 0;
        // Where the bytes begin that belong to no message yet.
        let mut taken = 0;
        while from < bytes.len() {
            let stop = memchr::memchr2(b'\n', b'\r', &bytes[from..]).map_or(bytes.len(), |i| from + i);
            let (start_of_line, end_of_line) = trim(bytes, from, stop);
            from = stop + 1;
            if start_of_line == end_of_line {
                continue;
            }
            let line = &bytes[start_of_line..end_of_line];
            let named = start(line);
            let quoted = open.as_mut().is_some_and(|o| o.quotes(named.is_some()));
            if !quoted && let Some((kind, opened)) = named.map(|(k, _)| (k, false)).or_else(|| implied(line, open.as_ref())) {
                if let Some(message) = open.take() {
                    self.next_head(bytes);
                    self.end(raw, whole, message, taken..self.next_head.first().map_or(start_of_line, |h| h.0), out);
                    taken = self.next_head.first().map_or(start_of_line, |h| h.0);
                    std::mem::swap(&mut self.head, &mut self.next_head);
                }
                self.lines.clear(whole.is_some());
                let end = named.map_or(start_of_line, |(_, len)| start_of_line + len);
                let (rest, rest_end) = trim(bytes, end, end_of_line);
                if rest < rest_end {
                    self.lines.push(bytes, rest, rest_end);
                }
                open = Some(Open { kind, at: start_of_line, end, implied: named.is_none(), opened, quoted: false });
                continue;
            }
            match &mut open {
                Some(message) => {
                    message.opened |= opens(message.kind, line);
                    self.lines.push(bytes, start_of_line, end_of_line);
                }
                None => self.head.push((start_of_line, end_of_line)),
            }
        }
        match open {
            // Whoever asked names it as what it is.
            Some(Open { kind: Kind::Other(_), .. }) if taken == 0 => return false,
            Some(message) => self.end(raw, whole, message, taken..bytes.len(), out),
            None => return false,
        }
        true
    }

    /// Takes the lines of the next telegram from the end of the message at hand.
    fn next_head(&mut self, bytes: &[u8]) {
        self.next_head.clear();
        while let Some(line) = self.lines.all.last() {
            let end = bytes[line.at..].iter().position(|b| matches!(b, b'\n' | b'\r')).map_or(bytes.len(), |i| line.at + i);
            let (from, to) = trim(bytes, line.at, end);
            if !envelope::is_line(&bytes[from..to]) {
                break;
            }
            self.next_head.push((from, to));
            self.lines.all.pop();
        }
        self.next_head.reverse();
    }

    /// Reads a whole message, which takes up `range`.
    fn end(&mut self, raw: &Raw<'_>, whole: Option<&str>, open: Open, range: std::ops::Range<usize>, out: &mut Output) {
        if let Kind::Other(name) = open.kind {
            out.counts.messages_to_come += 1;
            let name = std::str::from_utf8(&name).unwrap_or_default();
            let why = format!("Cargo-IMP {name} is a format to come: known, and not decoded yet");
            raw.dead(out, range, DeadCode::ToCome, &why);
            return;
        }
        let first = out.consignments.len();
        let body = Body::new(raw.bytes, whole, &self.lines);
        let kind = if open.implied { "" } else { std::str::from_utf8(&raw.bytes[open.at..open.end]).unwrap_or_default() };
        let (telegram, dirt) = Telegram::read(raw, &self.head);
        let message = Message { raw, body, kind, telegram, position: raw.offset(open.at) };
        match open.kind {
            Kind::Fwb => fwb::read(&message, &mut self.scratch, out),
            Kind::Fhl => fhl::read(&message, &mut self.scratch, out),
            Kind::Ffm => ffm::read(&message, &mut self.scratch, out),
            Kind::Other(_) => {}
        }
        if out.consignments.len() == first {
            let why =
                format!("nothing of the {} can be read as a record", if kind.is_empty() { "Cargo-IMP message" } else { kind });
            raw.dead(out, range, DeadCode::Unreadable, &why);
            return;
        }
        let rows = &mut out.consignments;
        let places =
            [(Finding::TransportDirt, dirt), (Finding::NotUtf8, self.lines.not_utf8), (Finding::LineWrapped, self.lines.wrapped)];
        for (finding, place) in places {
            if let Some(at) = place {
                rows.notice_from(first, finding, raw.place("", at));
            }
        }
        if open.implied {
            rows.notice_from(first, Finding::MessageLineMissing, raw.place("", open.at));
        }
    }
}

/// What begins with a line whose message has no first line: another than the one at hand.
fn implied(line: &[u8], open: Option<&Open>) -> Option<(Kind, bool)> {
    let is_open = |kind: Kind| open.is_some_and(|o| o.kind == kind && !o.opened);
    let kind = match begin(line) {
        Begin::Tag(tag, _) if &tag == b"MBI" && is_awb(line.get(4..).unwrap_or_default()) => Kind::Fhl,
        Begin::Tag(FLIGHT, _) if is_flight(line) => Kind::Ffm,
        // Manifests and lists have waybills inside, and so have messages of other types.
        Begin::Tag(AWB, 0) => match open {
            None => Kind::Fwb,
            Some(o) if o.kind == Kind::Fwb => Kind::Fwb,
            Some(_) => return None,
        },
        _ => return None,
    };
    if is_open(kind) || open.is_some_and(|o| matches!(o.kind, Kind::Other(_))) {
        return None;
    }
    // In front of anything else it takes more than a number to be one.
    (open.is_some() || line.contains(&b'/')).then_some((kind, true))
}

/// Whether a line is the one that only messages of a kind begin with.
fn opens(kind: Kind, line: &[u8]) -> bool {
    match kind {
        Kind::Fwb => is_awb(line) || line.starts_with(b"AWB/"),
        Kind::Fhl => line.starts_with(b"MBI/"),
        Kind::Ffm => is_flight(line),
        Kind::Other(_) => false,
    }
}

/// A line without blanks and the signs that frame telegrams.
fn trim(bytes: &[u8], from: usize, to: usize) -> (usize, usize) {
    let is_blank = |b: &u8| *b <= b' ' || *b == 0x7F;
    let line = &bytes[from..to];
    let lead = line.iter().take_while(|b| is_blank(b)).count();
    let tail = line[lead..].iter().rev().take_while(|b| is_blank(b)).count();
    (from + lead, to - tail)
}

/// A day such as `08`, `08MAR`, `08MAR21` or `08MAR2021`, with a time behind it or not, as a local
/// time. A year that is not there is that of the nearest such day.
fn day(text: &str, around: i32) -> Option<i64> {
    const DAY: i64 = 86_400_000_000;
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let number = text.get(..2).filter(|d| digits(d))?.parse().ok()?;
    if text.len() == 2 {
        return air::nearest(number, None, around).map(|d| i64::from(d) * DAY);
    }
    let month = air::month(text.get(2..5)?)?;
    let rest = text.get(5..)?;
    if !rest.is_empty() && !digits(rest) {
        return None;
    }
    let clock = |t: &str| {
        let (hour, minute): (i64, i64) = (t.get(..2)?.parse().ok()?, t.get(2..4)?.parse().ok()?);
        (hour < 24 && minute < 60).then_some((hour * 60 + minute) * 60_000_000)
    };
    let near = || air::nearest(number, Some(month), around);
    let in_year = |year: i32| dates::days(year, month, number);
    let (day, time) = match rest.len() {
        0 => (near()?, 0),
        2 => (in_year(2000 + rest.parse::<i32>().ok()?)?, 0),
        // Four digits are a year of our time, else a clock.
        4 if (rest.starts_with("20") || rest.starts_with("19")) && clock(rest).is_none() => (in_year(rest.parse().ok()?)?, 0),
        4 => (near()?, clock(rest)?),
        6 => (in_year(2000 + rest[..2].parse::<i32>().ok()?)?, clock(&rest[2..])?),
        8 => (in_year(rest[..4].parse().ok()?)?, clock(&rest[4..])?),
        _ => return None,
    };
    Some(i64::from(day) * DAY + time)
}
