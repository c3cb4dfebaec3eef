//! One interchange: ISA, GS, ST and their trailers, and the transaction sets between them.

use std::ops::Range;

use super::super::dates;
use super::super::findings::{DeadCode, Finding, Findings};
use super::super::noticed::Place;
use super::super::output::{Output, Raw};
use super::clean::Text;
use super::loops::Memory;
use super::reader::{Piece, Reader, Span};
use super::syntax::Separators;
use super::{freight, manifest, sets, tags};

const DAY: i64 = 86_400_000_000;

/// What the decoders of transaction sets know of the world around.
#[derive(Debug)]
pub(super) struct Context<'a, 'x> {
    pub(super) raw: &'x Raw<'x>,
    /// Where the interchange begins in the piece.
    base: usize,
    pub(super) text: Text<'a>,
    pub(super) sender: &'a str,
    pub(super) recipient: &'a str,
    /// Name of the receiving application, as the group has it.
    application: &'a str,
    pub(super) event_time: Option<i64>,
}

impl Context<'_, '_> {
    /// Offset in the partition of a byte of the text.
    pub(super) fn offset(&self, at: usize) -> i64 {
        self.raw.offset(self.base + self.text.origin(at))
    }

    /// Place of a segment that begins at a byte of the text.
    pub(super) fn place<'s>(&self, segment: &'s str, at: usize) -> Place<'s> {
        Place { segment, offset: Some(self.offset(at)) }
    }

    /// Counts text that is no segment, and notes it.
    pub(super) fn junk(&self, out: &mut Output, findings: &mut Findings, range: &Range<usize>) {
        out.counts.dirt_bytes += self.text.origins(range).len() as u64;
        findings.add(Finding::Junk);
    }

    /// The day around which dates are read, in days since 1970.
    pub(super) fn today(&self) -> i32 {
        self.event_time.unwrap_or(self.raw.origin.received_at).div_euclid(DAY) as i32
    }

    /// Whether the interchange goes to the border agency of Canada.
    pub(super) fn canada(&self) -> bool {
        [self.recipient, self.application].iter().any(|t| t.contains("CBSA") || t.contains("CCRA") || t.contains("ASFC"))
    }

    /// Keeps a run of the piece as a dead letter.
    fn dead(&self, out: &mut Output, range: Range<usize>, code: DeadCode, message: &str) {
        out.counts.dead_bytes += range.len() as u64;
        self.raw.dead(out, range, code, message);
    }

    fn range(&self, range: &Range<usize>) -> Range<usize> {
        let own = self.text.origins(range);
        self.base + own.start..self.base + own.end
    }
}

/// One transaction set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Set<'a> {
    /// Its identifier (ST01).
    pub(super) kind: &'a str,
    /// Its control number (ST02).
    pub(super) reference: &'a str,
    /// Where it begins in the text.
    pub(super) at: usize,
    /// Whether the current segment is one of the set already.
    pub(super) pending: bool,
    /// A 358.
    pub(super) consist: bool,
}

impl<'a> Set<'a> {
    /// Reads the set segment by segment up to the next one of the envelope; returns whether there is one.
    pub(super) fn body<'r, M>(
        &self,
        reader: &mut Reader<'a, 'r>,
        context: &Context<'a, '_>,
        out: &mut Output,
        message: &mut M,
        findings: impl Fn(&mut M) -> &mut Findings,
        segment: impl Fn(&mut M, &Reader<'a, 'r>, &mut Output),
    ) -> bool {
        let mut pending = self.pending;
        loop {
            if !std::mem::take(&mut pending) {
                match reader.next() {
                    None => return false,
                    Some(Piece::Junk(range)) => {
                        context.junk(out, findings(message), &range);
                        continue;
                    }
                    Some(Piece::Segment) => {}
                }
            }
            if reader.cut {
                findings(message).add(Finding::TerminatorMissing);
            }
            match reader.tag() {
                tags::SE | tags::ST | tags::GE | tags::GS | tags::IEA | tags::ISA => return true,
                _ => segment(message, reader, out),
            }
        }
    }
}

