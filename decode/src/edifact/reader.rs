//! Segments over borrowed bytes.
//!
//! Well-formed text takes the fast path: one walk over the bytes with a table lookup each, and
//! elements that point into the input. A segment with a line break, a release character or bytes
//! that are not UTF-8 is cleaned into a scratch buffer first ([`super::repair`]) and its elements
//! point there. Nothing is allocated per segment.
//!
//! The pieces tile the input: each byte belongs to a segment (with its terminator), to blanks
//! between segments, or to junk.

use std::ops::Range;

use super::super::findings::{Finding, Findings};
use super::marks::Marks;
use super::syntax::{Class, Syntax, skip_blanks};
use super::tags::{self, Tag};

/// A run of bytes in the input of the reader or in its scratch buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Slice {
    at: usize,
    len: u32,
}

/// Marks a [`Slice::at`] that counts from the start of the scratch buffer.
const SCRATCH: usize = 1 << (usize::BITS - 1);

impl Slice {
    /// A run of bytes of a text that is no EDIFACT.
    pub(crate) fn new(at: usize, len: usize) -> Self {
        Self { at, len: len as u32 }
    }

    /// Where it begins in a text that is no EDIFACT.
    pub(crate) fn range(self) -> Range<usize> {
        self.at..self.at + self.len as usize
    }

    pub(crate) fn len(self) -> usize {
        self.len as usize
    }

    pub(crate) fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The first `n` bytes of the run.
    pub(crate) fn first(self, n: usize) -> Self {
        Self { at: self.at, len: self.len.min(n as u32) }
    }

    /// The same run without its first `n` bytes.
    pub(crate) fn skip(self, n: usize) -> Self {
        let n = (n as u32).min(self.len);
        Self { at: self.at + n as usize, len: self.len - n }
    }
}

/// What gives the text of slices: the reader of an interchange, or the text of another format.
pub(crate) trait Texts {
    /// The bytes of a slice.
    fn bytes(&self, slice: Slice) -> &[u8];

    /// The text of a slice; empty where it is no UTF-8.
    #[inline]
    fn text(&self, slice: Slice) -> &str {
        let bytes = self.bytes(slice);
        if bytes.is_empty() {
            return "";
        }
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl Texts for Reader<'_, '_> {
    #[inline]
    fn bytes(&self, slice: Slice) -> &[u8] {
        Reader::bytes(self, slice)
    }

    #[inline]
    fn text(&self, slice: Slice) -> &str {
        Reader::text(self, slice)
    }
}

impl Texts for [u8] {
    #[inline]
    fn bytes(&self, slice: Slice) -> &[u8] {
        self.get(slice.range()).unwrap_or_default()
    }
}

/// What the reader found next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A segment; the reader gives its tag and elements.
    Segment(Range<usize>),
    /// Blanks and line breaks between segments, and terminators that end nothing.
    Blank(Range<usize>),
    /// Text that is no segment.
    Junk(Range<usize>),
}

/// Longest segment that is looked at: an end must come into sight within it.
const MAX_SEGMENT: usize = 1 << 16;
/// Most elements of a segment: more say that terminators are lost.
const MAX_ELEMENTS: usize = 256;

/// Memory that readers share one after the other.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    /// One bit for each byte of the input: whether it is anything but data.
    marks: Vec<u64>,
    /// Component bounds of the current segment, relative to its text.
    components: Vec<(u32, u32)>,
    /// First component of each element.
    elements: Vec<u32>,
    /// Cleaned text of segments; lives as long as the interchange.
    pub(super) scratch: Vec<u8>,
    /// The segment at hand without its line breaks.
    pub(super) joined: Vec<u8>,
    /// Where runs of `joined` come from: (offset in it, offset in the input).
    pub(super) runs: Vec<(usize, usize)>,
    /// Offset in `joined` at which each component ends.
    pub(super) ends: Vec<u32>,
}

/// Reads one interchange.
#[derive(Debug)]
pub(crate) struct Reader<'a, 'b> {
    pub(super) input: &'a [u8],
    pub(crate) syntax: Syntax,
    pub(super) buffers: &'b mut Buffers,
    pos: usize,
    /// Where the text of the current segment begins: in the input, or in scratch with the mark.
    text: usize,
    tag: Tag,
    /// Whether the input is ASCII: then any run of it is text.
    ascii: bool,
    pub(super) findings: Findings,
}

