//! Tables of text: separated values, and JSON a value a line or in one array.

use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::csv;
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::error::ArrowError;
use arrow::json;

use crate::edifact::{skip_blanks, windows_1252};
use crate::split::json::value_end;

/// Separators of values, the likeliest first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// A quoted cell is not longer; what is has lost its closing quote.
const LONGEST_CELL: usize = 1 << 18;

/// One record of separated values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) range: Range<usize>,
    cells: usize,
    /// Ended by a line break and with all its quotes closed.
    whole: bool,
}

/// The record that begins at `at`, and where the next one begins.
fn record(text: &[u8], at: usize, separator: u8) -> (Record, usize) {
    let mut cells = 1;
    let mut pos = at;
    let mut fresh = true;
    let mut whole = true;
    let end = loop {
        let Some(b) = text.get(pos) else { break pos };
        match b {
            b'"' if fresh => {
                let close = closing(text, pos + 1);
                whole &= close.is_some();
                pos = close.unwrap_or(pos) + 1;
            }
            b'\n' | b'\r' => break pos,
            b => {
                if *b == separator {
                    cells += 1;
                }
                fresh = *b == separator;
                pos += 1;
                continue;
            }
        }
        fresh = false;
    };
    let next = match text.get(end..) {
        Some([b'\r', b'\n', ..]) => end + 2,
        Some([_, ..]) => end + 1,
        _ => end,
    };
    (Record { range: at..end, cells, whole: whole && next > end }, next)
}

/// The quote that closes a cell; two of them stand for one in it.
fn closing(text: &[u8], mut at: usize) -> Option<usize> {
    let limit = text.len().min(at.saturating_add(LONGEST_CELL));
    loop {
        at += memchr::memchr(b'"', text.get(at..limit)?)?;
        if text.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// All records that are not blank.
fn records(text: &[u8], separator: u8) -> impl Iterator<Item = Record> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let (record, next) = record(text, at, separator);
            at = next;
            if !text[record.range.clone()].trim_ascii().is_empty() {
                return Some(record);
            }
        }
        None
    })
}

/// End of the last row that is complete in a table of text, whatever its separator.
pub(crate) fn last_row(text: &[u8]) -> Option<usize> {
    let separator = separator(text)?;
    let mut at = 0;
    let mut cut = None;
    while at < text.len() {
        let (record, next) = record(text, at, separator);
        if record.whole {
            cut = Some(next);
        }
        at = next;
    }
    cut.filter(|at| *at > 0)
}

/// The separator of a table: that by which its first rows have the same number of cells, more than one.
pub(crate) fn separator(text: &[u8]) -> Option<u8> {
    let start = skip_blanks(text, 0);
    let head = &text[start..text.len().min(start + (1 << 16))];
    SEPARATORS.into_iter().find(|separator| {
        let first: Vec<Record> = records(head, *separator).take(8).collect();
        // The last one may be cut.
        let sure = if first.len() > 2 { &first[..first.len() - 1] } else { &first[..] };
        let cells = sure.first().map_or(0, |r| r.cells);
        let same = sure.iter().filter(|r| r.cells == cells).count();
        cells > 1 && first.len() > 1 && same * 4 >= sure.len() * 3
    })
}

/// Whether the text is certainly a table, also where other messages stand beside it: several rows of
/// three cells or more.
pub(crate) fn is_large_table(text: &[u8]) -> bool {
    separator(text).is_some_and(|separator| {
        let rows: Vec<Record> = records(text, separator).take(4).collect();
        rows.len() > 2 && rows.iter().take(3).all(|r| r.cells > 2 && r.cells == rows[0].cells)
    })
}

/// The header of a table: its separator, the names of its columns, and where the first row begins.
pub(crate) struct Header {
    separator: u8,
    pub(crate) names: Vec<String>,
    pub(crate) end: usize,
}

