//! Messages of lines: Cargo-IMP with its Type-B envelope, and interactive passenger processing.

use memchr::memmem;

/// Standard message identifiers of Cargo-IMP.
pub(crate) const IMP: [&[u8; 3]; 29] = [
    b"FWB", b"FHL", b"FFM", b"FSU", b"FSA", b"FSR", b"FFR", b"FFA", b"FMA", b"FNA", b"FBL", b"FZB", b"FZC", b"FRP", b"FBR",
    b"FCC", b"FMB", b"FSB", b"FSL", b"FUM", b"FWR", b"FWC", b"FAD", b"FDA", b"FVR", b"FVA", b"FDD", b"FMX", b"FMC",
];

/// Message identifiers of US customs air messages (CAMIR-Air), which stand alone on their line.
const CAMIR: [&[u8; 3]; 12] = [b"FRI", b"FRC", b"FRX", b"FXI", b"FXC", b"FXX", b"FSN", b"FSC", b"FSQ", b"FDM", b"PSN", b"PRI"];

/// The line that begins at `at`, without what ends it.
pub(crate) fn line(text: &[u8], at: usize) -> &[u8] {
    let rest = &text[at..];
    &rest[..memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())]
}

/// `FWB/17`, `FHL/4` and their like; `None` where the line is no such header.
pub(crate) fn imp_header(line: &[u8]) -> Option<&[u8]> {
    let (name, version) = line.trim_ascii().split_at_checked(3)?;
    let [b'/', digits @ ..] = version else { return None };
    let known = IMP.iter().any(|n| n.as_slice() == name);
    (known && (1..=2).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)).then_some(name)
}

/// A line with the identifier of a CAMIR-Air message, with the airport and carrier below it.
pub(crate) fn camir(text: &[u8], at: usize) -> Option<&[u8]> {
    let head = line(text, at);
    let name = head.trim_ascii();
    CAMIR.iter().find(|n| n.as_slice() == name)?;
    let next = text.get(at + head.len()..)?.trim_ascii_start();
    let place = line(next, 0).trim_ascii();
    ((5..=6).contains(&place.len()) && place.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())).then_some(name)
}

/// Whether the bytes before `at` end a line, or there are none. Transports put control characters
/// in front of a line.
pub(crate) fn at_line_start(text: &[u8], at: usize) -> bool {
    text[..at].iter().rev().take(8).find(|b| !matches!(b, b' ' | 1..=3)).is_none_or(|b| matches!(b, b'\n' | b'\r'))
        || text[..at].ends_with(&[0xEF, 0xBB, 0xBF])
}

/// Where the telegram envelope of the message line at `at` begins: priority and addresses, then the
/// address of the sender; not before `from`.
pub(crate) fn with_envelope(text: &[u8], from: usize, at: usize) -> usize {
    let mut start = at;
    let mut best = at;
    for _ in 0..12 {
        let before = &text[from..start];
        let Some(end) = before.iter().rposition(|b| !matches!(b, b'\n' | b'\r' | 1..=3 | b' ')) else { break };
        let begin = before[..=end].iter().rposition(|b| matches!(b, b'\n' | b'\r' | 1..=3)).map_or(0, |i| i + 1);
        let candidate = before[begin..=end].trim_ascii();
        if !is_envelope(candidate) {
            break;
        }
        start = from + begin;
        best = start;
    }
    // The control character that opens the heading.
    while best > from && matches!(text[best - 1], 1..=2) {
        best -= 1;
    }
    best
}

/// A line of a telegram heading: `QK HDQRMAA YYZFMAC`, `.FRACSLH 130631`, `ZCZC …`.
pub(crate) fn is_envelope(line: &[u8]) -> bool {
    let address = |word: &[u8]| word.len() == 7 && word.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    match line {
        [b'.', rest @ ..] => rest.split(|b| *b == b' ').next().is_some_and(address),
        [b'Q', b'A'..=b'Z', b' ', rest @ ..] => rest.split(|b| *b == b' ').filter(|w| !w.is_empty()).all(address),
        [b'Z', b'C', b'Z', b'C', ..] => true,
        _ => line.split(|b| *b == b' ').filter(|w| !w.is_empty()).all(address) && !line.is_empty(),
    }
}

