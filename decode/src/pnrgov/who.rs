//! Whom a reference or a name means.

use super::super::edifact::{Reader, Slice, Texts};
use super::{Message, Traveller};

/// Text without the noughts in front.
fn significant(text: &[u8]) -> &[u8] {
    let zeros = text.iter().take_while(|b| **b == b'0').count();
    &text[zeros.min(text.len().saturating_sub(1))..]
}

/// The traveller of a reference.
pub(super) fn resolve(reader: &Reader<'_, '_>, m: &Message, reference: Slice) -> Option<usize> {
    if reference.is_empty() {
        return None;
    }
    let wanted = significant(reader.bytes(reference));
    let found = |t: &Traveller| {
        let reference = reader.bytes(t.booked.reference);
        !reference.is_empty() && significant(reference) == wanted
    };
    m.travellers[..m.used].iter().position(found)
}

pub(super) fn letters(text: &[u8]) -> impl Iterator<Item = u8> + '_ {
    text.iter().filter(|b| b.is_ascii_alphanumeric() || **b >= 0x80).map(u8::to_ascii_uppercase)
}

/// Whether one text begins with the other, blanks and marks aside.
pub(super) fn begins(a: &[u8], b: &[u8]) -> bool {
    let (mut a, mut b) = (letters(a), letters(b));
    loop {
        match (a.next(), b.next()) {
            (Some(x), Some(y)) if x == y => {}
            (Some(_), Some(_)) => return false,
            _ => return true,
        }
    }
}

/// How well a name fits a traveller: 2 surname and given name, 1 surname, 0 not. Given names agree where one
/// begins with the other, since titles stand behind them and bookings shorten them.
pub(in super::super) fn fits<T: Texts + ?Sized>(reader: &T, name: &[Slice; 5], surname: &[u8], given: &[u8]) -> u8 {
    let held = reader.bytes(name[0]);
    if letters(surname).next().is_none() || (held != surname && !letters(held).eq(letters(surname))) {
        return 0;
    }
    let first = reader.bytes(name[1]);
    // Nearly always as it stands.
    if let ([a, ..], [b, ..]) = (given, first)
        && a.is_ascii_alphanumeric()
        && b.is_ascii_alphanumeric()
        && (first.starts_with(given) || given.starts_with(first))
    {
        return 2;
    }
    if letters(given).next().is_none() && letters(first).next().is_none() {
        return 2;
    }
    let some = letters(given).next().is_some() && letters(first).next().is_some();
    1 + u8::from(some && begins(first, given))
}
