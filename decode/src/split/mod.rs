//! Splits a piece of input into regions, by content: EDIFACT, X12, XML documents, telegrams, JSON,
//! separated values, and what lies between them. Every byte belongs to exactly one region, or is
//! blank between two.

pub(crate) mod json;
mod starts;
pub(crate) mod telex;
pub(crate) mod x12;
pub(crate) mod xml;

use std::ops::Range;

use memchr::{memchr, memmem};

use crate::detect::{self, Format};
use crate::edifact::skip_blanks;

/// What a region is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An EDIFACT interchange, or messages without one. It may end before its region does: the
    /// reader finds the UNZ and tells [`Splitter::resume`].
    Edifact,
    /// One message, document or table in another format. Where the message has a wrapper (SOAP, a
    /// telegram heading), `body` is the message in it.
    Document {
        /// What it is.
        format: Format,
        /// Where the bytes for the decoder begin in the input.
        body: usize,
        /// And end.
        body_end: usize,
    },
    /// Text in no format of its own; it reaches to the next region, or to the end.
    Other,
}

/// A run of bytes of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region {
    /// Where it lies in the input.
    pub(crate) range: Range<usize>,
    /// What it is.
    pub(crate) kind: Kind,
}

/// What begins at an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Start {
    Interchange,
    X12,
    Telex,
    App,
    Xml,
    Messages,
    Json,
}

/// Failed looks for the end of an element in front of which EDIFACT or X12 did not end, before
/// such looks are given up: they cost a walk to the end of the input each.
const PATIENCE: usize = 8;

/// Gives the regions of a piece in order.
#[derive(Debug)]
pub(crate) struct Splitter<'a> {
    text: &'a [u8],
    at: usize,
    /// Starts that no other format would hold by chance, in order.
    strong: Vec<(usize, Start)>,
    /// The first of them at or behind `at`.
    next: usize,
    /// Bare EDIFACT messages, looked for when first needed.
    bare: Option<Vec<usize>>,
    /// The last EDIFACT or X12 interchange; 0 where there is none.
    last_interchange: usize,
    patience: usize,
    /// The text begins with a table: its cells may look like anything.
    table: bool,
}

