//! Cuts a stream of bytes where an interchange or a document begins, so that a large file can be read in chunks
//! and its pieces decoded side by side.

use memchr::memmem;

use super::detect::{self, Format};
use super::edifact::skip_blanks;
use super::neutral::text;
use super::split::{self, telex};

/// Offset at which the last message, document or line of its own in `buf` begins, if that is not
/// the start of `buf`: an interchange with its UNA, an XML document, a telegram with its heading.
/// Everything before it is whole and can be handed on with the dirt around it; the rest waits for
/// more bytes. `None`: no cut is possible yet.
pub fn last_boundary(buf: &[u8]) -> Option<usize> {
    // Most messages are short: the last one begins near the end.
    for window in [1 << 16, 1 << 20] {
        if let Some(from) = buf.len().checked_sub(window)
            && let Some(at) = last_start(&buf[from..]).filter(|at| *at > BEFORE)
        {
            return Some(from + at);
        }
    }
    let first = skip_blanks(buf, 0);
    let cut = last_start(buf).filter(|at| *at > first);
    cut.or_else(|| split::last_document(buf)).filter(|at| *at > first)
}

/// Bytes in front of a start that may belong to it: a UNA, the heading of a telegram.
const BEFORE: usize = 4096;

fn last_start(buf: &[u8]) -> Option<usize> {
    let last = [last_interchange(buf), last_x12(buf), last_declaration(buf), telex::last_header(buf), telex::last_app(buf)];
    last.into_iter().flatten().max()
}

/// End of the last row that is complete in a table of text.
pub fn last_row(buf: &[u8]) -> Option<usize> {
    text::last_row(buf)
}

/// Length of the header of a table of separated values, where the bytes begin with one and hold
/// nothing else: what follows in later pieces cannot be read without it.
pub fn table_header(buf: &[u8]) -> Option<usize> {
    let is_table = detect::outside(buf) == Format::Csv && !split::Splitter::new(buf).any();
    is_table.then(|| text::header(buf)).flatten().map(|header| header.end)
}

fn last_x12(buf: &[u8]) -> Option<usize> {
    memmem::rfind_iter(buf, b"ISA").find(|at| split::x12::begins_interchange(buf, *at))
}

/// The last XML declaration with a document behind it.
fn last_declaration(buf: &[u8]) -> Option<usize> {
    memmem::rfind_iter(buf, b"<?xml").find(|at| split::stands_free(buf, *at) && split::xml::begins(buf, *at))
}

fn last_interchange(buf: &[u8]) -> Option<usize> {
    let mut end = buf.len();
    let mut at = None;
    while let Some(found) = memmem::rfind(&buf[..end], b"UNB") {
        if begins_interchange(buf, found) {
            at = Some(found);
            break;
        }
        // Bytes of this find may begin another one.
        end = found + 2;
    }
    // Behind it there may be one that a hard wrap cuts through.
    let behind = at.map_or(0, |at| at + 3);
    let wrapped = service_tags(&buf[behind..], b'B').into_iter().rfind(|i| begins_interchange(buf, behind + i));
    wrapped.map(|i| behind + i).or(at).map(|at| with_una(buf, at))
}

/// The offsets at which interchanges begin, in order.
pub(super) fn starts(buf: &[u8]) -> Vec<usize> {
    let mut found = service_tags(buf, b'B');
    found.retain(|at| begins_interchange(buf, *at));
    for at in &mut found {
        *at = with_una(buf, *at);
    }
    found.dedup();
    found
}

/// The ways to find a service tag: whole, or with a line break in it.
fn spellings(letter: u8) -> [([u8; 3], usize); 5] {
    [([b'U', b'N', letter], 3), (*b"U\n ", 2), (*b"U\r ", 2), (*b"UN\n", 3), (*b"UN\r", 3)]
}

/// Offsets of UNB, UNH and their like, also where a hard wrap cuts through them.
pub(super) fn service_tags(buf: &[u8], letter: u8) -> Vec<usize> {
    let mut found = Vec::new();
    for (spelling, len) in spellings(letter) {
        found.extend(
            memmem::find_iter(buf, &spelling[..len]).filter(|at| unwrapped(&buf[*at..]).take(3).eq([b'U', b'N', letter])),
        );
    }
    found.sort_unstable();
    found
}

/// Bytes without line breaks.
pub(super) fn unwrapped(buf: &[u8]) -> impl Iterator<Item = u8> + '_ {
    buf.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n'))
}

