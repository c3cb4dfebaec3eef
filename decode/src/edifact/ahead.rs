//! The next segment, looked at before it is taken.
//!
//! Nearly all segments of a long list have one of a few shapes and less than 64 bytes. Such a segment
//! is known by the bits of its separators alone, so its decoder can hold them in registers: nothing is
//! written down, and what has another shape is left for the reader to take in the common way.

use super::marks::{self, Word};
use super::reader::Reader;
use super::slice::Slice;
use super::tags::{self, Tag};

/// Bytes that are in reach from the start of a segment that is looked at: 64 of it, and sixteen so that
/// any field of it can be loaded whole.
const REACH: usize = 80;

/// A segment of less than 64 bytes that needs no care, with an element behind its tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ahead<'t> {
    /// Where it begins in the input.
    pub(crate) at: usize,
    /// Bits of its separators, and those of elements among them; the lowest stands for its first byte.
    pub(crate) separators: u64,
    pub(crate) borders: u64,
    /// Where its terminator stands.
    pub(crate) stop: u32,
    text: &'t [u8; REACH],
}

impl Ahead<'_> {
    /// Its tag and the separator behind that, to be compared with [`Self::tag_of`].
    #[inline(always)]
    pub(crate) fn tag(&self) -> u32 {
        u32::from_le_bytes([self.text[0], self.text[1], self.text[2], 0])
    }

    /// The number of a tag.
    pub(crate) const fn tag_of(tag: &[u8; 3]) -> u32 {
        u32::from_le_bytes([tag[0], tag[1], tag[2], 0])
    }

    /// The byte at an offset.
    #[inline(always)]
    pub(crate) fn byte(&self, at: u32) -> u8 {
        self.text[(at & 63) as usize]
    }

    /// Eight bytes from an offset on, the first lowest; of those behind the segment they hold what follows it.
    #[inline(always)]
    pub(crate) fn eight(&self, at: u32) -> u64 {
        let at = (at & 63) as usize;
        u64::from_le_bytes(self.text[at..at + 8].first_chunk().copied().unwrap_or_default())
    }

    /// The bytes from `from` up to `to`, where these are one to eight, as a number; else one that is no code.
    #[inline(always)]
    pub(crate) fn code(&self, from: u32, to: u32) -> u64 {
        let over = 8_u32.wrapping_sub(to.wrapping_sub(from));
        if over < 8 { self.eight(from) & (u64::MAX >> (8 * over)) } else { u64::MAX }
    }

    /// The run from `from` up to `to`, if it has any byte and no blank at either end.
    #[inline(always)]
    pub(crate) fn field(&self, from: u32, to: u32) -> Option<Slice> {
        let well = from < to && self.byte(from) != b' ' && self.byte(to.wrapping_sub(1)) != b' ';
        well.then(|| Slice { at: self.at + from as usize, len: to - from })
    }

    /// Where its only separator behind the one of the tag stands: the shapes `TAG+A+B` and `TAG+A:B`. 64 where it has
    /// another shape.
    #[inline(always)]
    pub(crate) fn middle(&self) -> u32 {
        let behind = self.separators & self.separators.wrapping_sub(1);
        if behind & behind.wrapping_sub(1) == 0 { behind.trailing_zeros() } else { 64 }
    }

    /// Where the two separators behind the one of the tag stand; 64 for one that is not there.
    #[inline(always)]
    pub(crate) fn second(&self) -> (u32, u32) {
        let behind = self.separators & self.separators.wrapping_sub(1);
        (behind.trailing_zeros(), (behind & behind.wrapping_sub(1)).trailing_zeros())
    }

    /// Whether an element ends at a byte of it.
    #[inline(always)]
    pub(crate) fn is_border(&self, at: u32) -> bool {
        self.borders >> (at & 63) & 1 != 0
    }
}

/// Looks at segments one behind the other without taking them.
#[derive(Debug)]
pub(crate) struct Cursor<'a, 'm> {
    marks: &'m [Word],
    input: &'a [u8],
    terminator: u8,
    quick: bool,
    /// Where the next segment begins.
    pub(crate) at: usize,
}

impl<'a> Cursor<'a, '_> {
    /// The next segment, if it is of the common kind and short.
    #[inline(always)]
    pub(crate) fn ahead(&self) -> Option<Ahead<'a>> {
        let at = self.at;
        let word = marks::window(self.marks, at)?;
        let stop = word.stop();
        let text = self.input.get(at..)?.first_chunk::<REACH>()?;
        let (separators, borders) = word.separators();
        // The first separator is that of an element behind three letters.
        let well = self.quick && separators & 15 == 8 && borders & 8 != 0;
        if !well || stop > 63 || text[(stop & 63) as usize] != self.terminator {
            return None;
        }
        let before = (1_u64 << (stop & 63)) - 1;
        Some(Ahead { at, separators: separators & before, borders: borders & before, stop, text })
    }

    /// Goes on behind the segment that was looked at.
    #[inline(always)]
    pub(crate) fn pass(&mut self, ahead: &Ahead<'_>) {
        self.at = ahead.at + ahead.stop as usize + 1;
    }

    /// As [`Reader::skip_breaks`].
    #[inline(always)]
    pub(crate) fn skip_breaks(&mut self) -> bool {
        let before = self.at;
        if self.quick {
            while let Some(b'\n' | b'\r') = self.input.get(self.at) {
                self.at += 1;
            }
        }
        self.at > before
    }
}

impl<'a> Reader<'a, '_> {
    /// Looks at segments from the next one on; the reader follows with [`Self::go_to`].
    #[inline(always)]
    pub(crate) fn cursor(&self) -> Cursor<'a, '_> {
        let quick = self.quick && (self.pos > 0 || self.syntax.una_len == 0);
        Cursor { marks: &self.buffers.marks, input: self.input, terminator: self.syntax.terminator, quick, at: self.pos }
    }

    /// Goes on where a cursor stands that took `passed` segments. The segment at hand is that before them, until the next
    /// is read.
    #[inline(always)]
    pub(crate) fn go_to(&mut self, at: usize, passed: u64) {
        self.pos = at;
        #[cfg(test)]
        {
            self.buffers.passed += passed as usize;
        }
        let _ = passed;
    }

    /// The next segment, if it is of the common kind and short.
    #[inline(always)]
    pub(crate) fn ahead(&self) -> Option<Ahead<'a>> {
        self.cursor().ahead()
    }

    /// Takes the segment that was looked at as the one at hand, if it has a tag that a message which is decoded uses, and no
    /// more elements than usual. Service segments are left to whoever follows the interchange.
    #[inline(always)]
    pub(crate) fn take(&mut self, ahead: &Ahead<'_>) -> Option<Tag> {
        let (tag, usual, meant) = tags::upper(*ahead.text.first_chunk()?)?;
        if !meant || tag >> 8 == u32::from(u16::from_be_bytes(*b"UN")) {
            return None;
        }
        self.buffers.parts.set_short(ahead.separators, ahead.borders, ahead.stop);
        if !self.buffers.parts.has_usual(usual, meant) {
            return None;
        }
        (self.tag, self.text, self.repaired) = (tag, ahead.at, false);
        self.pass(*ahead);
        Some(tag)
    }

    /// Goes on behind the segment that was looked at. The segment at hand is that before it, until the next is read.
    #[inline(always)]
    pub(crate) fn pass(&mut self, ahead: Ahead<'_>) {
        self.pos = ahead.at + ahead.stop as usize + 1;
        #[cfg(test)]
        {
            self.buffers.passed += 1;
        }
    }
}