/// Sender and first recipient of a telegram heading; empty where they are not said.
pub(crate) fn addresses(heading: &[u8]) -> (&str, &str) {
    let (mut sender, mut recipient) = (&b""[..], &b""[..]);
    for line in heading.split(|b| matches!(b, b'\n' | b'\r' | 1..=3)).map(<[u8]>::trim_ascii) {
        let mut words = line.split(|b| *b == b' ').filter(|w| !w.is_empty());
        match line {
            [b'.', rest @ ..] => sender = rest.split(|b| *b == b' ').next().unwrap_or_default(),
            [b'Q', _, b' ', ..] if recipient.is_empty() => recipient = words.nth(1).unwrap_or_default(),
            _ => {}
        }
    }
    (std::str::from_utf8(sender).unwrap_or_default(), std::str::from_utf8(recipient).unwrap_or_default())
}

/// Offsets of the header lines of Cargo-IMP messages, each moved to the start of its envelope. A
/// message that is quoted in an acknowledgement belongs to it. `places` says, in order, where an F stands with a
/// slash three bytes behind it: all identifiers begin with F.
pub(crate) fn headers(text: &[u8], places: &[usize]) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    let mut quoting = false;
    let mut last = 0;
    for &at in places {
        // No walk to the end of a line for what is no identifier.
        if !IMP.iter().any(|name| text[at..].starts_with(*name)) {
            continue;
        }
        let Some(name) = imp_header(line(text, at)) else { continue };
        if !at_line_start(text, at) {
            continue;
        }
        let start = with_envelope(text, last, at);
        if quoting && start == at {
            quoting = false;
            continue;
        }
        quoting = matches!(name, b"FMA" | b"FNA");
        found.push(start);
        last = at;
    }
    found
}

/// Start of the last Cargo-IMP message, with its envelope. What an acknowledgement quotes is no
/// message.
pub(crate) fn last_header(text: &[u8]) -> Option<usize> {
    let header = |at: &usize| imp_header(line(text, *at)).is_some() && at_line_start(text, *at);
    let mut behind = None;
    for at in memchr::memrchr_iter(b'/', text).filter(|i| *i >= 3 && text[i - 3] == b'F').map(|i| i - 3).filter(header) {
        // One whose predecessor is an acknowledgement may be quoted in it, unless it has an envelope.
        if let Some((start, at_behind)) = behind
            && (start < at_behind || !is_acknowledgement(line(text, at)))
        {
            return Some(start);
        }
        behind = Some((with_envelope(text, 0, at), at));
    }
    behind.map(|(start, _)| start)
}

fn is_acknowledgement(line: &[u8]) -> bool {
    line.starts_with(b"FMA") || line.starts_with(b"FNA")
}

/// Start of the last interactive request or response.
pub(crate) fn last_app(text: &[u8]) -> Option<usize> {
    memmem::rfind_iter(text, b"CIR").find(|at| begins_app(text, *at))
}

/// Whether an interactive request or response begins at `at`.
pub(crate) fn begins_app(text: &[u8], at: usize) -> bool {
    let rest = &text[at..];
    (rest.starts_with(b"CIRQ:") || rest.starts_with(b"CIRS:")) && (at == 0 || !text[at - 1].is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_headers(text: &[u8]) -> Vec<usize> {
        let places: Vec<usize> =
            memchr::memchr_iter(b'/', text).filter(|i| *i >= 3 && text[i - 3] == b'F').map(|i| i - 3).collect();
        headers(text, &places)
    }

    #[test]
    fn messages_with_their_envelopes() {
        let text = "\u{1}QK HDQRMQQ YYZFMQQ\r\n.FRACSQQ 130631\r\n\u{2}FWB/16\r\n020-12345675\r\n\u{3}\r\n\r\nFHL/4\nMBI/x\n";
        let found = all_headers(text.as_bytes());
        assert_eq!(found, [0, text.find("FHL/4").unwrap_or_default()]);
        assert_eq!(addresses(&text.as_bytes()[..text.find("FWB").unwrap_or_default()]), ("FRACSQQ", "HDQRMQQ"));
    }

    #[test]
    fn a_quoted_message_is_part_of_the_answer() {
        let text = "FNA/1\nACK/WRONG WEIGHT\nFWB/16\n020-1\nFWB/16\n020-2\n";
        assert_eq!(all_headers(text.as_bytes()), [0, text.rfind("FWB").unwrap_or_default()]);
    }

    #[test]
    fn lines_that_are_no_header() {
        for text in ["FWB/", "FWB/123", "FWB/1A", "XWB/16", "FWB 16", "SOME FWB/16 text"] {
            assert_eq!(all_headers(text.as_bytes()), Vec::<usize>::new(), "{text}");
        }
        assert!(camir(b"FRI\nLAXQQ\n", 0).is_some() && camir(b"FRI\nday\n", 0).is_none());
    }
}
