//! A waybill with its quantities: `020-12345675BRULAX/T6K120.0MC0.31`.

use super::super::air::{self, Awb};

/// What a line says of a waybill.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Consignment<'t> {
    /// Number as sent.
    pub(super) sent: &'t str,
    pub(super) awb: Awb,
    pub(super) origin: &'t str,
    pub(super) destination: &'t str,
    pub(super) quantity: Quantity,
    /// Text behind the quantities.
    pub(super) rest: &'t str,
}

impl<'t> Consignment<'t> {
    /// Reads a line from its first character on.
    pub(super) fn read(text: &'t str) -> Self {
        let (head, rest) = text.split_once('/').unwrap_or((text, ""));
        let head = head.trim_ascii();
        // The airports stand behind the last digit.
        let letters = head.bytes().rev().take_while(|b| !b.is_ascii_digit()).count();
        let (sent, ports) = head.split_at(head.len() - letters.min(head.len()));
        let ports = ports.trim_ascii();
        let (origin, destination) = if ports.len() == 6 && ports.is_ascii() { ports.split_at(3) } else { (ports, "") };
        let (detail, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let quantity = Quantity::read(detail.trim_ascii());
        Self { sent, awb: Awb::read(sent), origin, destination, quantity, rest }
    }
}

/// Pieces, weight and volume.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Quantity {
    /// Shipment description code: T, P, S, D or M.
    pub(super) code: u8,
    pub(super) pieces: Option<i64>,
    /// Pieces of the whole, where this is a part.
    pub(super) total: Option<i64>,
    pub(super) weight: Option<f64>,
    pub(super) volume: Option<f64>,
    pub(super) unreadable: bool,
}

impl Quantity {
    /// Reads `T4K245`, `P5K120MC0.5T10` or `T1L200DG3`.
    pub(super) fn read(text: &str) -> Self {
        let mut found = Self::default();
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let name_end = at + bytes[at..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
            let end = name_end + bytes[name_end..].iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b',')).count();
            let (Some(name), Some(value)) = (text.get(at..name_end), text.get(name_end..end)) else {
                found.unreadable = true;
                break;
            };
            if end == at {
                found.unreadable |= bytes[at] != b' ';
                at += 1;
                continue;
            }
            at = end;
            let readable = match name {
                "T" | "P" | "S" | "D" | "M" if found.code == 0 => {
                    found.code = name.as_bytes()[0];
                    found.pieces = air::count(value);
                    found.pieces.is_some()
                }
                "T" => {
                    found.total = air::count(value);
                    found.total.is_some()
                }
                "K" | "L" | "G" => {
                    found.weight = air::number(value).zip(air::kilograms(name)).map(|(n, factor)| n * factor);
                    found.weight.is_some()
                }
                "MC" | "CF" | "CC" | "CI" => {
                    found.volume = air::number(value).zip(air::cubic_metres(name)).map(|(n, factor)| n * factor);
                    found.volume.is_some()
                }
                // A group of density, from which a volume could only be guessed.
                "DG" => true,
                _ => false,
            };
            found.unreadable |= !readable;
        }
        found.unreadable |= found.code == 0;
        found
    }

    /// Word for how much of the waybill it is; nothing for the whole.
    pub(super) fn part(&self) -> &'static str {
        match self.code {
            b'T' => "total",
            b'P' => "part",
            b'S' => "split",
            b'D' => "divided",
            b'M' => "multi_part",
            _ => "",
        }
    }
}
