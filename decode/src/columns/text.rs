//! Columns of text.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow::datatypes::DataType;

use super::Nulls;

/// A view that stands for null until the column is finished: no text has that length.
const NULL: u128 = u128::MAX;
/// Bytes of long texts that one buffer holds.
const BLOCK: usize = 2 << 20;

/// Builder of a text column: one store for a short text or a null, since nulls are told from texts
/// only when the column is finished.
#[derive(Debug, Default)]
pub(crate) struct TextColumn {
    views: Vec<u128>,
    nulls: usize,
    /// Long texts of the block at hand.
    block: Vec<u8>,
    full: Vec<Buffer>,
    /// Bytes of the last block of the batch before.
    usual: usize,
}

impl TextColumn {
    /// Rows so far; all behind them are null.
    pub(crate) fn len(&self) -> usize {
        self.views.len()
    }

    #[inline]
    pub(crate) fn append_null(&mut self) {
        self.nulls += 1;
        self.views.push(NULL);
    }

    /// Appends nulls until there are `rows` rows.
    #[inline]
    pub(crate) fn fill(&mut self, rows: usize) {
        if self.views.len() < rows {
            self.pad(rows);
        }
    }

    fn pad(&mut self, rows: usize) {
        self.nulls += rows - self.views.len();
        self.views.resize(rows, NULL);
    }

    #[inline]
    pub(crate) fn append_value(&mut self, text: &str) {
        let view = self.view(text);
        self.views.push(view);
    }

    /// Appends a text that most rows share: a long one is kept once where the row before has the same.
    pub(crate) fn append_common(&mut self, text: &str) {
        match self.views.len().checked_sub(1) {
            Some(last) if text.len() > 12 && self.bytes_of(last).bytes() == text.as_bytes() => {
                self.views.extend_from_within(last..);
            }
            _ => self.append_value(text),
        }
    }

    /// Appends a text `n` times; long ones are kept once.
    pub(crate) fn append_value_n(&mut self, text: &str, n: usize) {
        let view = self.view(text);
        self.views.extend(std::iter::repeat_n(view, n));
    }

    /// Sets a row; rows that are passed over, and an empty text, are null.
    #[inline]
    pub(crate) fn set(&mut self, row: usize, text: &str) {
        if !text.is_empty() {
            let view = self.view(text);
            self.set_view(row, view);
        }
    }

    /// The same for a text that is not empty.
    pub(crate) fn set_some(&mut self, row: usize, text: &str) {
        let view = self.view(text);
        self.set_view(row, view);
    }

    /// Sets a row to a text whose view was made before and belongs to this batch.
    #[inline]
    pub(crate) fn set_view(&mut self, row: usize, view: u128) {
        self.fill(row);
        self.views.push(view);
    }

    /// As [`Self::set`], where the view of a short text was made before.
    #[inline]
    pub(crate) fn set_short(&mut self, row: usize, text: &str, view: Option<u128>) {
        match view {
            Some(view) => self.set_view(row, view),
            None => self.set(row, text),
        }
    }

    /// Sets rows to one text; long ones are kept once.
    pub(crate) fn set_n(&mut self, row: usize, text: &str, n: usize) {
        if !text.is_empty() {
            self.fill(row);
            self.append_value_n(text, n);
        }
    }

    /// Sets rows to the texts of some items, as often one behind the other; each text of a few is made once.
    pub(crate) fn set_rounds<'t, I>(&mut self, row: usize, items: &'t [I], rounds: usize, text: impl Fn(&'t I) -> &'t str) {
        const FEW: usize = 16;
        if let [only] = items {
            return self.set_n(row, text(only), rounds);
        }
        let mut views = [NULL; FEW];
        let Some(views) = views.get_mut(..items.len()) else {
            return (0..rounds).for_each(|round| {
                (row + round * items.len()..).zip(items).for_each(|(row, item)| self.set(row, text(item)));
            });
        };
        let mut nulls = items.len();
        for (view, item) in views.iter_mut().zip(items) {
            let text = text(item);
            if !text.is_empty() {
                *view = self.view(text);
                nulls -= 1;
            }
        }
        if nulls < items.len() {
            self.fill(row);
            self.nulls += nulls * rounds;
            (0..rounds).for_each(|_| self.views.extend(views.iter().copied()));
        }
    }