/// Whether the text at `at` is a UNB and a header, no part of some word: a separator, the four
/// letters of the syntax identifier, a separator and its version follow.
pub(super) fn begins_interchange(buf: &[u8], at: usize) -> bool {
    let mut rest = unwrapped(&buf[at..]);
    if !rest.by_ref().take(3).eq(*b"UNB") {
        return false;
    }
    let mut rest = rest.skip_while(|b| *b == b' ');
    let separator = |b: Option<u8>| b.is_some_and(|b| !b.is_ascii_alphanumeric() && b < 0x80 && b != b' ');
    if !separator(rest.next()) {
        return false;
    }
    for _ in 0..4 {
        if !rest.next().is_some_and(|b| b.is_ascii_alphanumeric()) {
            return false;
        }
    }
    separator(rest.next()) && rest.next().is_some_and(|b| b.is_ascii_digit())
}

/// Start of the UNA that belongs to the UNB at `at`, else `at`.
pub(super) fn with_una(buf: &[u8], at: usize) -> usize {
    // Backwards over the separators and the blanks behind them to the letter A.
    let mut marks = 0;
    let mut una =
        buf[..at].iter().enumerate().rev().filter(|(_, b)| !matches!(b, b'\r' | b'\n')).take(24).skip_while(|(_, b)| {
            let mark = !b.is_ascii_alphanumeric();
            marks += usize::from(mark && **b > b' ');
            mark
        });
    let (Some((_, b'A')), Some((_, b'N')), Some((start, b'U'))) = (una.next(), una.next(), una.next()) else { return at };
    drop(una);
    if (3..=9).contains(&marks) { start } else { at }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "UNA:+.? '\r\nUNB+UNOA:4+A+B+200101:1200+1'UNZ+0+1'";
    const B: &str = "UNB+IATA:1+A+B+200101:1200+2'UNZ+0+2'";

    #[test]
    fn cuts_at_the_last_interchange() {
        let text = format!("{A}\n\nEmail secured\n{A}footer {B}\n");
        assert_eq!(last_boundary(text.as_bytes()), text.rfind("UNB+IATA"));
        let text = format!("{B}QD ADDR\n.HDQ 130631\n{A}");
        assert_eq!(last_boundary(text.as_bytes()), text.find("UNA"));
        assert_eq!(starts(text.as_bytes()), [0, text.find("UNA").unwrap_or_default()]);
    }

    #[test]
    fn nothing_to_cut() {
        assert_eq!(last_boundary(A.as_bytes()), None);
        assert_eq!(last_boundary(format!("\r\n  {A}").as_bytes()), None);
        assert_eq!(last_boundary(b""), None);
        assert_eq!(last_boundary(b"name,UNB\nBRUNBERG,TUNBRIDGE+WELLS\n"), None);
    }

    #[test]
    fn the_last_start_is_found_however_far_it_lies() {
        let message = |len: usize| format!("UNB+UNOA:4+A+B+200101:1200+1'FTX+{}'UNZ+0+1'", "X".repeat(len));
        for len in [10, 60_000, 70_000, 1_100_000] {
            let text = format!("{A}\n{}\n{}", message(3_000), message(len));
            assert_eq!(last_boundary(text.as_bytes()), text.rfind("UNB"), "{len}");
        }
    }

    #[test]
    fn a_header_that_is_cut_waits() {
        let text = format!("{A}UNA:+.? 'UNB+UNO");
        assert_eq!(last_boundary(text.as_bytes()), None);
    }

    #[test]
    fn a_wrap_inside_the_header() {
        let whole = format!("{B}{A}{B}").replace("\r\n", "");
        let second = B.len();
        for at in second..second + 20 {
            for wrap in ["\n", "\r\n"] {
                let text = format!("{}{wrap}{}", &whole[..at], &whole[at..]);
                let found = starts(text.as_bytes());
                let first = if at == second { second + wrap.len() } else { second };
                assert_eq!(found.len(), 3, "{text}");
                assert_eq!(found[1], first, "{text}");
                assert_eq!(last_boundary(&text.as_bytes()[..found[2]]), Some(first), "{text}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn a_cut_never_loses_an_interchange(parts in proptest::collection::vec(0_usize..4, 0..12)) {
            let text: String = parts.iter().map(|p| [A, B, "\ndirt UNB \n", "QD ADDR\n"][*p]).collect();
            let whole = starts(text.as_bytes()).len();
            if let Some(cut) = last_boundary(text.as_bytes()) {
                let (left, right) = text.as_bytes().split_at(cut);
                proptest::prop_assert_eq!(starts(left).len() + starts(right).len(), whole);
                proptest::prop_assert_eq!(starts(right).first().copied(), Some(0));
            }
        }
    }
}
