//! Runs of bytes that stand for fields until their text is asked for.

use std::ops::Range;

use super::super::columns::TextColumn;

/// A run of bytes in the input of the reader or in its scratch buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Slice {
    pub(super) at: usize,
    /// Of the same width as the offset, so that a slice is copied and cleared in one step.
    pub(super) len: usize,
}

/// Marks a [`Slice::at`] that counts from the start of the scratch buffer.
pub(super) const SCRATCH: usize = 1 << (usize::BITS - 1);

impl Slice {
    /// A run of bytes of a text that is no EDIFACT.
    pub(crate) fn new(at: usize, len: usize) -> Self {
        Self { at, len }
    }

    /// Where it begins in a text that is no EDIFACT.
    pub(crate) fn range(self) -> Range<usize> {
        self.at..self.at + self.len
    }

    pub(crate) fn len(self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The first `n` bytes of the run.
    pub(crate) fn first(self, n: usize) -> Self {
        Self { at: self.at, len: self.len.min(n) }
    }

    /// The same run without its first `n` bytes.
    pub(crate) fn skip(self, n: usize) -> Self {
        let n = n.min(self.len);
        Self { at: self.at + n, len: self.len - n }
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

    /// Sets a row of a column to the text of a slice; an empty one is null.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "most columns are empty in most rows: no call to find that out")]
    fn set(&self, column: &mut TextColumn, row: usize, slice: Slice) {
        if !slice.is_empty() {
            self.set_some(column, row, slice);
        }
    }

    /// The same for a slice that is not empty.
    fn set_some(&self, column: &mut TextColumn, row: usize, slice: Slice) {
        column.set(row, self.text(slice));
    }

    /// The run from the first to the last of these slices where they stand one behind the other with one colon
    /// between them.
    fn run(&self, _slices: &[Slice]) -> Option<Slice> {
        None
    }
}

impl Texts for [u8] {
    #[inline]
    fn bytes(&self, slice: Slice) -> &[u8] {
        self.get(slice.range()).unwrap_or_default()
    }
}