impl<'a> Splitter<'a> {
    /// Splits `text`.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let strong = starts::strong(text);
        let interchange = |(_, start): &&(usize, Start)| matches!(start, Start::Interchange | Start::X12);
        let last_interchange = strong.iter().rev().find(interchange).map_or(0, |(at, _)| *at);
        // Bytes that are no text hold nothing by chance.
        let table = strong.is_empty() && detect::is_binary(&text[..text.len().min(4096)]);
        Self { text, at: 0, strong, next: 0, bare: None, last_interchange, patience: PATIENCE, table }
    }

    /// Says that the text begins with a table of separated values, which reaches to what no cell
    /// would hold.
    pub(crate) fn expect_table(&mut self) {
        self.table = true;
    }

    /// Whether a message or document certainly begins somewhere in the text.
    pub(crate) fn any(&self) -> bool {
        !self.strong.is_empty()
    }

    /// Whether the text begins with a message or document that no other format would hold by chance.
    pub(crate) fn begins_at_once(&self) -> bool {
        self.strong.first().is_some_and(|(at, _)| *at <= skip_blanks(self.text, 0))
    }

    /// Whether nothing but blanks was in the text.
    pub(crate) fn is_blank(&self) -> bool {
        skip_blanks(self.text, 0) >= self.text.len()
    }

    /// The region last given ended here already.
    pub(crate) fn resume(&mut self, at: usize) {
        self.at = at;
        self.next = self.strong.partition_point(|(start, _)| *start < at);
    }

    /// The next region; `None` where only blanks are left.
    pub(crate) fn next(&mut self) -> Option<Region> {
        let from = skip_blanks(self.text, self.at);
        if from >= self.text.len() {
            return None;
        }
        // A telegram heading may begin with a control character, which is a blank.
        let from = self.strong.get(self.next).map_or(from, |(start, _)| if *start >= self.at { from.min(*start) } else { from });
        self.resume(from);
        let region = self.region(from);
        self.resume(region.range.end);
        Some(region)
    }

    fn region(&mut self, from: usize) -> Region {
        if std::mem::take(&mut self.table) && self.strong.get(self.next).is_none_or(|(at, _)| *at > from) {
            return Region { range: from..self.next_strong(from + 1), kind: Kind::Other };
        }
        let Some(start) = self.start_at(from) else {
            return Region { range: from..self.next_start(from + 1, true), kind: Kind::Other };
        };
        let text = self.text;
        let document =
            |end: usize, format: Format| Region { range: from..end, kind: Kind::Document { format, body: from, body_end: end } };
        match start {
            Start::Interchange | Start::Messages => Region { range: from..self.next_start(from + 1, false), kind: Kind::Edifact },
            Start::X12 => {
                let limit = self.next_start(from + 1, false);
                let end = x12::end(text, from, limit);
                document(end, detect::x12(&text[from..end]))
            }
            Start::Xml => self.xml(from),
            Start::Telex => {
                let limit = self.next_start(from + 1, false);
                let end = telegram_end(text, from, limit);
                let body = telegram_body(text, from..end);
                let head = telex::line(text, body).trim_ascii();
                let format = if crate::cargo_imp::begins(head) { Format::CargoImp } else { Format::CamirAir };
                Region { range: from..end, kind: Kind::Document { format, body, body_end: end } }
            }
            Start::App => {
                let limit = self.next_start(from + 1, true);
                let end = memmem::find(&text[from..limit], b"\n\n").map_or(limit, |i| from + i);
                document(trim_end(text, from..end), Format::Iapp)
            }
            Start::Json => {
                let limit = self.next_strong(from + 1);
                document(trim_end(text, from..json::end(text, from, limit)), Format::Json)
            }
        }
    }

    fn xml(&mut self, from: usize) -> Region {
        let text = self.text;
        let limit = self.interchange_in_wrapper(from);
        if let Some(first) = limit {
            // EDIFACT in a wrapper of XML: the wrapper is the transport's.
            return Region { range: from..first, kind: Kind::Other };
        }
        let end = xml::end(text, from);
        // What is cut may have swallowed what follows.
        let stop = if end.whole { end.at } else { end.at.min(self.next_strong(from + 1).max(from + 1)) };
        let stop = trim_end(text, from..stop);
        let inner = xml::inside_envelope(text, from).filter(|r| r.end <= stop).unwrap_or(from..stop);
        let format = detect::xml(&text[inner.clone()]);
        Region { range: from..stop, kind: Kind::Document { format, body: inner.start, body_end: inner.end } }
    }

    /// The first EDIFACT or X12 interchange inside of a document in no format that Tamis knows.
    fn interchange_in_wrapper(&self, from: usize) -> Option<usize> {
        if self.last_interchange <= from {
            return None;
        }
        let (first, _) =
            self.strong[self.next..].iter().find(|(at, start)| *at > from && matches!(start, Start::Interchange | Start::X12))?;
        if detect::xml(&self.text[from..*first]) != Format::Xml {
            return None;
        }
        let end = xml::end(self.text, from);
        (*first < end.at && end.whole).then_some(*first)
    }

    /// What begins exactly at `at`, which is no blank.
    fn start_at(&mut self, at: usize) -> Option<Start> {
        if let Some((start, kind)) = self.strong.get(self.next)
            && *start == at
        {
            return Some(*kind);
        }
        self.weak_at(at)
    }

    /// What begins at `at` and needs no more than its own first bytes to be known there.
    fn weak_at(&mut self, at: usize) -> Option<Start> {
        let text = self.text;
        match text[at] {
            b'<' => xml::begins(text, at).then_some(Start::Xml),
            b'{' | b'[' => json::begins(text, at).then_some(Start::Json),
            b'G' | b'S' if x12::begins_bare(text, at) => Some(Start::X12),
            b'U' => self.bare().binary_search(&at).is_ok().then_some(Start::Messages),
            b'F' | b'P' => telex::camir(text, at).map(|_| Start::Telex),
            // A message of Cargo-IMP whose first line is lost.
            b'0'..=b'9' | b'M' => crate::cargo_imp::begins(telex::line(text, at).trim_ascii()).then_some(Start::Telex),
            _ => None,
        }
    }

    fn bare(&mut self) -> &[usize] {
        let text = self.text;
        self.bare.get_or_insert_with(|| detect::messages(text).collect())
    }

    fn next_strong(&self, from: usize) -> usize {
        let behind = self.strong[self.next..].iter().find(|(at, _)| *at >= from);
        behind.map_or(self.text.len(), |(at, _)| *at)
    }

    /// Where the next region begins at or behind `from`. In text (`loose`), everything that may
    /// begin at the start of a line counts; inside of EDIFACT, X12 and telegrams a whole XML
    /// element does.
    fn next_start(&mut self, from: usize, loose: bool) -> usize {
        let text = self.text;
        let limit = self.next_strong(from);
        if loose {
            let bare = self.bare();
            let message = bare.get(bare.partition_point(|at| *at < from)).map_or(limit, |at| limit.min(*at));
            let mut at = from;
            while at < message {
                // The start of the next line.
                let Some(line) = memchr::memchr2(b'\n', b'\r', &text[at..message]).map(|i| at + i + 1) else { break };
                at = skip_blanks(text, line);
                if at < message && !matches!(text[at], b'U') && self.weak_at(at).is_some() {
                    return at;
                }
                at = at.max(line);
            }
            // Also in the middle of a line, where a document follows its declaration or a letter.
            return self.element_before(from, message);
        }
        self.element_before(from, limit)
    }

    /// Start of the first whole XML element at the start of a line between `from` and `limit`, or `limit`.
    fn element_before(&mut self, from: usize, limit: usize) -> usize {
        let mut at = from;
        while self.patience > 0 {
            let Some(found) = memchr(b'<', &self.text[at.min(limit)..limit]).map(|i| at + i) else { break };
            at = found + 1;
            if stands_free(self.text, found) && xml::begins(self.text, found) {
                if xml::end(self.text, found).whole {
                    return found;
                }
                self.patience -= 1;
            }
        }
        limit
    }
}