/// Reads the first record as a header. `None` where it cannot be one.
pub(crate) fn header(text: &[u8]) -> Option<Header> {
    let start = skip_blanks(text, 0);
    let head = text.get(start..text.len().min(start + (1 << 16)))?;
    let line = match memchr::memchr2(b'\n', b'\r', head) {
        Some(end) => &head[..end],
        // A longer one is no header.
        None if start + head.len() < text.len() => return None,
        None => head,
    };
    let separator = SEPARATORS.into_iter().max_by_key(|s| {
        let cells = record(line, 0, *s).0.cells;
        // Of several the first wins.
        (cells, std::cmp::Reverse(SEPARATORS.iter().position(|x| x == s)))
    })?;
    let (record, next) = record(text, start, separator);
    let text = std::str::from_utf8(text.get(record.range.clone())?).ok()?;
    let mut names = Vec::with_capacity(record.cells);
    let mut at = 0;
    let bytes = text.as_bytes();
    while at <= bytes.len() {
        let end = if bytes.get(at) == Some(&b'"') {
            let close = closing(bytes, at + 1)?;
            names.push(text[at + 1..close].replace("\"\"", "\"").trim().to_owned());
            close + 1
        } else {
            let end = memchr::memchr(separator, &bytes[at..]).map_or(bytes.len(), |i| at + i);
            names.push(text[at..end].trim().to_owned());
            end
        };
        if end < bytes.len() && bytes[end] != separator {
            return None;
        }
        at = end + 1;
    }
    (names.len() == record.cells && names.len() > 1).then_some(Header { separator, names, end: next })
}

/// Columns of a table, with where each row stands in the text.
pub(crate) struct Parsed {
    pub(crate) columns: Vec<(FieldRef, ArrayRef)>,
    pub(crate) rows: Vec<Range<usize>>,
    /// Records that are no rows.
    pub(crate) bad: Vec<Range<usize>>,
    /// Whether bytes were not UTF-8.
    pub(crate) recoded: bool,
}

impl Parsed {
    fn of(batch: &RecordBatch, rows: Vec<Range<usize>>, bad: Vec<Range<usize>>, recoded: bool) -> Self {
        let columns = batch.schema_ref().fields().iter().cloned().zip(batch.columns().iter().cloned()).collect();
        Self { columns, rows, bad, recoded }
    }
}

/// The text of some records behind each other, as UTF-8.
fn joined(text: &[u8], rows: &[Range<usize>]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(rows.iter().map(|r| r.len() + 1).sum());
    let mut recoded = false;
    for row in rows {
        let bytes = &text[row.clone()];
        if std::str::from_utf8(bytes).is_ok() {
            out.extend_from_slice(bytes);
        } else {
            recoded = true;
            let mut buffer = [0; 4];
            for b in bytes {
                out.extend_from_slice(windows_1252(*b).encode_utf8(&mut buffer).as_bytes());
            }
        }
        out.push(b'\n');
    }
    (out, recoded)
}

/// The same for JSON, a value a line: a line break in a value is a blank.
fn flat(text: &[u8], values: &[Range<usize>]) -> (Vec<u8>, bool) {
    let breaks = |v: &Range<usize>| memchr::memchr2(b'\n', b'\r', &text[v.clone()]).is_some();
    if !values.iter().any(breaks) {
        return joined(text, values);
    }
    let (mut out, mut recoded) = (Vec::new(), false);
    for value in values {
        let blank = |b: &u8| if matches!(b, b'\n' | b'\r') { b' ' } else { *b };
        let line: Vec<u8> = text[value.clone()].iter().map(blank).collect();
        let (line, one) = joined(&line, std::slice::from_ref(&(0..line.len())));
        out.extend_from_slice(&line);
        recoded |= one;
    }
    (out, recoded)
}

