//! Addresses (ADD) and the contacts and payers in free text (IFT). The rest of free text is dropped.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::super::edifact::{Reader, Slice};
use super::super::interchange::Sink;
use super::super::sensitive;
use super::super::short;
use super::{Level, Message};

/// What texts with an address of a network say, and those with a contact.
static IP_ADDRESS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"IP ADDRESS"));
static CONTACT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"CTC"));

/// A run of bytes inside a slice.
fn part(whole: Slice, from: usize, to: usize) -> Slice {
    whole.first(to).skip(from)
}

/// ADD: addresses of the booking. `purpose:street:city:region code:region:country:postcode:text`, and the
/// text holds telephone numbers.
pub(super) fn addresses(reader: &mut Reader<'_, '_>, m: &mut Message) {
    for element in 1..reader.elements() {
        let [purpose, texts @ ..] = reader.element::<16>(element);
        let kind = match reader.bytes(purpose) {
            // Purpose codes: 700 billing, 701 home or work, 702 contact.
            b"700" => "BA",
            _ => "AD",
        };
        let mut parts = [Slice::default(); 8];
        let mut used = 0;
        for (at, text) in texts.into_iter().enumerate() {
            if text.is_empty() || (at >= 6 && phones(reader, m, text)) {
                continue;
            }
            if used < parts.len() {
                parts[used] = text;
                used += 1;
            }
        }
        if used > 0 {
            let address = reader.join_slices(&parts[..used], b", ");
            contacts(m).push((kind, address));
        }
    }
}

/// Contacts of the traveller at hand, else of the booking.
fn contacts(m: &mut Message) -> &mut Vec<(&'static str, Slice)> {
    match m.level {
        Level::Traveller(i) => &mut m.travellers[i].person.contacts,
        _ => &mut m.reservation.contacts,
    }
}

/// Takes telephone numbers out of a text: runs of digits of at least six, at times behind a letter
/// (`H5555555555 W 1 555 555 5555`, `EK CTC M 5432109876`). False where there is none.
fn phones(reader: &Reader<'_, '_>, m: &mut Message, text: Slice) -> bool {
    let bytes = reader.bytes(text);
    let mut found = false;
    let mut start: Option<usize> = None;
    let mut digits = 0;
    let mut end = 0;
    let list = contacts(m);
    let mut flush = |start: &mut Option<usize>, digits: &mut usize, end: usize| {
        if let Some(from) = start.take()
            && *digits >= 6
        {
            list.push(("TE", part(text, from, end)));
            found = true;
        }
        *digits = 0;
    };
    for (i, b) in bytes.iter().enumerate() {
        match b {
            b'0'..=b'9' => {
                start.get_or_insert(i);
                digits += 1;
                end = i + 1;
            }
            b'+' | b'(' => {
                if start.is_none() {
                    start = Some(i);
                }
            }
            b' ' | b'-' | b'.' | b')' | b'/' => {}
            _ => flush(&mut start, &mut digits, end),
        }
    }
    flush(&mut start, &mut digits, end);
    found
}

/// IFT: free text. Only these are read: contacts (`CTCE`, `CTCM`, `CTC M`, …) and addresses of networks
/// in other service information, and the payer (4:43). What else stands there is dropped unread.
pub(super) fn free_text(reader: &mut Reader<'_, '_>, m: &mut Message, sink: &mut Sink<'_, '_>) {
    let mut sensitive = false;
    reader.each(|element, _, text| {
        sensitive |= element > 1 && !text.is_empty() && sensitive::find(reader.bytes(text)).is_some();
    });
    if sensitive {
        sink.out.counts.sensitive_dropped += 1;
        return;
    }
    let [kind, subject] = reader.element(1);
    if reader.bytes(kind) == b"4" && reader.bytes(subject) == b"43" {
        let name = reader.get(2, 0);
        let contact = reader.join_slices(&[reader.get(3, 0), reader.get(4, 0)], b", ");
        let payments = match m.level {
            Level::Traveller(i) => &mut m.travellers[i].booked.payments,
            _ => &mut m.reservation.payments,
        };
        // The text follows the payments that it speaks of.
        for payment in payments.iter_mut().filter(|p| p.payer.is_empty()) {
            payment.payer = name;
            payment.payer_contact = contact;
        }
        return;
    }
    for element in 2..reader.elements() {
        let text = reader.get(element, 0);
        contact_text(reader, m, text);
    }
}