/// What has been counted, and what is open.
#[derive(Debug, Default)]
struct Count<'a> {
    header: bool,
    ended: bool,
    control: &'a str,
    groups: u64,
    group: Option<&'a str>,
    sets_of_group: u64,
    sets: u64,
    /// Dirt before the interchange: junk inside a dead letter is counted with it.
    dirt: u64,
    findings: Findings,
}

/// Decodes one interchange, `base` bytes into the piece. `elements` is memory of the reader.
pub(super) fn decode(
    raw: &Raw<'_>,
    base: usize,
    text: Text<'_>,
    separators: &Separators,
    elements: &mut Vec<Span>,
    memory: &mut Memory,
    out: &mut Output,
) {
    let mut reader = Reader::new(text.content, separators, elements);
    let mut context = Context { raw, base, text, sender: "", recipient: "", application: "", event_time: None };
    let mut count = Count { dirt: out.counts.dirt_bytes, findings: text.findings, ..Count::default() };
    let first = out.consignments.len();
    let dead = out.dead.len();
    out.counts.interchanges += 1;
    // Whether the current segment still is to be looked at.
    let mut pending = false;
    loop {
        if !std::mem::take(&mut pending) {
            match reader.next() {
                None => break,
                Some(Piece::Junk(range)) => {
                    context.junk(out, &mut count.findings, &range);
                    continue;
                }
                Some(Piece::Segment) => {}
            }
        }
        if reader.cut {
            count.findings.add(Finding::TerminatorMissing);
        }
        match reader.tag() {
            tags::ISA => {
                count.header = true;
                count.control = reader.get(13);
                context.sender = reader.get(6);
                context.recipient = reader.get(8);
                context.event_time = time(reader.get(9), reader.get(10));
                if context.event_time.is_none() {
                    count.findings.add(Finding::EventTimeUnreadable);
                }
            }
            tags::GS => {
                count.end_group(None);
                count.groups += 1;
                count.group = Some(reader.get(6));
                context.application = reader.get(3);
                if context.sender.is_empty() {
                    context.sender = reader.get(2);
                }
                if context.recipient.is_empty() {
                    context.recipient = reader.get(3);
                }
                context.event_time = context.event_time.or_else(|| time(reader.get(4), reader.get(5)));
            }
            tags::GE => count.end_group(Some((reader.get(1), reader.get(2)))),
            tags::IEA => {
                count.end_group(None);
                count.ended = true;
                if number(reader.get(1)) != Some(count.groups) {
                    count.findings.add(Finding::IeaCount);
                }
                if count.header && reader.get(2) != count.control {
                    count.findings.add(Finding::IeaReference);
                }
            }
            tags::ST => {
                let set = Set {
                    kind: reader.get(1),
                    reference: reader.get(2),
                    at: reader.start(),
                    pending: false,
                    consist: reader.get(1) == "358",
                };
                reader.segments = 1;
                pending = one_set(&mut reader, &context, &mut count, memory, out, set);
            }
            // The ST was lost, and this begins a set.
            tags::M10 | tags::LX | tags::M11 | tags::P4 | tags::B3 => {
                let kind = if reader.tag() == tags::B3 { "310" } else { "309" };
                count.findings.add(Finding::StMissing);
                let set = Set { kind, reference: "", at: reader.start(), pending: true, consist: false };
                reader.segments = 1;
                pending = one_set(&mut reader, &context, &mut count, memory, out, set);
            }
            _ => {}
        }
    }
    count.end(&context, separators, first, dead, out);
}

