//! Addresses (ADD) and the contacts and payers in free text (IFT). The rest of free text is dropped.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::super::edifact::{Reader, Slice};
use super::super::interchange::Sink;
use super::super::sensitive;
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
        let kind = match reader.field(element, 0) {
            // Purpose codes: 700 billing, 701 home or work, 702 contact.
            b"700" => "BA",
            _ => "AD",
        };
        let mut parts = [Slice::default(); 8];
        let mut used = 0;
        for component in 1..reader.components(element).min(16) {
            let text = reader.get(element, component);
            if text.is_empty() {
                continue;
            }
            if component >= 7 && phones(reader, m, text) {
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
    let payer = reader.field(1, 0) == b"4" && reader.field(1, 1) == b"43";
    for element in 2..reader.elements() {
        for component in 0..reader.components(element) {
            if sensitive::find(reader.field(element, component)).is_some() {
                sink.out.counts.sensitive_dropped += 1;
                return;
            }
        }
    }
    if payer {
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
    let end = bytes.iter().position(|b| *b == b' ').unwrap_or(bytes.len());
    let value = value.first(end);
    if !reader.bytes(value).windows(2).any(|w| matches!(w, b"//" | b".." | b"./")) {
        return value;
    }
    reader.keep_mapped(value, |bytes, out| {
        let mut rest = bytes;
        while let Some(at) = memchr::memchr2(b'/', b'.', rest) {
            let (byte, step) = match rest[at..] {
                [b'/', b'/', ..] => (b'@', 2),
                [b'.', b'.', ..] => (b'_', 2),
                [b'.', b'/', ..] => (b'-', 2),
                [mark, ..] => (mark, 1),
                [] => break,
            };
            out.extend_from_slice(&rest[..at]);
            out.push(byte);
            rest = &rest[at + step..];
        }
        out.extend_from_slice(rest);
    })
}