/// Reads the rows behind a header. All columns are texts.
pub(crate) fn separated(text: &[u8], header: &Header, from: usize) -> Result<Parsed, ArrowError> {
    let (mut rows, mut bad) = (Vec::new(), Vec::new());
    for record in records(&text[from..], header.separator) {
        let range = from + record.range.start..from + record.range.end;
        // The last row needs no line break, but all its quotes.
        let sound = record.whole || range.end == text.len() && closes(&text[range.clone()], header.separator);
        if record.cells == header.names.len() && sound { rows.push(range) } else { bad.push(range) }
    }
    let fields: Vec<Field> = header.names.iter().map(|n| Field::new(n, DataType::Utf8View, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let (body, recoded) = joined(text, &rows);
    let mut decoder = csv::ReaderBuilder::new(Arc::clone(&schema))
        .with_delimiter(header.separator)
        .with_batch_size(rows.len().max(1))
        .build_decoder();
    let mut at = 0;
    while at < body.len() {
        let n = decoder.decode(&body[at..])?;
        if n == 0 {
            break;
        }
        at += n;
    }
    let batch = decoder.flush()?.unwrap_or_else(|| RecordBatch::new_empty(schema));
    if batch.num_rows() != rows.len() {
        return Err(ArrowError::CsvError("rows differ".to_owned()));
    }
    Ok(Parsed::of(&batch, rows, bad, recoded))
}

/// Whether all quotes of a record are closed.
fn closes(record_text: &[u8], separator: u8) -> bool {
    let mut text = record_text.to_vec();
    text.push(b'\n');
    record(&text, 0, separator).0.whole
}

/// Reads JSON: the values of an array, or one a line.
pub(crate) fn objects(text: &[u8]) -> Result<Parsed, ArrowError> {
    let (all, mut bad) = values(text);
    let infer = |body: &[u8]| json::reader::infer_json_schema(Cursor::new(body), None).map(|(schema, _)| schema);
    let mut rows = all;
    let (mut body, mut recoded) = flat(text, &rows);
    let schema = if let Ok(schema) = infer(&body) {
        schema
    } else {
        // Which of them cannot be read?
        let (good, broken): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| infer(&flat(text, std::slice::from_ref(row)).0).is_ok());
        rows = good;
        bad.extend(broken);
        bad.sort_by_key(|r| r.start);
        (body, recoded) = flat(text, &rows);
        match (infer(&body), rows.first()) {
            (Ok(schema), _) => schema,
            // They contradict each other: the first one counts.
            (Err(_), Some(first)) => infer(&flat(text, std::slice::from_ref(first)).0)?,
            (Err(e), None) => return Err(e),
        }
    };
    let schema = Arc::new(schema);
    if rows.is_empty() || schema.fields().is_empty() {
        bad.extend(rows);
        bad.sort_by_key(|r| r.start);
        return Ok(Parsed { columns: Vec::new(), rows: Vec::new(), bad, recoded });
    }
    let decode = |body: &[u8], rows: usize| {
        let mut decoder = json::ReaderBuilder::new(Arc::clone(&schema))
            .with_batch_size(rows.max(1))
            .with_coerce_primitive(true)
            .with_ignore_type_conflicts(true)
            .build_decoder()?;
        let mut at = 0;
        while at < body.len() {
            let n = decoder.decode(&body[at..])?;
            if n == 0 {
                break;
            }
            at += n;
        }
        let batch = decoder.flush()?.unwrap_or_else(|| RecordBatch::new_empty(Arc::clone(&schema)));
        if batch.num_rows() == rows { Ok(batch) } else { Err(ArrowError::JsonError("rows differ".to_owned())) }
    };
    let batch = if let Ok(batch) = decode(&body, rows.len()) {
        batch
    } else {
        let one = |row: &Range<usize>| decode(&flat(text, std::slice::from_ref(row)).0, 1).is_ok();
        let (good, broken): (Vec<_>, Vec<_>) = rows.into_iter().partition(one);
        rows = good;
        bad.extend(broken);
        bad.sort_by_key(|r| r.start);
        decode(&flat(text, &rows).0, rows.len())?
    };
    Ok(Parsed::of(&batch, rows, bad, recoded))
}

/// Where the objects stand, and what is none.
fn values(text: &[u8]) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let start = skip_blanks(text, 0);
    let in_array = text.get(start) == Some(&b'[');
    let mut at = if in_array { start + 1 } else { start };
    let gap = |at: usize| {
        let mut at = skip_blanks(text, at);
        while in_array && text.get(at) == Some(&b',') {
            at = skip_blanks(text, at + 1);
        }
        at
    };
    at = gap(at);
    while at < text.len() {
        if in_array && text[at] == b']' && skip_blanks(text, at + 1) >= text.len() {
            break;
        }
        let line_end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |i| at + i);
        // An object may go over several lines, unless a line of its own begins in it.
        match value_end(&text[at..]).filter(|_| text[at] == b'{') {
            Some(len) if at + len <= line_end || in_array || !inner_object(&text[at..at + len]) => {
                good.push(at..at + len);
                at += len;
            }
            _ => {
                let end = at + text[at..line_end].trim_ascii_end().len().max(1);
                bad.push(at..end);
                at = line_end.max(end);
            }
        }
        at = gap(at);
    }
    (good, bad)
}