    /// Sets a row to the first `len` bytes of `tail`.
    ///
    /// # Safety
    /// These bytes are ASCII.
    #[inline]
    pub(crate) unsafe fn set_ascii(&mut self, row: usize, tail: &[u8], len: usize) {
        let view = match tail.first_chunk::<12>() {
            // SAFETY: the caller says so.
            Some(twelve) if len <= 12 => return unsafe { self.set_twelve(row, twelve, len) },
            _ if len <= 12 => inline_view(&tail[..len]),
            _ => self.long(tail, len),
        };
        self.set_view(row, view);
    }

    /// Sets a row to the first `len` bytes, twelve at most.
    ///
    /// # Safety
    /// These bytes are ASCII.
    #[inline]
    pub(crate) unsafe fn set_twelve(&mut self, row: usize, twelve: &[u8; 12], len: usize) {
        let [a, b, c, d, rest @ ..] = *twelve;
        let len = len & 15;
        let (first, second) = MASKS[len];
        let low = u64::from(u32::from_le_bytes([a, b, c, d])) & first;
        let high = u64::from_le_bytes(rest) & second;
        self.set_view(row, u128::from(low << 32 | len as u64) | u128::from(high) << 64);
    }

    /// Sets a row to the first `len` bytes of two words, the first lowest.
    ///
    /// # Safety
    /// These bytes are ASCII, and bytes behind them are nought.
    #[inline]
    pub(crate) unsafe fn set_words(&mut self, row: usize, words: [u128; 2], len: usize) {
        let view =
            if len <= 12 { words[0] << 32 | len as u128 } else { self.long(words.map(u128::to_le_bytes).as_flattened(), len) };
        self.set_view(row, view);
    }

    /// A text of up to twelve bytes as a number, the first byte lowest, and its length; nothing where it is null.
    #[inline]
    pub(crate) fn short_of(&self, row: usize) -> Option<(u128, usize)> {
        let view = match self.views.get(row) {
            Some(view) if *view != NULL => *view,
            _ => 0,
        };
        let len = view as u32 as usize;
        (len <= 12).then_some((view >> 32, len))
    }

    /// The text of a row as bytes; empty where it is null.
    pub(crate) fn bytes_of(&self, row: usize) -> Text<'_> {
        let view = match self.views.get(row) {
            Some(view) if *view != NULL => *view,
            _ => 0,
        };
        let len = view as u32 as usize;
        if len <= 12 {
            return Text::Short((view >> 32).to_le_bytes(), len);
        }
        let (block, at) = ((view >> 64) as u32 as usize, (view >> 96) as u32 as usize);
        Text::Long(match self.full.get(block) {
            Some(full) => &full[at..at + len],
            None => &self.block[at..at + len],
        })
    }

    /// The column of so many rows; begins anew.
    pub(crate) fn finish_rows(&mut self, rows: usize, nulls: &mut Nulls) -> ArrayRef {
        if self.nulls == self.views.len() {
            (self.nulls, self.usual, self.block) = (0, 0, Vec::new());
            self.views.clear();
            return nulls.of(&DataType::Utf8View, rows);
        }
        self.fill(rows);
        Arc::new(self.finish())
    }

    /// Appends a text whose view was made before and belongs to this batch.
    #[inline]
    pub(crate) fn append_view(&mut self, view: u128) {
        self.views.push(view);
    }

    /// The view of a text, kept for this batch.
    #[inline]
    pub(crate) fn view(&mut self, text: &str) -> u128 {
        let bytes = text.as_bytes();
        if bytes.len() <= 12 { inline_view(bytes) } else { self.long(bytes, bytes.len()) }
    }

    /// Keeps the first `len` of some bytes.
    fn long(&mut self, bytes: &[u8], len: usize) -> u128 {
        // A view counts in 32 bits; no segment holds as much as a block.
        let bytes = &bytes[..bytes.len().min(i32::MAX as usize)];
        let len = len.min(bytes.len());
        if self.block.len() + len > BLOCK && !self.block.is_empty() {
            self.full.push(Buffer::from_vec(std::mem::take(&mut self.block)));
        }
        if self.block.capacity() == 0 {
            self.block.reserve((self.usual + self.usual / 16).clamp(8 << 10, BLOCK));
        }
        let at = self.block.len();
        match bytes.first_chunk::<32>() {
            // A copy of a fixed length needs no call.
            Some(more) if len <= 32 => {
                self.block.extend_from_slice(more);
                self.block.truncate(at + len);
            }
            _ => self.block.extend_from_slice(&bytes[..len]),
        }
        let prefix = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        len as u128 | u128::from(prefix) << 32 | u128::from(self.full.len() as u32) << 64 | u128::from(at as u32) << 96
    }

    /// The column; begins anew.
    pub(crate) fn finish(&mut self) -> StringViewArray {
        let mut views = std::mem::take(&mut self.views);
        // The next batch is about as large.
        self.usual = if self.full.is_empty() { self.block.len() } else { BLOCK };
        self.views.reserve(views.len() + views.len() / 16);
        if !self.block.is_empty() {
            self.full.push(Buffer::from_vec(std::mem::take(&mut self.block)));
        }
        let nulls = match std::mem::take(&mut self.nulls) {
            0 => None,
            n if n == views.len() => {
                views.fill(0);
                Some(NullBuffer::new_null(n))
            }
            _ => Some(take_nulls(&mut views)),
        };
        let buffers = std::mem::take(&mut self.full);
        // SAFETY: each view was made by `inline_view` or `long` of a `&str`, so it is inline or
        // names a run of a buffer that holds that text; nulls became empty inline views.
        unsafe { StringViewArray::new_unchecked(views.into(), buffers, nulls) }
    }
}

