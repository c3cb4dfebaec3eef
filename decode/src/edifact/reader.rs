//! Segments over borrowed bytes.
//!
//! Well-formed text takes the fast path: bits of all separators are made ahead ([`super::marks`]), and a segment
//! is taken apart by them alone, with elements that point into the input. A segment with a line break, a release
//! character, bytes beyond ASCII or anything else out of the common goes the careful way ([`super::scan`]), which
//! gives the same for those that need no care. Nothing is allocated per segment.
//!
//! The pieces tile the input: each byte belongs to a segment (with its terminator), to blanks
//! between segments, or to junk.

use std::ops::Range;

use super::super::columns::TextColumn;
use super::super::findings::Findings;
use super::marks::{self, Word};
use super::parts::Parts;
use super::slice::{SCRATCH, Slice, Texts};
use super::syntax::{Class, Syntax, skip_blanks};
use super::tags::{self, Tag};

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
pub(super) const MAX_SEGMENT: usize = 1 << 16;

/// Memory that readers share one after the other.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    /// Bits for each byte of the input.
    pub(super) marks: Vec<Word>,
    /// The segment at hand.
    pub(super) parts: Parts,
    /// Cleaned text of segments; lives as long as the interchange.
    pub(super) scratch: Vec<u8>,
    /// The segment at hand without its line breaks.
    pub(super) joined: Vec<u8>,
    /// Where runs of `joined` come from: (offset in it, offset in the input).
    pub(super) runs: Vec<(usize, usize)>,
    /// Offset in `joined` at which each component ends.
    pub(super) ends: Vec<u32>,
    /// Takes the fast path from all readers.
    #[cfg(test)]
    pub(crate) careful: bool,
    /// Segments that were taken without taking them apart.
    #[cfg(test)]
    pub(crate) passed: usize,
}

/// Reads one interchange.
#[derive(Debug)]
pub(crate) struct Reader<'a, 'b> {
    pub(super) input: &'a [u8],
    pub(crate) syntax: Syntax,
    pub(super) buffers: &'b mut Buffers,
    pub(super) pos: usize,
    /// Where the text of the current segment begins: in the input, or in scratch with the mark.
    pub(super) text: usize,
    pub(super) tag: Tag,
    /// Whether the input is ASCII: then any run of it is text.
    ascii: bool,
    /// Whether segments may take the fast path.
    pub(super) quick: bool,
    /// Whether the current segment was repaired.
    pub(super) repaired: bool,
    pub(super) findings: Findings,
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

    #[inline]
    fn set_some(&self, column: &mut TextColumn, row: usize, slice: Slice) {
        match self.input.get(slice.at..).and_then(<[u8]>::first_chunk::<12>) {
            // SAFETY: all of the input is ASCII.
            Some(twelve) if self.ascii && slice.len <= 12 => unsafe { column.set_twelve(row, twelve, slice.len()) },
            _ => self.set_other(column, row, slice),
        }
    }

    fn run(&self, slices: &[Slice]) -> Option<Slice> {
        let (first, rest) = slices.split_first()?;
        let mut end = first.at + first.len();
        let text = self.tail(0);
        for next in rest {
            if next.at != end + 1 || text.get(end) != Some(&b':') {
                return None;
            }
            end = next.at + next.len();
        }
        Some(Slice { at: first.at, len: end - first.at })
    }
}

/// Text that is cleaned or not all ASCII; most of it is.
#[inline(never)]
fn checked(bytes: &[u8]) -> &str {
    if bytes.is_ascii() {
        // SAFETY: ASCII is UTF-8.
        return unsafe { std::str::from_utf8_unchecked(bytes) };
    }
    std::str::from_utf8(bytes).unwrap_or_default()
}

impl Reader<'_, '_> {
    /// Sets a row of a column to a text that is long, or not as it stands in the input.
    #[inline(never)]
    fn set_other(&self, column: &mut TextColumn, row: usize, slice: Slice) {
        match self.input.get(slice.at..) {
            // SAFETY: all of the input is ASCII.
            Some(tail) if self.ascii => unsafe { column.set_ascii(row, tail, slice.len()) },
            _ => column.set(row, self.text(slice)),
        }
    }
}

impl<'a, 'b> Reader<'a, 'b> {
    /// Reads `input` with these separators.
    pub(crate) fn new(input: &'a [u8], syntax: Syntax, buffers: &'b mut Buffers) -> Self {
        buffers.scratch.clear();
        let ascii = marks::index(input, &syntax, &mut buffers.marks);
        let quick = syntax.terminator_prefix.is_empty();
        #[cfg(test)]
        let quick = quick && !buffers.careful;
        Self { input, syntax, buffers, pos: 0, text: 0, tag: 0, ascii, quick, repaired: false, findings: Findings::default() }
    }

