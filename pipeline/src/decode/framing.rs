//! Cuts a stream of bytes where an interchange begins, so that a large file can be read in chunks
//! and its pieces decoded side by side.

use memchr::memmem;

use super::edifact::skip_blanks;

/// Longest UNA with the blanks behind it that is looked for before a UNB.
const UNA_REACH: usize = 48;

/// Offset at which the last interchange in `buf` begins (its UNA where it has one), if that is not
/// the start of `buf`. Everything before it is whole interchanges with the dirt around them and can
/// be handed on; the rest waits for more bytes. `None`: no cut is possible yet; content that is not
/// EDIFACT is never cut.
pub fn last_boundary(buf: &[u8]) -> Option<usize> {
    let mut end = buf.len();
    while let Some(at) = memmem::rfind(&buf[..end], b"UNB") {
        if begins_interchange(buf, at) {
            let start = with_una(buf, at);
            if start > 0 && skip_blanks(buf, 0) < start {
                return Some(start);
            }
            return None;
        }
        // Bytes of this find may begin another one.
        end = at + 2;
    }
    None
}

/// The offsets at which interchanges begin, in order.
pub(super) fn starts(buf: &[u8]) -> impl Iterator<Item = usize> + '_ {
    memmem::find_iter(buf, b"UNB").filter(|at| begins_interchange(buf, *at)).map(|at| with_una(buf, at))
}

/// Whether the UNB at `at` is a header and not a part of some text: a separator, the four letters
/// of the syntax identifier, a separator and its version follow.
fn begins_interchange(buf: &[u8], at: usize) -> bool {
    let mut rest = buf[at + 3..].iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).skip_while(|b| *b == b' ');
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
fn with_una(buf: &[u8], at: usize) -> usize {
    let from = at.saturating_sub(UNA_REACH);
    let Some(una) = memmem::rfind(&buf[from..at], b"UNA").map(|i| from + i) else { return at };
    // Between both stand the separators alone.
    let between = &buf[una + 3..at];
    let marks = between.iter().filter(|b| **b > b' ').count();
    if (3..=9).contains(&marks) && !between.iter().any(u8::is_ascii_alphanumeric) { una } else { at }
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
        assert_eq!(starts(text.as_bytes()).collect::<Vec<_>>(), [0, text.find("UNA").unwrap_or_default()]);
    }

    #[test]
    fn nothing_to_cut() {
        assert_eq!(last_boundary(A.as_bytes()), None);
        assert_eq!(last_boundary(format!("\r\n  {A}").as_bytes()), None);
        assert_eq!(last_boundary(b""), None);
        assert_eq!(last_boundary(b"name,UNB\nBRUNBERG,TUNBRIDGE+WELLS\n"), None);
    }

    #[test]
    fn a_header_that_is_cut_waits() {
        let text = format!("{A}UNA:+.? 'UNB+UNO");
        assert_eq!(last_boundary(text.as_bytes()), None);
    }

    proptest::proptest! {
        #[test]
        fn a_cut_never_loses_an_interchange(parts in proptest::collection::vec(0_usize..4, 0..12)) {
            let text: String = parts.iter().map(|p| [A, B, "\ndirt UNB \n", "QD ADDR\n"][*p]).collect();
            let whole = starts(text.as_bytes()).count();
            if let Some(cut) = last_boundary(text.as_bytes()) {
                let (left, right) = text.as_bytes().split_at(cut);
                proptest::prop_assert_eq!(starts(left).count() + starts(right).count(), whole);
                proptest::prop_assert_eq!(starts(right).next(), Some(0));
            }
        }
    }
}