/// The text of a row: its bytes with noughts behind them, or where it lies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Text<'a> {
    Short([u8; 16], usize),
    Long(&'a [u8]),
}

impl Text<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(bytes, len) => &bytes[..*len],
            Self::Long(bytes) => bytes,
        }
    }
}

/// The first four bytes and the eight behind them of a text of so many.
const MASKS: [(u64, u64); 16] = {
    let mut masks = [(0, 0); 16];
    let mut len = 1;
    while len <= 12 {
        let first = if len < 4 { len } else { 4 };
        let second = len - first;
        masks[len] = ((1 << (8 * first)) - 1, if second == 8 { u64::MAX } else { (1 << (8 * second)) - 1 });
        len += 1;
    }
    masks
};

/// The view of a word of up to twelve letters.
pub(crate) const fn word(text: &str) -> u128 {
    let bytes = text.as_bytes();
    assert!(bytes.len() <= 12, "longer texts lie in a buffer");
    let (mut view, mut i) = (0, bytes.len());
    while i > 0 {
        i -= 1;
        view = view << 8 | bytes[i] as u128;
    }
    view << 32 | bytes.len() as u128
}

/// Replaces [`NULL`] by empty views and says where it stood.
fn take_nulls(views: &mut [u128]) -> NullBuffer {
    let mut bits = vec![0_u8; views.len().div_ceil(8)];
    for (byte, views) in bits.iter_mut().zip(views.chunks_mut(8)) {
        for (i, view) in views.iter_mut().enumerate() {
            let valid = *view != NULL;
            *byte |= u8::from(valid) << i;
            *view = if valid { *view } else { 0 };
        }
    }
    NullBuffer::new(BooleanBuffer::new(bits.into(), 0, views.len()))
}

/// The view of up to twelve bytes: its length and itself.
#[inline]
fn inline_view(bytes: &[u8]) -> u128 {
    let len = bytes.len();
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or_default());
    let half = |at: usize| u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap_or_default()));
    // The first four bytes, and those behind them: the last ones, shifted until the first four are out.
    let (first, rest) = match len {
        8.. => (half(0), word(len - 8) >> (8 * (12 - len.min(12)))),
        4.. => (half(0), half(len - 4) >> (8 * (8 - len))),
        1.. => {
            let byte = |at: usize| u64::from(bytes[at]) << (8 * at);
            (byte(0) | byte(len / 2) | byte(len - 1), 0)
        }
        0 => (0, 0),
    };
    u128::from(first << 32 | len as u64) | u128::from(rest) << 64
}