/// Whether a line inside of a value begins as a row would: the value lost its end.
fn inner_object(value: &[u8]) -> bool {
    memchr::memmem::find(value, b"\n{\"").is_some()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::AsArray;

    use super::*;

    #[test]
    fn cells_with_quotes_and_breaks() {
        let text = "\u{feff}id;\"na;me\"\r\n1;\"a\"\"b\r\nc\"\r\n\r\n2;x;y\r\n3;\"open\r\n4;z";
        let header = header(text.as_bytes()).unwrap();
        assert_eq!((header.separator, header.names.as_slice()), (b';', &["id".to_owned(), "na;me".to_owned()][..]));
        let parsed = separated(text.as_bytes(), &header, header.end).unwrap();
        assert_eq!(parsed.columns[1].1.as_string_view().iter().collect::<Vec<_>>(), [Some("a\"b\r\nc"), Some("z")]);
        assert_eq!(parsed.bad.iter().map(|r| &text[r.clone()]).collect::<Vec<_>>(), ["2;x;y", "3;\"open"]);
    }

    #[test]
    fn json_in_every_shape() {
        for (text, rows, bad) in [
            ("{\"a\":1}\n{\"a\":\"x\"}\n", 2, 0),
            ("[{\"a\":1},\n {\"a\":2}]", 2, 0),
            ("{\n \"a\": {\"b\": [1]}\n}", 1, 0),
            ("{\"a\":1}\n{\"a\":\n{\"a\":3}\n", 2, 1),
            ("{\"a\":1}\n{a:2}\n{\"a\":3}\n", 2, 1),
            ("[1,2]", 0, 1),
        ] {
            let parsed = objects(text.as_bytes()).unwrap();
            assert_eq!((parsed.rows.len(), parsed.bad.len()), (rows, bad), "{text}");
        }
    }

    #[test]
    fn rows_are_cut_where_they_end() {
        let text = b"a,b\n1,\"x\ny\"\n2,z";
        assert_eq!(last_row(text), Some(12));
        assert_eq!(separator(text), Some(b','));
        assert_eq!(separator(b"no table\nat all\n"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_rows_or_bad_ones(text in "[a-c,;\"\n\r{}:\\[\\] é1]{0,80}") {
            let text = format!("a,b\n{text}");
            let header = header(text.as_bytes()).unwrap();
            let parsed = separated(text.as_bytes(), &header, header.end).unwrap();
            let seen: usize = parsed.rows.iter().chain(&parsed.bad).map(|r| text[r.clone()].trim().len()).sum();
            let _ = objects(&text.as_bytes()[header.end..]);
            proptest::prop_assert!(seen <= text.len());
        }
    }
}