    /// The same without the fast path.
    #[cfg(test)]
    pub(crate) fn carefully(mut self) -> Self {
        self.quick = false;
        self
    }

    /// Tag of the current segment.
    #[inline]
    pub(crate) fn tag(&self) -> Tag {
        self.tag
    }

    /// What was repaired in the current segment, if anything.
    #[inline]
    pub(crate) fn repairs(&self) -> Option<Findings> {
        self.repaired.then_some(self.findings)
    }

    /// The same as a set.
    #[cfg(test)]
    pub(crate) fn findings(&self) -> Findings {
        self.repairs().unwrap_or_default()
    }

    /// How far the input has been read.
    pub(crate) fn position(&self) -> usize {
        self.pos
    }

    /// The text of a slice: valid UTF-8, since other text was cleaned.
    #[inline]
    pub(crate) fn text(&self, slice: Slice) -> &str {
        let bytes = self.bytes(slice);
        if self.ascii && slice.at & SCRATCH == 0 {
            // SAFETY: the bytes are a run of the input, and all of it is ASCII.
            return unsafe { std::str::from_utf8_unchecked(bytes) };
        }
        checked(bytes)
    }

    /// The bytes of a slice.
    #[inline]
    pub(crate) fn bytes(&self, slice: Slice) -> &[u8] {
        &self.tail(slice.at)[..slice.len]
    }

    /// Whether the current segment ends with these letters.
    #[inline]
    pub(crate) fn ends_with(&self, letters: &[u8]) -> bool {
        // Its terminator stands in front of what comes next.
        match self.pos.checked_sub(2).and_then(|at| self.input.get(at)) {
            Some(last) if !self.repaired && *last > b' ' && Some(last) != letters.last() => false,
            _ => self.ends_with_all(letters),
        }
    }

    #[inline(never)]
    fn ends_with_all(&self, letters: &[u8]) -> bool {
        if !self.repaired {
            // Its terminator stands in front of what comes next.
            let text = self.input.get(self.text..self.pos - 1).unwrap_or_default();
            return match (text.last(), letters.last()) {
                (Some(b), Some(last)) if b == last || *b <= b' ' => text.trim_ascii_end().ends_with(letters),
                _ => false,
            };
        }
        self.buffers.parts.last().is_some_and(|(start, end)| self.tail(self.text)[start..end].trim_ascii_end().ends_with(letters))
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
        Slice { at: at | SCRATCH, len: self.buffers.scratch.len() - at }
    }

    /// Keeps what a function makes of the text of a slice; the function appends whole characters
    /// only. The text lives as long as the interchange.
    pub(crate) fn keep_mapped(&mut self, slice: Slice, make: impl FnOnce(&[u8], &mut Vec<u8>)) -> Slice {
        let mut scratch = std::mem::take(&mut self.buffers.scratch);
        let at = scratch.len();
        if slice.at & SCRATCH == 0 {
            make(&self.input[slice.at..slice.at + slice.len], &mut scratch);
        } else {
            // What is read lies in the buffer that is written.
            let from = slice.at & !SCRATCH;
            let text = scratch[from..from + slice.len].to_vec();
            make(&text, &mut scratch);
        }
        let len = scratch.len() - at;
        self.buffers.scratch = scratch;
        Slice { at: at | SCRATCH, len }
    }

    fn copy(&mut self, slice: Slice) {
        let len = slice.len;
        if slice.at & SCRATCH == 0 {
            self.buffers.scratch.extend_from_slice(&self.input[slice.at..slice.at + len]);
        } else {
            let from = slice.at & !SCRATCH;
            self.buffers.scratch.extend_from_within(from..from + len);
        }
    }

    #[inline]
    pub(super) fn tail(&self, at: usize) -> &[u8] {
        if at & SCRATCH == 0 { &self.input[at..] } else { &self.buffers.scratch[at & !SCRATCH..] }
    }

    /// The next piece; `None` at the end of the input.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "asked once a segment; what needs care is a call")]
    pub(crate) fn next(&mut self) -> Option<Piece> {
        let start = self.pos;
        if self.quick
            && (start > 0 || self.syntax.una_len == 0)
            && let Some(end) = self.segment_by_marks(start)
        {
            self.pos = end + 1;
            return Some(Piece::Segment(start..self.pos));
        }
        self.next_with_care(start)
    }