/// A text that may hold a contact: `CTCE NAME//HOST`, `YY CTCM 123`, `EK CTC M 123`.
pub(super) fn contact_text(reader: &mut Reader<'_, '_>, m: &mut Message, text: Slice) {
    let bytes = reader.bytes(text);
    if let Some(at) = IP_ADDRESS.find(bytes) {
        let from = at + bytes[at..].iter().position(u8::is_ascii_digit).unwrap_or(bytes.len() - at);
        if from < bytes.len() {
            contacts(m).push(("IP", text.skip(from)));
        }
        return;
    }
    let at = if bytes.starts_with(b"CTC") { Some(0) } else { CONTACT.find(bytes) };
    let Some(at) = at else { return };
    if at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
        return;
    }
    let mut from = at + 3;
    while bytes.get(from) == Some(&b' ') {
        from += 1;
    }
    let Some(kind) = bytes.get(from).copied() else { return };
    let alone = bytes.get(from + 1).is_none_or(|b| !b.is_ascii_alphanumeric());
    // `CTC 5551234`: no letter at all.
    let value = if kind.is_ascii_alphabetic() && alone { text.skip(from + 1) } else { text.skip(from) };
    contact(reader, m, if alone { kind } else { b'T' }, value);
}

/// A contact of a kind (the letter behind CTC).
pub(super) fn contact(reader: &mut Reader<'_, '_>, m: &mut Message, kind: u8, value: Slice) {
    match kind {
        b'E' => {
            let mail = mail(reader, value);
            if !mail.is_empty() {
                contacts(m).push(("EM", mail));
            }
        }
        // Refused.
        b'R' if !reader.bytes(value).iter().any(u8::is_ascii_digit) => {}
        b'F' => contacts(m).push(("FX", trimmed(reader, value))),
        _ => {
            phones(reader, m, value);
        }
    }
}

fn trimmed(reader: &Reader<'_, '_>, value: Slice) -> Slice {
    let blanks = reader.bytes(value).iter().take_while(|b| **b == b' ').count();
    value.skip(blanks)
}

/// A mail address as telegrams write it: `//` for @, `..` for _, `./` for -.
fn mail(reader: &mut Reader<'_, '_>, value: Slice) -> Slice {
    let value = trimmed(reader, value);
    let bytes = reader.bytes(value);
    let value = value.first(memchr::memchr(b' ', bytes).unwrap_or(bytes.len()));
    let bytes = reader.bytes(value);
    if bytes.len() <= 64 && pairs(bytes) == 0 {
        return value;
    }
    reader.keep_mapped(value, write_mail)
}

/// Bits of the bytes among the first 64 that begin a pair of marks.
fn pairs(bytes: &[u8]) -> u64 {
    let (slashes, dots) = (short::places(bytes, b'/'), short::places(bytes, b'.'));
    slashes & slashes >> 1 | dots & (dots | slashes) >> 1
}

/// Writes an address with the marks that pairs of them stand for.
fn write_mail(mut bytes: &[u8], out: &mut Vec<u8>) {
    loop {
        let (mut marks, mut from) = (pairs(bytes), 0);
        while marks != 0 {
            let at = marks.trailing_zeros() as usize;
            out.extend_from_slice(&bytes[from..at]);
            out.push(match &bytes[at..at + 2] {
                b"//" => b'@',
                b".." => b'_',
                _ => b'-',
            });
            from = at + 2;
            // Of three in a row the first two are a pair.
            marks &= u64::MAX.checked_shl(from as u32).unwrap_or(0);
        }
        if bytes.len() <= 64 {
            return out.extend_from_slice(&bytes[from..]);
        }
        // The last of them may begin a pair with the next one.
        let next = from.max(63);
        out.extend_from_slice(&bytes[from..next]);
        bytes = &bytes[next..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn addresses_by_bits_are_those_by_steps(text in "[ab/.]{0,200}") {
            let (mut want, mut rest) = (Vec::new(), text.as_bytes());
            while let [byte, behind @ ..] = rest {
                let (mark, taken) = match (byte, behind.first()) {
                    (b'/', Some(b'/')) => (b'@', 2),
                    (b'.', Some(b'.')) => (b'_', 2),
                    (b'.', Some(b'/')) => (b'-', 2),
                    _ => (*byte, 1),
                };
                want.push(mark);
                rest = &rest[taken..];
            }
            let mut written = Vec::new();
            write_mail(text.as_bytes(), &mut written);
            proptest::prop_assert_eq!(written, want);
        }
    }
}
