use std::borrow::Cow;
use std::io::{Cursor, SeekFrom};

use csv::{ByteRecord, Position, Reader, ReaderBuilder};

/// A field longer than this that holds line ends is an unclosed quote, not a field.
const LONGEST_FIELD: usize = 64 * 1024;

/// Rows of a CSV file in memory. A quote that is never closed costs its own line only: the
/// reader goes back and takes up again on the line after it.
pub(super) struct Rows<'a> {
    bytes: &'a [u8],
    reader: Reader<Cursor<&'a [u8]>>,
    cells: usize,
    delimiter: u8,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    /// Line in the file, from one.
    pub(super) line: u64,
    /// An unclosed quote was found; the record holds what stands on that line.
    pub(super) broken: bool,
}

impl<'a> Rows<'a> {
    /// Rows of `cells` cells each; other rows come as they are.
    pub(super) fn new(bytes: &'a [u8], cells: usize) -> Self {
        Self::separated_by(bytes, cells, b',')
    }

    /// The same with another mark than a comma between cells.
    pub(super) fn separated_by(bytes: &'a [u8], cells: usize, delimiter: u8) -> Self {
        let reader = builder(delimiter).from_reader(Cursor::new(content(bytes)));
        Self { bytes: content(bytes), reader, cells, delimiter }
    }

    /// Reads the next row into `record`; `None` at the end.
    pub(super) fn next(&mut self, record: &mut ByteRecord) -> Option<Row> {
        // Bytes in memory cannot fail to be read, and rows of any length are let through.
        if !self.reader.read_byte_record(record).unwrap_or(false) {
            return None;
        }
        let position = record.position();
        let (mut byte, mut line) = (position.map_or(0, Position::byte) as usize, position.map_or(0, Position::line));
        // The position is where the last row ended, which is in the middle of CRLF.
        while let Some(end @ (b'\r' | b'\n')) = self.bytes.get(byte) {
            line += u64::from(*end == b'\n');
            byte += 1;
        }
        if memchr::memchr(b'\n', record.as_slice()).is_none() {
            return Some(Row { line, broken: false });
        }
        let rest = self.bytes.get(byte..).unwrap_or_default();
        let raw = &rest[..(self.reader.position().byte() as usize).saturating_sub(byte).min(rest.len())];
        let closed = memchr::memchr_iter(b'"', raw).count().is_multiple_of(2);
        if closed && record.len() == self.cells && record.iter().all(|cell| cell.len() <= LONGEST_FIELD) {
            return Some(Row { line, broken: false });
        }
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let mut after = Position::new();
        after.set_byte((byte + (end + 1).min(rest.len())) as u64).set_line(line + 1);
        let alone = builder(self.delimiter).from_reader(&rest[..end]).read_byte_record(record);
        if self.reader.seek_raw(SeekFrom::Start(after.byte()), after.clone()).is_err() || !alone.unwrap_or(false) {
            return None;
        }
        Some(Row { line, broken: true })
    }
}

fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter);
    builder
}

/// The file without byte order mark and without the DOS end mark (^Z) that closes old exports.
pub(super) fn content(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    while let [rest @ .., 0x1a | b'\r' | b'\n'] = bytes {
        bytes = rest;
    }
    bytes
}

/// A cell as text: UTF-8, or Windows-1252 (which Latin-1 is a part of) where it is none.
pub(super) fn text(cell: &[u8]) -> Cow<'_, str> {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“',
        '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match std::str::from_utf8(cell) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(
            cell.iter()
                .map(|byte| match byte {
                    0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
                    byte => char::from(*byte),
                })
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8], cells: usize) -> Vec<(u64, bool, Vec<String>)> {
        let (mut rows, mut record, mut out) = (Rows::new(bytes, cells), ByteRecord::new(), vec![]);
        while let Some(row) = rows.next(&mut record) {
            out.push((row.line, row.broken, record.iter().map(|c| text(c).into_owned()).collect()));
        }
        out
    }

    fn row(line: u64, broken: bool, cells: &[&str]) -> (u64, bool, Vec<String>) {
        (line, broken, cells.iter().map(|c| (*c).to_owned()).collect())
    }

    #[test]
    fn lines_marks_and_encodings() {
        assert_eq!(
            all(b"\xef\xbb\xbf1,a\r\n\r\n2,\"b\r\nc\"\r\n3,\xc9 \x97\r\n\x1a", 2),
            [row(1, false, &["1", "a"]), row(3, false, &["2", "b\r\nc"]), row(5, false, &["3", "É —"])]
        );
        assert_eq!(all(b"1,\xc3\x89\n2,b", 2), [row(1, false, &["1", "É"]), row(2, false, &["2", "b"])]);
        assert_eq!(all(b"\x1a", 2), []);
    }

    #[test]
    fn an_unclosed_quote_costs_one_line() {
        assert_eq!(
            all(b"1,a\n2,\"b\n3,c\n4,d\n", 2),
            [row(1, false, &["1", "a"]), row(2, true, &["2", "b"]), row(3, false, &["3", "c"]), row(4, false, &["4", "d"])]
        );
        assert_eq!(
            all(b"1,a\r\n2,\"b,c\r\n3,\"d\"\r\n4,e\r\n", 2),
            [row(1, false, &["1", "a"]), row(2, true, &["2", "b,c\r"]), row(3, false, &["3", "d"]), row(4, false, &["4", "e"])]
        );
    }

    proptest! {
        #[test]
        fn every_row_that_was_written_is_read(rows in prop::collection::vec(prop::collection::vec("[a-z ,\"'\n]{1,6}", 3), 1..8)) {
            let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(vec![]);
            for row in &rows {
                prop_assert!(writer.write_record(row).is_ok());
            }
            let bytes = writer.into_inner().unwrap_or_default();
            let read: Vec<_> = all(&bytes, 3).into_iter().map(|(_, broken, cells)| (broken, cells)).collect();
            prop_assert_eq!(read, rows.into_iter().map(|cells| (false, cells)).collect::<Vec<_>>());
        }

        #[test]
        fn no_bytes_hang_or_panic(bytes in prop::collection::vec(prop::sample::select(b"\"\n\r,a\x1a\xff".to_vec()), 0..60)) {
            let ends = bytes.iter().filter(|b| matches!(b, b'\n' | b'\r')).count();
            prop_assert!(all(&bytes, 3).len() <= ends + 1);
        }
    }
}
