use std::borrow::Cow;

use csv::ByteRecord;
use hashbrown::HashMap;

use super::rows::{Row, Rows, text};

/// A header stands in one of the first rows: lists have a line with their date before it.
const HEADER_WITHIN: usize = 8;

/// A table with named columns, in whatever order they stand. Names count by their letters and
/// digits only: `D.O.B`, `dob` and `DOB` are one column.
pub(super) struct Table<'a> {
    rows: Rows<'a>,
    record: ByteRecord,
    columns: HashMap<String, usize, foldhash::fast::FixedState>,
    /// Cells of the rows before the header.
    pub(super) before: Vec<String>,
    width: usize,
}

impl<'a> Table<'a> {
    /// Finds the header: the first row that `is_header` says yes to, given plain column names.
    pub(super) fn open(bytes: &'a [u8], delimiter: u8, is_header: impl Fn(&[String]) -> bool) -> Option<Self> {
        let mut record = ByteRecord::new();
        let mut find = Rows::separated_by(bytes, 0, delimiter);
        let mut before = vec![];
        for skipped in 0..HEADER_WITHIN {
            find.next(&mut record)?;
            let names: Vec<String> = record.iter().map(|cell| plain(&text(cell))).collect();
            if is_header(&names) {
                let width = record.len();
                let mut rows = Rows::separated_by(bytes, width, delimiter);
                for _ in 0..=skipped {
                    rows.next(&mut record)?;
                }
                let mut columns = HashMap::default();
                for (at, name) in names.into_iter().enumerate() {
                    columns.entry(name).or_insert(at);
                }
                return Some(Self { rows, record, columns, before, width });
            }
            before.extend(record.iter().map(|cell| text(cell).trim().to_owned()));
        }
        None
    }

    /// Goes to the next row that is not blank.
    pub(super) fn next(&mut self) -> Option<Row> {
        loop {
            let row = self.rows.next(&mut self.record)?;
            if self.record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                return Some(row);
            }
        }
    }

    /// Whether the row has as many cells as the header, or fewer that are missing at its end.
    pub(super) fn too_long(&self) -> bool {
        self.record.len() > self.width && self.record.iter().skip(self.width).any(|cell| !cell.trim_ascii().is_empty())
    }

    /// The trimmed cell of the first of these columns that is there and not empty.
    pub(super) fn get(&self, names: &[&str]) -> Cow<'_, str> {
        for name in names {
            let cell = self.columns.get(*name).and_then(|at| self.record.get(*at)).unwrap_or_default().trim_ascii();
            if !cell.is_empty() {
                return text(cell);
            }
        }
        Cow::Borrowed("")
    }
}

/// A column name reduced to small letters and digits.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_header_after_a_line_with_a_date() {
        let bytes = b"Last Updated,03/06/2024\nName 6,D.O.B,\"Nationality(/ies)\"\n\n,,\nROE,1944,\"Chad\nMali\"\nDOE\n";
        let mut table = Table::open(bytes, b',', |names| names.iter().any(|n| n == "name6")).unwrap();
        assert_eq!(table.before, ["Last Updated", "03/06/2024"]);
        assert_eq!(table.next().map(|r| r.line), Some(5));
        assert_eq!(
            (&*table.get(&["name6"]), &*table.get(&["birth", "dob"]), &*table.get(&["nationalityies"])),
            ("ROE", "1944", "Chad\nMali")
        );
        assert_eq!(table.next().map(|r| r.line), Some(7));
        assert_eq!((&*table.get(&["name6"]), &*table.get(&["dob"]), table.too_long()), ("DOE", "", false));
        assert!(table.next().is_none());
    }
}