    /// Goes on behind line breaks, which belong to nothing: the blanks that the next piece would be. Whether there were any.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "asked once a segment, and shorter than a call")]
    pub(crate) fn skip_breaks(&mut self) -> bool {
        let before = self.pos;
        if self.quick && (before > 0 || self.syntax.una_len == 0) {
            while let Some(b'\n' | b'\r') = self.input.get(self.pos) {
                self.pos += 1;
            }
        }
        self.pos > before
    }

    #[inline(never)]
    fn next_with_care(&mut self, start: usize) -> Option<Piece> {
        // The fast path may have noted parts of what it then left: they are of no text that was read.
        self.buffers.parts.clear();
        if start == 0 && self.syntax.una_len > 0 {
            self.pos = self.syntax.una_len.min(self.input.len());
            self.tag = tags::UNA;
            (self.findings, self.repaired) = (self.syntax.findings, true);
            return Some(Piece::Segment(0..self.pos));
        }
        let first = *self.input.get(start)?;
        if first <= b' ' || first == 0x7F || first == 0xEF || first == self.syntax.terminator {
            let at = self.blanks(start);
            if at > start {
                self.pos = at;
                return Some(Piece::Blank(start..at));
            }
        }
        Some(self.segment(start))
    }

    /// Where blanks, and terminators that end nothing, are over.
    fn blanks(&self, start: usize) -> usize {
        let mut at = start;
        loop {
            let next = skip_blanks(self.input, at);
            let lone = next + self.syntax.terminator_prefix.len();
            let terminates = self.input.get(lone).is_some_and(|b| self.syntax.class(*b) == Class::Terminator);
            at = if terminates && self.ends_at(lone) { lone + 1 } else { next };
            if at == next {
                return at;
            }
        }
    }

    /// Takes the segment at `start` apart by the bits of its separators, and reads its tag. Returns where its
    /// terminator stands; `None` where it is not of the common kind.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the common way of what is asked once a segment")]
    fn segment_by_marks(&mut self, start: usize) -> Option<usize> {
        let word = marks::window(&self.buffers.marks, start)?;
        let stop = word.stop();
        let (separators, borders) = word.separators();
        // The tag has three letters, and behind it an element begins or the segment ends.
        if separators & 15 & !(borders & 8) != 0 || (borders & 8 == 0 && stop != 3) {
            return None;
        }
        let end = if stop < 64 {
            self.buffers.parts.set_short(separators, borders, stop);
            start + stop as usize
        } else {
            self.long_by_marks(start)?
        };
        let text = self.input.get(start..=end)?;
        if text.last() != Some(&self.syntax.terminator) {
            return None;
        }
        let (tag, usual, meant) = tags::upper(*text.first_chunk()?)?;
        if !self.buffers.parts.has_usual(usual, meant) && !self.is_whole(text) {
            return None;
        }
        (self.tag, self.text, self.repaired) = (tag, start, false);
        Some(end)
    }

    /// Whether a segment of many elements certainly swallowed no other: none of its elements ends in a tag.
    #[inline(never)]
    fn is_whole(&self, text: &[u8]) -> bool {
        let parts = &self.buffers.parts;
        let tagged = |end: usize| match text.get(end.wrapping_sub(3)..).and_then(<[u8]>::first_chunk::<4>) {
            // Blanks may stand behind a tag, and it may be in small letters.
            Some([_, _, b' ', _]) | None => true,
            Some([a, b, c, _]) => tags::may_be_known([*a, *b, *c]),
        };
        parts.elements() > 1 && !parts.ends_of_elements().any(tagged)
    }

    /// The same for a segment of 64 bytes or more: notes its parts.
    #[inline(never)]
    fn long_by_marks(&mut self, start: usize) -> Option<usize> {
        let Buffers { marks, parts, .. } = &mut *self.buffers;
        parts.begin();
        let mut at = 0;
        loop {
            let word = marks::window(marks, start + at)?;
            let stop = word.stop();
            let (separators, borders) = word.separators();
            let before = 1_u64.checked_shl(stop).map_or(separators, |bit| separators & (bit - 1));
            if !parts.split(at, before, borders) {
                return None;
            }
            at += stop as usize;
            if stop < 64 {
                parts.finish(at);
                return Some(start + at);
            }
            if at > MAX_SEGMENT - 128 {
                return None;
            }
        }
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
}