/// How a scan ended.
enum End {
    Terminated,
    /// A line break before the next tag stood where the terminator should.
    LineBreak,
    /// The input, or the patience, came to its end.
    Open,
}

impl<'a, 'b> Reader<'a, 'b> {
    /// Reads `input` with these separators.
    pub(crate) fn new(input: &'a [u8], syntax: Syntax, buffers: &'b mut Buffers) -> Self {
        buffers.scratch.clear();
        super::marks::index(input, &syntax, &mut buffers.marks);
        let (pos, ascii) = (0, input.is_ascii());
        Self { input, syntax, buffers, pos, text: 0, tag: 0, ascii, findings: Findings::default() }
    }

    /// Tag of the current segment.
    pub(crate) fn tag(&self) -> Tag {
        self.tag
    }

    /// What was repaired in the current segment.
    pub(crate) fn findings(&self) -> Findings {
        self.findings
    }

    /// How far the input has been read.
    pub(crate) fn position(&self) -> usize {
        self.pos
    }

    /// Elements of the current segment, the tag among them.
    pub(crate) fn elements(&self) -> usize {
        self.buffers.elements.len()
    }

    /// Components of an element; 0 where the element is missing.
    pub(crate) fn components(&self, element: usize) -> usize {
        let elements = &self.buffers.elements;
        let Some(&first) = elements.get(element) else { return 0 };
        let end = elements.get(element + 1).map_or(self.buffers.components.len(), |e| *e as usize);
        end - first as usize
    }

    /// A component without the blanks around it; empty where it is missing.
    #[inline]
    pub(crate) fn get(&self, element: usize, component: usize) -> Slice {
        let elements = &self.buffers.elements;
        let Some(&first) = elements.get(element) else { return Slice::default() };
        let index = first as usize + component;
        let end = elements.get(element + 1).map_or(self.buffers.components.len(), |next| *next as usize);
        if index >= end {
            return Slice::default();
        }
        let Some(&(start, end)) = self.buffers.components.get(index) else { return Slice::default() };
        if start == end {
            return Slice::default();
        }
        let text = self.tail(self.text);
        if text[start as usize] != b' ' && text[end as usize - 1] != b' ' {
            return Slice { at: self.text + start as usize, len: end - start };
        }
        self.trimmed(start, end)
    }

    #[cold]
    fn trimmed(&self, mut start: u32, mut end: u32) -> Slice {
        let text = self.tail(self.text);
        while end > start && text[end as usize - 1] == b' ' {
            end -= 1;
        }
        while start < end && text[start as usize] == b' ' {
            start += 1;
        }
        Slice { at: self.text + start as usize, len: end - start }
    }