/// The view of a text of one to twelve bytes.
#[inline]
pub(crate) fn short_view(text: &str) -> Option<u128> {
    (1..=12).contains(&text.len()).then(|| inline_view(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::Int32Type;

    use super::super::NumberColumn;
    use super::*;

    #[test]
    fn texts_of_any_length_and_nulls() {
        let text = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-ÄÖÜ";
        let mut column = TextColumn::default();
        for n in (0..=text.len()).filter(|n| text.is_char_boundary(*n)) {
            column.append_value(&text[..n]);
            column.append_null();
        }
        column.append_value_n(text, 3);
        let rows = column.views.len();
        column.fill(rows + 2);
        let array = column.finish();
        let mut at = 0;
        for n in (0..=text.len()).filter(|n| text.is_char_boundary(*n)) {
            assert_eq!(array.value(at), &text[..n]);
            assert!(array.is_valid(at) && array.is_null(at + 1));
            at += 2;
        }
        assert_eq!((array.value(at + 2), array.is_null(at + 3), array.len()), (text, true, rows + 2));
        assert!(StringViewArray::try_new(array.views().clone(), array.data_buffers().to_vec(), array.nulls().cloned()).is_ok());
        assert_eq!(column.finish().len(), 0);
    }

    #[test]
    fn rows_that_are_passed_over_are_null() {
        let (mut texts, mut numbers) = (TextColumn::default(), NumberColumn::<Int32Type>::default());
        let long = "A TEXT THAT NO VIEW HOLDS";
        let set = [(1, "A"), (2, "ABCD"), (5, long), (6, "ABCDEFGHIJKL"), (9, "")];
        for (row, text) in set {
            texts.set(row, text);
            numbers.set(row, (!text.is_empty()).then_some(row as i32));
        }
        assert_eq!(
            (texts.bytes_of(5).bytes(), texts.bytes_of(6).bytes(), texts.bytes_of(3).bytes()),
            (long.as_bytes(), &b"ABCDEFGHIJKL"[..], &b""[..])
        );
        assert_eq!((numbers.get(5), numbers.get(4), numbers.get(0), numbers.get(9)), (Some(5), None, None, None));
        numbers.set_n(7, Some(7), 2);
        let mut nulls = Nulls::default();
        let (texts, numbers) = (texts.finish_rows(10, &mut nulls), numbers.finish(10));
        let want = [None, Some("A"), Some("ABCD"), None, None, Some(long), Some("ABCDEFGHIJKL"), None, None, None];
        assert_eq!(texts.as_string_view().iter().collect::<Vec<_>>(), want);
        let want = [None, Some(1), Some(2), None, None, Some(5), Some(6), Some(7), Some(7), None];
        assert_eq!(numbers.iter().collect::<Vec<_>>(), want);
        assert_eq!(TextColumn::default().finish_rows(3, &mut nulls).null_count(), 3);
    }

    #[test]
    fn texts_in_rounds() {
        let many = [["A", ""]; 9].concat();
        for (items, rounds) in [
            (vec!["A", "", "C"], 3),
            (vec!["A", ""], 2),
            (vec!["", "B"], 3),
            (vec!["", ""], 2),
            (vec!["A"], 4),
            (vec![], 2),
            (many, 2),
        ] {
            let mut column = TextColumn::default();
            column.set(1, "FIRST");
            column.set_rounds(3, &items, rounds, |item| item);
            let rows = 3 + items.len() * rounds;
            let array = column.finish_rows(rows, &mut Nulls::default());
            let mut want = vec![None, Some("FIRST"), None];
            (0..rounds).for_each(|_| want.extend(items.iter().map(|item| Some(*item).filter(|t| !t.is_empty()))));
            assert_eq!(array.as_string_view().iter().collect::<Vec<_>>(), want);
            assert_eq!(array.null_count(), want.iter().filter(|t| t.is_none()).count());
        }
    }

    #[test]
    fn texts_at_the_end_of_what_can_be_read() {
        let text = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let mut column = TextColumn::default();
        let runs: Vec<_> = (0..text.len()).flat_map(|from| (from + 1..=text.len()).map(move |to| from..to)).collect();
        for (row, run) in runs.iter().enumerate() {
            // SAFETY: the text is ASCII.
            unsafe { column.set_ascii(row, &text.as_bytes()[run.start..], run.len()) };
        }
        let array = column.finish();
        for (row, run) in runs.iter().enumerate() {
            assert_eq!(array.value(row), &text[run.clone()]);
        }
        assert_eq!(word("day"), inline_view(b"day"));
    }

    #[test]
    fn long_texts_fill_blocks() {
        let long = ["x", "y"].map(|x| x.repeat(BLOCK / 3));
        let mut column = TextColumn::default();
        for text in long.iter().cycle().take(5) {
            column.append_value(text);
        }
        let array = column.finish();
        assert!(array.iter().zip(long.iter().cycle()).all(|(found, text)| found == Some(text.as_str())));
        assert!(array.data_buffers().len() >= 2);
    }

    #[test]
    fn a_long_text_that_is_common_is_kept_once() {
        let texts = ["THE SAME FOLDER/OF ALL", "THE SAME FOLDER/OF ALL", "THE SAME FOLDER/OF ONE", "THE SAME FOLDER/OF ALL"];
        let mut column = TextColumn::default();
        for text in texts {
            column.append_common(text);
        }
        let array = column.finish();
        assert_eq!(array.iter().flatten().collect::<Vec<_>>(), texts);
        assert_eq!(array.data_buffers()[0].len(), 3 * texts[0].len());
    }
}