/// Decodes a transaction set, its trailer included. Returns whether the current segment is one
/// that follows it.
fn one_set<'a>(
    reader: &mut Reader<'a, '_>,
    context: &Context<'a, '_>,
    count: &mut Count<'_>,
    memory: &mut Memory,
    out: &mut Output,
    mut set: Set<'a>,
) -> bool {
    // The first of a piece is counted with it.
    out.counts.messages += u64::from(count.sets > 0 || context.base > 0);
    count.sets += 1;
    count.sets_of_group += 1;
    let first = out.consignments.len();
    let dirt = if count.sets == 1 { count.dirt } else { out.counts.dirt_bytes };
    let mut more = true;
    let mut kind = set.kind;
    if sets::name(kind).is_empty() && !set.pending {
        // A number that no set has: what begins it tells.
        match reader.next() {
            Some(Piece::Segment) => {
                set.pending = true;
                match reader.tag() {
                    tags::M10 => kind = "309",
                    tags::B3 => kind = "310",
                    _ => {}
                }
            }
            Some(Piece::Junk(range)) => context.junk(out, &mut count.findings, &range),
            None => more = false,
        }
    }
    let decoded = matches!(kind, "309" | "358" | "310");
    if more {
        more = match kind {
            "309" | "358" => manifest::decode(reader, context, memory, out, &set),
            "310" => freight::decode(reader, context, memory, out, &set),
            _ => skip(reader, set.pending),
        };
    }
    let trailer = more && reader.tag() == tags::SE;
    let end = if trailer || !more { reader.position() } else { reader.start() };
    if decoded && out.consignments.len() > first {
        let mut found = Findings::default();
        if trailer {
            if number(reader.get(1)) != Some(reader.segments) {
                found.add(Finding::SeCount);
            }
            if reader.get(2) != set.reference {
                found.add(Finding::SeReference);
            }
        } else {
            found.add(Finding::SeMissing);
        }
        out.consignments.note(first, found);
    } else {
        // The first set takes the header of the interchange with it.
        let start = if count.sets == 1 { 0 } else { set.at };
        let range = context.range(&(start..end));
        out.counts.dirt_bytes = dirt;
        let name = sets::name(kind);
        if decoded {
            let message = format!("the X12 {kind} {name} names neither goods nor a conveyance");
            context.dead(out, range, DeadCode::NoRecord, &message);
        } else {
            out.counts.messages_to_come += 1;
            let known: String = kind.chars().filter(char::is_ascii_alphanumeric).take(6).collect();
            let gap = if name.is_empty() { "" } else { " " };
            let message = format!("X12 {known}{gap}{name} is known by name and not decoded");
            context.dead(out, range, DeadCode::ToCome, &message);
        }
    }
    more && !trailer
}

/// Goes on to the next segment of the envelope; whether there is one.
fn skip(reader: &mut Reader<'_, '_>, mut pending: bool) -> bool {
    loop {
        if !std::mem::take(&mut pending) && reader.next().is_none() {
            return false;
        }
        // Junk leaves the tag of the segment before it.
        if matches!(reader.tag(), tags::SE | tags::ST | tags::GE | tags::GS | tags::IEA | tags::ISA)
            && reader.is_segment()
            && reader.segments > 1
        {
            return true;
        }
    }
}

impl Count<'_> {
    /// Ends the group at hand, by its GE (count and control number) or without.
    fn end_group(&mut self, trailer: Option<(&str, &str)>) {
        match (self.group.take(), trailer) {
            (Some(control), Some((sets, given))) => {
                if number(sets) != Some(self.sets_of_group) {
                    self.findings.add(Finding::GeCount);
                }
                if given != control {
                    self.findings.add(Finding::GeReference);
                }
            }
            (Some(_), None) => self.findings.add(Finding::GeMissing),
            (None, _) => {}
        }
        self.sets_of_group = 0;
    }

    fn end(mut self, context: &Context<'_, '_>, separators: &Separators, first: usize, dead: usize, out: &mut Output) {
        self.end_group(None);
        if self.header {
            if !self.ended {
                self.findings.add(Finding::IeaMissing);
            }
            if !separators.fixed {
                self.findings.add(Finding::IsaMalformed);
            }
        } else {
            self.findings.add(Finding::IsaMissing);
        }
        if self.groups == 0 {
            self.findings.add(Finding::GsMissing);
        }
        out.consignments.note(first, self.findings);
        // Nothing in it: kept as it came.
        if self.sets == 0 && out.dead.len() == dead {
            let range = context.range(&(0..context.text.content.len()));
            out.counts.dirt_bytes = self.dirt;
            out.counts.messages_to_come += 1;
            let message = "the X12 interchange holds no transaction set";
            context.dead(out, range, DeadCode::NoRecord, message);
        }
    }
}

/// A count; `None` where it is none.
fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn time(date: &str, clock: &str) -> Option<i64> {
    dates::time_of(date.as_bytes(), clock.as_bytes()).map(|(t, _)| t)
}