    /// The text of a slice: valid UTF-8, since other text was cleaned.
    #[inline]
    pub(crate) fn text(&self, slice: Slice) -> &str {
        let bytes = self.bytes(slice);
        if self.ascii && slice.at & SCRATCH == 0 {
            // SAFETY: the bytes are a run of the input, and all of it is ASCII.
            return unsafe { std::str::from_utf8_unchecked(bytes) };
        }
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// The bytes of a slice.
    #[inline]
    pub(crate) fn bytes(&self, slice: Slice) -> &[u8] {
        &self.tail(slice.at)[..slice.len as usize]
    }

    /// The bytes of a component.
    pub(crate) fn field(&self, element: usize, component: usize) -> &[u8] {
        self.bytes(self.get(element, component))
    }

    /// Whether the current segment ends with these letters.
    pub(crate) fn ends_with(&self, letters: &[u8]) -> bool {
        self.buffers
            .components
            .last()
            .is_some_and(|(start, end)| self.tail(self.text)[*start as usize..*end as usize].trim_ascii_end().ends_with(letters))
    }

    /// Keeps slices as one text with a separator between those that are not empty.
    pub(crate) fn join_slices(&mut self, parts: &[Slice], separator: &[u8]) -> Slice {
        let mut held = parts.iter().filter(|p| !p.is_empty());
        if let (Some(only), None) = (held.next(), held.next()) {
            return *only;
        }
        let at = self.buffers.scratch.len();
        for part in parts.iter().filter(|p| !p.is_empty()) {
            if self.buffers.scratch.len() > at {
                self.buffers.scratch.extend_from_slice(separator);
            }
            self.copy(*part);
        }
        Slice { at: at | SCRATCH, len: (self.buffers.scratch.len() - at) as u32 }
    }

    /// Keeps what a function makes of the text of a slice; the function appends whole characters
    /// only. The text lives as long as the interchange.
    pub(crate) fn keep_mapped(&mut self, slice: Slice, make: impl FnOnce(&[u8], &mut Vec<u8>)) -> Slice {
        let mut scratch = std::mem::take(&mut self.buffers.scratch);
        let at = scratch.len();
        if slice.at & SCRATCH == 0 {
            make(&self.input[slice.at..slice.at + slice.len as usize], &mut scratch);
        } else {
            // What is read lies in the buffer that is written.
            let from = slice.at & !SCRATCH;
            let text = scratch[from..from + slice.len as usize].to_vec();
            make(&text, &mut scratch);
        }
        let len = (scratch.len() - at) as u32;
        self.buffers.scratch = scratch;
        Slice { at: at | SCRATCH, len }
    }

    fn copy(&mut self, slice: Slice) {
        let len = slice.len as usize;
        if slice.at & SCRATCH == 0 {
            self.buffers.scratch.extend_from_slice(&self.input[slice.at..slice.at + len]);
        } else {
            let from = slice.at & !SCRATCH;
            self.buffers.scratch.extend_from_within(from..from + len);
        }
    }

    #[inline]
    fn tail(&self, at: usize) -> &[u8] {
        if at & SCRATCH == 0 { &self.input[at..] } else { &self.buffers.scratch[at & !SCRATCH..] }
    }

    /// The next piece; `None` at the end of the input.
    pub(crate) fn next(&mut self) -> Option<Piece> {
        let start = self.pos;
        if start == 0 && self.syntax.una_len > 0 {
            self.pos = self.syntax.una_len.min(self.input.len());
            self.tag = tags::UNA;
            self.findings = self.syntax.findings;
            self.buffers.components.clear();
            self.buffers.elements.clear();
            return Some(Piece::Segment(0..self.pos));
        }
        let first = *self.input.get(start)?;
        if first <= b' ' || first == 0x7F || first == 0xEF || first == self.syntax.terminator {
            let mut at = start;
            loop {
                let next = skip_blanks(self.input, at);
                let lone = next + self.syntax.terminator_prefix.len();
                at = if self.syntax.class(first_at(self.input, lone)) == Class::Terminator && self.ends_at(lone) {
                    lone + 1
                } else {
                    next
                };
                if at == next {
                    break;
                }
            }
            if at > start {
                self.pos = at;
                return Some(Piece::Blank(start..at));
            }
        }
        Some(self.segment(start))
    }

    /// Whether the byte at `at`, of the class of terminators, ends a segment.
    #[inline]
    pub(super) fn ends_at(&self, at: usize) -> bool {
        let prefix = self.syntax.terminator_prefix;
        at < self.input.len() && (prefix.is_empty() || (at >= prefix.len() && &self.input[at - prefix.len()..at] == prefix))
    }

    /// Goes on to the segment that may be the next UNH, UNT or UNZ: the text of a message that is
    /// read by its own decoder is not taken apart twice.
    pub(crate) fn skip_to_service(&mut self) {
        let rest = &self.input[self.pos..];
        // A hard wrap may cut through the tag.
        let found = memchr::memchr2_iter(b'U', b'u', rest).find(|at| match rest[at + 1..] {
            [b'N' | b'n', letter, ..] => matches!(letter.to_ascii_uppercase(), b'H' | b'T' | b'Z' | b'E' | b'G' | b'\n' | b'\r'),
            [next, ..] => matches!(next, b'\n' | b'\r'),
            [] => false,
        });
        let end = found.unwrap_or(rest.len());
        let terminator = memchr::memrchr(self.syntax.terminator, &rest[..end]);
        self.pos += match (terminator, found) {
            (Some(at), _) => at + 1,
            (None, Some(_)) => 0,
            (None, None) => rest.len(),
        };
    }

    fn segment(&mut self, start: usize) -> Piece {
        self.findings = Findings::default();
        let (stop, end, dirty) = self.scan(start);
        let after = if matches!(end, End::Terminated) { stop + 1 } else { stop };
        let text_end = if matches!(end, End::Terminated) { stop - self.syntax.terminator_prefix.len() } else { stop };
        if dirty {
            self.text = SCRATCH | self.clean(start, text_end.max(start));
        } else {
            self.text = start;
        }
        if !matches!(end, End::Terminated) {
            self.findings.add(Finding::TerminatorMissing);
        }
        match self.tag_at_front() {
            Some(tag) if self.elements() <= tags::usual_elements(tag) => self.tag = tag,
            Some(tag) => {
                self.tag = tag;
                if let Some((element, split)) = self.swallowed(1, dirty) {
                    self.cut_after(element);
                    self.findings.add(Finding::TerminatorMissing);
                    self.pos = split;
                    return Piece::Segment(start..split);
                }
            }
            None => {
                self.tag = 0;
                self.pos = match self.swallowed(0, dirty) {
                    Some((_, split)) if split > start => split,
                    _ => after.max(start + 1).min(self.input.len()),
                };
                return Piece::Junk(start..self.pos);
            }
        }
        // A segment without any element is a tag that text happens to form, except UNS and the like.
        if self.elements() < 2 && !tags::known(self.tag) && !tags::cargo(self.tag) {
            self.pos = after.max(start + 1).min(self.input.len());
            return Piece::Junk(start..self.pos);
        }
        self.pos = after;
        Piece::Segment(start..after)
    }

    /// Walks to the end of the segment and notes its components. Returns the offset of the
    /// terminator (or the end), how it ended, and whether the text must be cleaned.
    fn scan(&mut self, start: usize) -> (usize, End, bool) {
        let input = &self.input[..self.input.len().min(start + MAX_SEGMENT)];
        let syntax = &self.syntax;
        let Buffers { components, elements, marks, .. } = &mut *self.buffers;
        let mut marks = Marks::from(marks, start);
        components.clear();
        elements.clear();
        elements.push(0);
        let mut from = start;
        let mut dirty = false;
        let mut high = false;
        let mut breaks = 0;
        let (at, end) = loop {
            let mut at = match marks.next() {
                Some(next) if next < input.len() => next,
                _ => break (input.len(), End::Open),
            };
            match syntax.class(input[at]) {
                Class::Component => {
                    components.push(((from - start) as u32, (at - start) as u32));
                    from = at + 1;
                }
                Class::Element => {
                    components.push(((from - start) as u32, (at - start) as u32));
                    elements.push(components.len() as u32);
                    from = at + 1;
                    if elements.len() > MAX_ELEMENTS {
                        break (at + 1, End::Open);
                    }
                }
                Class::Terminator => {
                    let prefix = syntax.terminator_prefix;
                    if prefix.is_empty() || (at >= start + prefix.len() && input[at - prefix.len()..at] == *prefix) {
                        break (at, End::Terminated);
                    }
                    high = true;
                }
                Class::Release => {
                    dirty = true;
                    at += 1;
                    // A line break may stand between the release character and what it releases.
                    while at < input.len() && syntax.class(input[at]) == Class::Control {
                        at += 1;
                    }
                    at = (at + 1).min(input.len());
                    marks = Marks::from(marks.words, at);
                }
                Class::Control => {
                    dirty = true;
                    if matches!(input[at], b'\n' | b'\r') {
                        let line = skip_blanks(input, at);
                        if begins_segment(&input[line..], syntax) {
                            break (at, End::LineBreak);
                        }
                        // Lines of a letter that nothing ends: no segment has that many.
                        breaks += 1;
                        if breaks > 64 {
                            break (at, End::Open);
                        }
                        at = line.max(at + 1);
                        marks = Marks::from(marks.words, at);
                    }
                }
                Class::High => {
                    high = true;
                }
                Class::Data => {}
            }
        };
        let text_end = if matches!(end, End::Terminated) { at - syntax.terminator_prefix.len() } else { at };
        components.push(((from.min(text_end) - start) as u32, (text_end - start) as u32));
        if high && std::str::from_utf8(&input[start..text_end]).is_err() {
            dirty = true;
        }
        (at, end, dirty)
    }

    /// The tag of the current segment, if it begins with one.
    fn tag_at_front(&self) -> Option<Tag> {
        // Most tags stand alone: no need to look for blanks and further components.
        match self.buffers.components.first() {
            Some((0, 3)) if self.components(0) == 1 => tags::parse(&self.tail(self.text)[..3]),
            _ => tags::parse(self.element_text(0)),
        }
    }

    /// Text of an element, its components and their separators with it.
    fn element_text(&self, element: usize) -> &[u8] {
        let Some(&first) = self.buffers.elements.get(element) else { return &[] };
        let last = self.buffers.elements.get(element + 1).map_or(self.buffers.components.len(), |e| *e as usize);
        let components = &self.buffers.components;
        match (components.get(first as usize), components.get(last.wrapping_sub(1))) {
            (Some((start, _)), Some((_, end))) => self.tail(self.text)[*start as usize..*end as usize].trim_ascii(),
            _ => &[],
        }
    }

    /// Looks for a segment that this one swallowed when a terminator was lost: an element that
    /// ends in a tag before an element that this tag takes. Returns that element and where the
    /// tag begins in the input.
    fn swallowed(&self, from: usize, dirty: bool) -> Option<(usize, usize)> {
        for element in from..self.elements().saturating_sub(1) {
            let text = self.element_text(element);
            if text.len() < 3 || (element > 0 && text.len() == 3 && from > 0 && self.components(element) == 1) {
                continue;
            }
            let Some(tag) = tags::parse(&text[text.len() - 3..]) else { continue };
            let before = text.len().checked_sub(4).map(|i| text[i]);
            if !tags::known(tag) || !tags::takes(self.tag, tag, before, self.field(element + 1, 0)) {
                continue;
            }
            let last = self.buffers.elements[element + 1] as usize - 1;
            let (_, end) = self.buffers.components[last];
            // The tag may have blanks behind it, as in `UNG +`.
            let raw = self.tail(self.text);
            let blanks = raw[..end as usize].iter().rev().take_while(|b| **b == b' ').count();
            let split = if dirty {
                let joined = self.buffers.ends[last] as usize - blanks;
                if joined < 3 || tags::parse(&self.buffers.joined[joined - 3..joined]) != Some(tag) {
                    continue;
                }
                self.origin_of(joined - 3)
            } else {
                self.text + end as usize - blanks - 3
            };
            return Some((element, split));
        }
        None
    }

    /// Drops what follows `element`, and the swallowed tag at its end.
    fn cut_after(&mut self, element: usize) {
        let last = self.buffers.elements[element + 1] as usize;
        self.buffers.elements.truncate(element + 1);
        self.buffers.components.truncate(last);
        let text = self.text;
        let (start, end) = self.buffers.components[last - 1];
        let body = &self.tail(text)[start as usize..end as usize];
        let kept = body.trim_ascii_end().len().saturating_sub(3);
        self.buffers.components[last - 1] = (start, start + kept as u32);
    }

    /// Cleans `start..end` of the input into scratch and notes its components there. Returns
    /// where in scratch it begins.
    fn clean(&mut self, start: usize, end: usize) -> usize {
        self.join(start, end);
        let Buffers { components, elements, scratch, joined, ends, .. } = &mut *self.buffers;
        let syntax = &self.syntax;
        let utf8 = std::str::from_utf8(joined).is_ok();
        if !utf8 {
            self.findings.add(Finding::NotUtf8);
        }
        components.clear();
        elements.clear();
        ends.clear();
        elements.push(0);
        let base = scratch.len();
        let mut from = base;
        let mut released = false;
        for (at, &b) in joined.iter().enumerate() {
            let class = if released { Class::Data } else { syntax.class(b) };
            released = false;
            match class {
                Class::Component | Class::Element => {
                    components.push(((from - base) as u32, (scratch.len() - base) as u32));
                    ends.push(at as u32);
                    from = scratch.len();
                    if class == Class::Element {
                        elements.push(components.len() as u32);
                    }
                }
                Class::Release => released = true,
                _ if b >= 0x80 && !utf8 => {
                    let mut buffer = [0; 4];
                    scratch.extend_from_slice(super::repair::windows_1252(b).encode_utf8(&mut buffer).as_bytes());
                }
                _ => scratch.push(b),
            }
        }
        components.push(((from - base) as u32, (scratch.len() - base) as u32));
        ends.push(joined.len() as u32);
        base
    }
}

fn first_at(input: &[u8], at: usize) -> u8 {
    input.get(at).copied().unwrap_or(b'A')
}

/// Whether a line begins with a known tag and an element separator: then the line before it lost
/// its terminator.
pub(super) fn begins_segment(line: &[u8], syntax: &Syntax) -> bool {
    let Some(tag) = line.get(..3).and_then(tags::parse) else { return false };
    if !tags::known(tag) && !tags::cargo(tag) {
        return false;
    }
    let after = &line[3..];
    let blanks = after.iter().take_while(|b| **b == b' ').count();
    match after.get(blanks) {
        Some(b) => *b == syntax.element || (tag == tags::UNA && *b == syntax.component),
        None => false,
    }
}
