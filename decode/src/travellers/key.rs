//! Keys that join a record to later ones of the same person on the flight. They are made when a message ends, out of
//! the columns: most persons need only one of them.

use std::fmt::Write as _;

use super::super::columns::{PersonTexts, TextColumn};
use super::super::dates;
use super::super::short::capitals;
use super::Pending;

/// Appends text in upper case.
fn push_upper(out: &mut String, text: &str) {
    if text.is_ascii() {
        let from = out.len();
        out.push_str(text);
        out[from..].make_ascii_uppercase();
    } else {
        out.extend(text.chars().flat_map(char::to_uppercase));
    }
}

fn push(out: &mut String, column: &TextColumn, row: usize, upper: bool) {
    let text = column.bytes_of(row);
    let text = std::str::from_utf8(text.bytes()).unwrap_or_default();
    if upper { push_upper(out, text) } else { out.push_str(text) }
}

impl PersonTexts {
    /// Writes the key of the person of a row: the document, if no other holds it (`alone`), else name and birth date,
    /// else the reservation and the place in the list.
    pub(super) fn write_key(&self, row: usize, person: &Pending, alone: bool, birth: Option<i32>, out: &mut String) {
        if alone && person.document.is_some() {
            out.push_str("D:");
            push(out, &self.document_issuer, row, false);
            out.push('/');
            push(out, &self.document_number, row, true);
        } else if !self.write_name(row, birth, out) {
            out.push_str("O:");
            push(out, &self.pnr_locator, row, false);
            let _ = write!(out, "/{}", person.ordinal);
        }
    }

    /// The key of a document whose issuer and number are short and ASCII, as nearly all are: its bytes, the first lowest,
    /// and how many they are.
    #[inline]
    pub(super) fn document_key(&self, row: usize) -> Option<([u128; 2], usize)> {
        const BEYOND: u128 = u128::from_le_bytes([0x80; 16]);
        let ((issuer, before), (number, len)) = (self.document_issuer.short_of(row)?, self.document_number.short_of(row)?);
        if (number | issuer) & BEYOND != 0 {
            return None;
        }
        let start = u128::from(u16::from_le_bytes(*b"D:")) | issuer << 16 | u128::from(b'/') << (16 + 8 * before);
        let number = capitals(number);
        // Three bytes at least stand in front of the number, and fifteen at most.
        let by = 24 + 8 * before;
        Some(([start | number << by, number >> (128 - by)], 3 + before + len))
    }

    /// Writes name and birth date of the person of a row; false where either is missing.
    pub(super) fn write_name(&self, row: usize, birth: Option<i32>, out: &mut String) -> bool {
        let from = out.len();
        let Some(day) = birth else { return false };
        out.push_str("N:");
        push(out, &self.surname, row, true);
        out.push('/');
        push(out, &self.given_names, row, true);
        if out.len() == from + 3 {
            out.truncate(from);
            return false;
        }
        out.push('/');
        dates::write_day(day, out);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let mut texts = PersonTexts::default();
        for (row, issuer, number, locator) in [
            (0, "CAN", "ab123456", ""),
            (1, "", "AB1234567890123", ""),
            (2, "Ivoria", "ß1", ""),
            (3, "", "", "LOC"),
            (4, "", "", ""),
        ] {
            texts.document_issuer.set(row, issuer);
            texts.document_number.set(row, number);
            texts.pnr_locator.set(row, locator);
        }
        texts.surname.set(4, "Müller");
        let of = |row: usize, document: bool, alone: bool, birth: Option<i32>| {
            let mut key = String::new();
            let pending = Pending { ordinal: 7, message_at: 0, document: document.then_some(1) };
            texts.write_key(row, &pending, alone, birth, &mut key);
            if let (Some((bytes, len)), true) = (texts.document_key(row), document && alone) {
                let bytes = bytes.map(u128::to_le_bytes);
                assert_eq!(&bytes.as_flattened()[..len], key.as_bytes());
            } else {
                assert!(row > 0 || !alone);
            }
            key
        };
        assert_eq!(of(0, true, true, Some(0)), "D:CAN/AB123456");
        assert_eq!(of(1, true, true, None), "D:/AB1234567890123");
        assert_eq!(of(2, true, true, None), "D:Ivoria/SS1");
        assert_eq!(of(3, false, true, Some(0)), "O:LOC/7");
        assert_eq!(of(0, true, false, None), "O:/7");
        assert_eq!(of(4, true, false, Some(0)), "N:MÜLLER//1970-01-01");
    }
}