/// Whether what stands at `at` is at the start of a line or behind another document or segment.
pub(crate) fn stands_free(text: &[u8], at: usize) -> bool {
    let before = &text[..at];
    match before.iter().rposition(|b| !matches!(b, b' ' | b'\t')) {
        None => true,
        Some(i) => matches!(before[i], b'\n' | b'\r' | b'>' | b'\'' | b'~' | 0..=3 | 0xBF) && !before[..=i].ends_with(b"[CDATA["),
    }
}

/// End of `range` without the blanks there.
fn trim_end(text: &[u8], range: Range<usize>) -> usize {
    let run = &text[range.clone()];
    let kept = run.iter().rposition(|b| *b > b' ' && *b != 0x7F).map_or(1, |i| i + 1);
    range.start + kept.min(run.len())
}

/// Where the text of a telegram begins, behind its heading.
fn telegram_body(text: &[u8], range: Range<usize>) -> usize {
    let mut at = range.start;
    while at < range.end {
        at = skip_blanks(text, at).min(range.end);
        if at == range.end {
            break;
        }
        let line = telex::line(text, at);
        if telex::imp_header(line).is_some() || telex::camir(text, at).is_some() {
            return at;
        }
        at += line.len().max(1);
    }
    range.start
}

/// A telegram ends with ETX, or where something else begins.
fn telegram_end(text: &[u8], from: usize, limit: usize) -> usize {
    let end = memchr(3, &text[from..limit]).map_or(limit, |i| from + i);
    trim_end(text, from..end)
}

/// Offset at which the last region of the input begins that certainly is the start of one, for
/// formats without interchanges; `None` where the whole may be one region.
pub(crate) fn last_document(text: &[u8]) -> Option<usize> {
    let first = skip_blanks(text, 0);
    match text.get(first)? {
        b'<' => {
            let mut at = first;
            let mut cut = None;
            while at < text.len() && text[at] == b'<' && xml::begins(text, at) {
                let end = xml::end(text, at);
                if !end.whole {
                    break;
                }
                at = skip_blanks(text, end.at);
                cut = Some(end.at);
            }
            cut.filter(|at| *at < text.len())
        }
        b'{' if json::is_lines(text, first) => memchr::memrchr(b'\n', text).map(|i| i + 1).filter(|i| *i < text.len()),
        b'G' | b'S' if x12::begins_bare(text, first) => {
            let tag = &text[first..first + 3];
            memmem::rfind(text, tag).filter(|at| *at > first && x12::begins_bare(text, *at))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
